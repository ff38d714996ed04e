import Audio
import Capture
import Text

/// A stand-in for a sound card: paced by the monotonic clock, with a buffer that overruns as a card's does.
///
/// No test machine has a card, and neither a file nor a sound server ever overruns; this does, so that it can be shown what a
/// late reader loses. Its sound can be told sample by sample (`sample(at:)`), so a gap's count can be checked to the sample.
public struct StandInPCM: ~Copyable, PCMStream {
    /// What a card does when its buffer is full.
    public enum Overrun: Sendable, Equatable {
        /// Runs on and overwrites: as a card that `PCM` has set up.
        case overwrites
        /// Stops, and has to be started again: as one that cannot be set up so.
        case stops
    }

    public let format: SampleFormat
    public let periodFrames: Int
    public var isLive: Bool { true }
    private let bufferFrames: Int
    private let overrun: Overrun
    private let clock: CaptureClock
    private let sound: @Sendable (Int) -> Int16
    /// Device time of frame 0.
    private let start: UInt64
    private var position: Int
    /// Frame at which it is unplugged.
    private let goneAt: Int

    /// - Parameters:
    ///   - bufferMilliseconds: 64 is what a common card has at 16 kHz and 1024 frames.
    ///   - start: the device's time of frame 0; nil for now. One that was unplugged and comes back goes on counting.
    ///   - goneAt: the frame at which it is unplugged.
    public init(
        sampleRate: Int = ScreeningRate.hertz, bufferMilliseconds: Int = 64, overrun: Overrun = .overwrites, clock: CaptureClock,
        start: UInt64? = nil, goneAt: Int = .max, sound: @escaping @Sendable (Int) -> Int16 = StandInPCM.sample(at:)
    ) {
        format = SampleFormat(.s16, sampleRate: sampleRate)
        bufferFrames = sampleRate * bufferMilliseconds / 1000
        periodFrames = sampleRate * FormatRequest.periodMicroseconds(ofBuffer: bufferMilliseconds * 1000) / 1_000_000
        self.overrun = overrun
        self.clock = clock
        self.sound = sound
        self.goneAt = goneAt
        let now = clock.nanoseconds()
        self.start = start ?? now
        position = 0
        position = produced
    }

    /// A sound whose every sample tells its place, by its low bits scrambled.
    @Sendable public static func sample(at frame: Int) -> Int16 {
        Int16(truncatingIfNeeded: (UInt64(frame) &* 0x9E37_79B9_7F4A_7C15) >> 40)
    }

    /// Frames the card has taken in since frame 0.
    private var produced: Int { Int((clock.nanoseconds() - start) * UInt64(format.sampleRate) / 1_000_000_000) }

    public mutating func wait(milliseconds: Int) -> Readiness {
        if produced - position >= periodFrames || produced >= goneAt { return .ready }
        let due = start + UInt64(position + periodFrames) * 1_000_000_000 / UInt64(format.sampleRate) + 1
        let now = clock.nanoseconds()
        if due > now { clock.sleep(min(due - now, UInt64(milliseconds) * 1_000_000)) }
        return produced - position >= periodFrames ? .ready : .nothing
    }

    public mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Reading {
        let produced = produced
        guard produced < goneAt else {
            return .gone(CaptureError(.gone, operation: "read", device: "stand-in", words: "No such device"))
        }
        let available = produced - position
        if available > bufferFrames {
            let skipped = overrun == .overwrites ? available - bufferFrames / 2 : available
            position += skipped
            return overrun == .overwrites ? .overwritten(skipped) : .restarted(.overrun)
        }
        let count = min(available, buffer.count / 2)
        for index in 0..<count {
            unsafe buffer.storeBytes(of: sound(position + index), toByteOffset: index * 2, as: Int16.self)
        }
        position += count
        return count == 0 ? .nothing : .frames(count)
    }
}
