import Audio
import Synchronization

/// A stretch of a line: sound, or where sound is missing.
public struct LineBlock: Sendable, Equatable {
    /// Frames of `format` in it, or missing.
    public var frames: Int
    /// Nil for sound.
    public var gap: GapCause?
    public var format: SampleFormat
    /// When its last frame was read, by the capture clock.
    public var atNanoseconds: UInt64

    public init(frames: Int, gap: GapCause?, format: SampleFormat, atNanoseconds: UInt64) {
        self.frames = frames
        self.gap = gap
        self.format = format
        self.atNanoseconds = atNanoseconds
    }
}

/// Carries blocks of sound from the one thread that reads a device to the one that screens: bounded, without locks.
///
/// Holds `slotCount` blocks of up to `slotBytes`. When it is full the writer is told so; nothing is overwritten, nobody waits.
/// The frames that are dropped then are the writer's to count: see `ReadingThread`.
@safe public final class BlockRing: @unchecked Sendable {
    public let slotCount: Int
    public let slotBytes: Int
    private let headers: UnsafeMutablePointer<LineBlock>
    private let bytes: UnsafeMutableRawPointer
    /// Blocks ever written and ever read; each is stored by one side and read by both.
    private let written = Atomic<Int>(0)
    private let taken = Atomic<Int>(0)

    public init(slotCount: Int, slotBytes: Int) {
        precondition(slotCount > 0 && slotBytes > 0, "a ring holds something")
        self.slotCount = slotCount
        self.slotBytes = slotBytes
        unsafe headers = .allocate(capacity: slotCount)
        unsafe headers.initialize(
            repeating: LineBlock(frames: 0, gap: nil, format: SampleFormat(.s16, sampleRate: FormatRequest.preferredRate), atNanoseconds: 0),
            count: slotCount)
        unsafe bytes = .allocate(byteCount: slotCount * slotBytes, alignment: 64)
        // Touched now, so that the reading thread never waits for the kernel to find a page.
        unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0, count: slotCount * slotBytes)
    }

    deinit {
        unsafe headers.deallocate()
        unsafe bytes.deallocate()
    }

    /// Blocks waiting to be taken.
    public var count: Int { written.load(ordering: .acquiring) - taken.load(ordering: .acquiring) }

    /// The memory of the next block to write, or nil when the ring is full. The writer's alone.
    public var room: UnsafeMutableRawBufferPointer? {
        let next = written.load(ordering: .relaxed)
        guard next - taken.load(ordering: .acquiring) < slotCount else { return nil }
        return unsafe UnsafeMutableRawBufferPointer(start: bytes + next % slotCount * slotBytes, count: slotBytes)
    }

    /// Hands over the block that lies in `room`. The writer's alone; `room` must not be nil.
    public func publish(_ block: LineBlock) {
        let next = written.load(ordering: .relaxed)
        precondition(block.gap != nil || block.frames * block.format.bytesPerFrame <= slotBytes, "a block fits its slot")
        unsafe headers[next % slotCount] = block
        written.store(next + 1, ordering: .releasing)
    }

    /// Gives the oldest block to `body` and frees its slot; false when there is none. The reader's alone.
    /// The bytes are the block's sound, none for a gap, and valid in `body` only.
    public func take(_ body: (LineBlock, UnsafeRawBufferPointer) -> Void) -> Bool {
        let next = taken.load(ordering: .relaxed)
        guard next < written.load(ordering: .acquiring) else { return false }
        let block = unsafe headers[next % slotCount]
        let size = block.gap == nil ? block.frames * block.format.bytesPerFrame : 0
        unsafe body(block, UnsafeRawBufferPointer(start: bytes + next % slotCount * slotBytes, count: size))
        taken.store(next + 1, ordering: .releasing)
        return true
    }
}
