import Audio
import Synchronization

/// What the reading thread does: waits for the device, reads it into the ring, and accounts for every frame that is not there.
///
/// Rule: every frame of line time is either sound in the ring or part of a gap. Why: time is a sample index, so a frame lost in
/// silence would shift all that follows, and the screener would hear words run into each other. Counts are exact where the
/// device or the ring says them (`overwritten`, a full ring); where the stream had to be started again they are what the
/// monotonic clock says, exact to the time that one read takes.
struct ReadingThread {
    private let ring: BlockRing
    private let state: ReadingThreadState
    private let clock: CaptureClock
    private let arrived: @Sendable () -> Void
    /// Line time up to here is in the ring or in `missing`.
    private var accountedUntil: UInt64 = 0
    /// Frames lost that are not in the ring yet, because it is full.
    private var missing: LineBlock?
    private var scratch: [UInt8]
    private var backOff = BackOff()

    init(ring: BlockRing, state: ReadingThreadState, clock: CaptureClock, arrived: @escaping @Sendable () -> Void) {
        self.ring = ring
        self.state = state
        self.clock = clock
        self.arrived = arrived
        scratch = [UInt8](repeating: 0, count: ring.slotBytes)
    }

    /// A device that delivers nothing for this long is said to be silent, and its line time goes on as a gap.
    static let patience: UInt64 = 1_000_000_000
    /// One wait for the device: short enough to stop in time.
    static let waitMilliseconds = 200

    private var stops: Bool { state.stops.load(ordering: .relaxed) }

    mutating func run<Stream: PCMStream & ~Copyable>(
        _ first: consuming Stream, reopen: () throws(CaptureError) -> Stream
    ) {
        accountedUntil = clock.nanoseconds()
        var format = first.format
        var gone = serve(first)
        while !stops, let problem = gone {
            state.problem.withLock { $0 = problem }
            do throws(CaptureError) {
                let stream = try reopen()
                account(.deviceGone, format)
                format = stream.format
                state.problem.withLock { $0 = nil }
                backOff = BackOff()
                gone = serve(stream)
            } catch {
                gone = error
                pause(backOff.next(), format)
            }
        }
    }

    /// Reads a stream until the thread is to stop, then nil, or until the device goes.
    private mutating func serve<Stream: PCMStream & ~Copyable>(_ opened: consuming Stream) -> CaptureError? {
        var stream = opened
        let format = stream.format
        while !stops {
            guard stream.wait(milliseconds: Self.waitMilliseconds) == .ready else {
                noteSilence(stream.isLive, format)
                continue
            }
            reading: while !stops {
                flushMissing()
                let room = unsafe ring.room
                if unsafe room == nil, !stream.isLive {
                    // A file waits for us: nothing is lost by letting the screener catch up.
                    clock.sleep(500_000)
                    continue
                }
                let got = unsafe room.map { unsafe stream.read(into: Self.whole($0, format)) } ?? readAway(&stream, format)
                switch got {
                case .frames(let count):
                    if state.isSilent { state.endSilence() }
                    let now = clock.nanoseconds()
                    accountedUntil = now
                    if unsafe room == nil {
                        lose(count, .dropped, format, at: now)
                    } else {
                        ring.publish(LineBlock(frames: count, gap: nil, format: format, atNanoseconds: now))
                        arrived()
                    }
                case .nothing: break reading
                case .overwritten(let count): lose(count, .overrun, format, at: clock.nanoseconds())
                case .restarted(let cause): account(cause, format)
                case .gone(let problem): return problem
                }
                if !stream.isLive { break reading }
            }
        }
        return nil
    }

    /// The part of a slot that holds whole frames of the format, which may be another than the ring was made for.
    private static func whole(_ slot: UnsafeMutableRawBufferPointer, _ format: SampleFormat) -> UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(rebasing: slot[..<(slot.count / format.bytesPerFrame * format.bytesPerFrame)])
    }

    /// Keeps the device's buffer from running over while the ring is full; the sound is thrown away and counted.
    private mutating func readAway<Stream: PCMStream & ~Copyable>(_ stream: inout Stream, _ format: SampleFormat) -> Reading {
        unsafe scratch.withUnsafeMutableBytes { unsafe stream.read(into: Self.whole($0, format)) }
    }

    private mutating func noteSilence(_ isLive: Bool, _ format: SampleFormat) {
        guard isLive, clock.nanoseconds() - accountedUntil >= Self.patience || state.isSilent else { return }
        state.beginSilence()
        account(.noData, format)
    }

    /// Marks the line time since the last read as missing.
    private mutating func account(_ cause: GapCause, _ format: SampleFormat) {
        let now = clock.nanoseconds()
        let rate = UInt64(format.sampleRate)
        let frames = (now - accountedUntil) * rate / 1_000_000_000
        // What is left of a frame goes into the next count.
        accountedUntil += frames * 1_000_000_000 / rate
        lose(Int(frames), cause, format, at: now)
    }

    private mutating func lose(_ frames: Int, _ cause: GapCause, _ format: SampleFormat, at now: UInt64) {
        guard frames > 0 else { return }
        if var waiting = missing, waiting.format == format {
            waiting.frames += frames
            waiting.atNanoseconds = now
            missing = waiting
        } else {
            flushMissing()
            missing = LineBlock(frames: frames, gap: cause, format: format, atNanoseconds: now)
        }
        flushMissing()
    }

    private mutating func flushMissing() {
        guard let waiting = missing, unsafe ring.room != nil else { return }
        ring.publish(waiting)
        missing = nil
        arrived()
    }

    /// Sleeps in pieces, so that it can stop and line time goes on.
    private mutating func pause(_ nanoseconds: UInt64, _ format: SampleFormat) {
        var left = nanoseconds
        while left > 0, !stops {
            let piece = min(left, UInt64(Self.waitMilliseconds) * 1_000_000)
            clock.sleep(piece)
            account(.deviceGone, format)
            left -= piece
        }
    }
}

/// How long to wait before a device is tried again: a quarter of a second, then twice as long each time, up to 4 s.
struct BackOff {
    private var nanoseconds: UInt64 = 250_000_000

    mutating func next() -> UInt64 {
        defer { nanoseconds = min(nanoseconds * 2, 4_000_000_000) }
        return nanoseconds
    }
}
