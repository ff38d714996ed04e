import Audio
import Foundation
import Synchronization

/// A device that is being captured: a thread of its own reads it into a ring, for as long as this lives and is not stopped.
///
/// The device may run over, sleep, be unplugged and come back; the line stays. What was lost stands in the ring as gaps.
public final class CaptureLine: Sendable {
    public let name: String
    /// Where the sound comes out; one reader.
    public let ring: BlockRing
    /// What the device was opened with at first; each block says its own.
    public let format: SampleFormat
    /// Whether the reading thread got real-time priority.
    public let isRealTime: Bool
    private let thread: ReadingThreadState

    /// Seconds of sound that the ring holds.
    public static let ringSeconds = 4.0

    /// Opens a device of ALSA and starts reading it.
    /// - Throws: `CaptureError` when it cannot be opened now. Whatever happens to it later is not thrown: see `problem`.
    public static func open(
        device: String, request: FormatRequest = FormatRequest(), configuration: String? = nil,
        arrived: @escaping @Sendable () -> Void
    ) throws(CaptureError) -> CaptureLine {
        try CaptureLine(name: device, arrived: arrived) { () throws(CaptureError) in
            try PCM(device: device, request: request, configuration: configuration)
        }
    }

    /// Opens a line and starts reading it.
    /// - Parameters:
    ///   - arrived: called on the reading thread after each block; it must not wait.
    ///   - open: opens the device, now and after each time it went away. Called on the reading thread.
    public init<Stream: PCMStream & ~Copyable>(
        name: String, clock: CaptureClock = .monotonic, arrived: @escaping @Sendable () -> Void,
        open: @escaping @Sendable () throws(CaptureError) -> Stream
    ) throws(CaptureError) {
        let state = ReadingThreadState()
        let opened = Mutex<Result<(BlockRing, SampleFormat, Bool), CaptureError>?>(nil)
        let isOpen = DispatchSemaphore(value: 0)
        let thread = Thread {
            // The first opening is done on the thread too, since a stream must not change threads.
            do throws(CaptureError) {
                let stream = try open()
                let frames = Int(Double(stream.format.sampleRate) * Self.ringSeconds)
                let slots = max(frames / stream.periodFrames, 16)
                let ring = BlockRing(slotCount: slots, slotBytes: stream.periodFrames * stream.format.bytesPerFrame)
                // Reading a file at real-time priority would take a core away from everybody.
                let isRealTime = stream.isLive && Self.askForRealTime()
                opened.withLock { $0 = .success((ring, stream.format, isRealTime)) }
                isOpen.signal()
                var reading = ReadingThread(ring: ring, state: state, clock: clock, arrived: arrived)
                reading.run(stream, reopen: open)
            } catch {
                opened.withLock { $0 = .failure(error) }
                isOpen.signal()
            }
            state.ended.signal()
        }
        thread.name = "capture"
        thread.start()
        isOpen.wait()
        let (ring, format, isRealTime) = try opened.withLock { $0! }.get()
        self.name = name
        self.ring = ring
        self.format = format
        self.isRealTime = isRealTime
        self.thread = state
    }

    deinit { thread.stops.store(true, ordering: .relaxed) }

    /// Why the device delivers nothing at the moment; nil while it does.
    public var problem: CaptureError? { thread.problem.withLock { $0 } }

    /// Whether the device is there and has delivered nothing for a second.
    public var isSilent: Bool { thread.isSilent }

    /// Ends the reading and closes the device; returns when that is done, within half a second.
    public func stop() {
        thread.stops.store(true, ordering: .relaxed)
        thread.ended.wait()
        thread.ended.signal()
    }

    /// Real-time priority where the system grants it to this user (`ulimit -r`, or the unit's LimitRTPRIO); never asks for root.
    private static func askForRealTime() -> Bool {
        var parameter = sched_param()
        parameter.sched_priority = 10
        return unsafe pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter) == 0
    }
}

/// What the reading thread and its owner share.
final class ReadingThreadState: Sendable {
    let stops = Atomic<Bool>(false)
    let problem = Mutex<CaptureError?>(nil)
    let ended = DispatchSemaphore(value: 0)
    private let silent = Atomic<Bool>(false)

    /// The device is open and delivers nothing.
    var isSilent: Bool { silent.load(ordering: .relaxed) }
    func beginSilence() { silent.store(true, ordering: .relaxed) }
    func endSilence() { silent.store(false, ordering: .relaxed) }
}
