import Audio
import Foundation
import StandIns
import Synchronization
import Testing

@testable import Capture

/// A clock that stands still until somebody sleeps or the test moves it.
final class StillClock: Sendable {
    private let now = Mutex<UInt64>(1_000_000_000)

    func advance(_ nanoseconds: UInt64) { now.withLock { $0 += nanoseconds } }

    var clock: CaptureClock {
        CaptureClock(nanoseconds: { self.now.withLock { $0 } }, sleep: { self.advance($0) })
    }
}

/// Follows the blocks of a line whose samples tell their place, and holds every gap to it.
struct Follower {
    var position = 0
    var soundFrames = 0
    var gaps: [GapCause: Int] = [:]
    var misplaced = 0

    mutating func take(_ block: LineBlock, _ bytes: UnsafeRawBufferPointer) {
        if let cause = block.gap {
            gaps[cause, default: 0] += block.frames
        } else {
            for index in 0..<block.frames
            where bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self) != StandInPCM.sample(at: position + index) {
                misplaced += 1
            }
            soundFrames += block.frames
        }
        position += block.frames
    }

    var lost: Int { gaps.values.reduce(0, +) }
}

private let second: UInt64 = 1_000_000_000

@Suite("A line being captured") struct CaptureLineTests {
    /// Runs the reading thread's work on this thread, in a time of its own; `reader` is called after each block that arrived.
    private func run(
        seconds: Double, slots: Int = 400, clock: StillClock = StillClock(), overrun: StandInPCM.Overrun = .overwrites,
        goneAt: Int = .max, unplugged: Int = 0, delays: @escaping @Sendable (Int) -> UInt64 = { _ in 0 },
        blockedSeconds: Range<Double> = 0..<0
    ) -> (Follower, BlockRing) {
        // A period of the stand-in with its buffer of 64 ms.
        let ring = BlockRing(slotCount: slots, slotBytes: 512)
        let state = ReadingThreadState()
        let follower = Mutex(Follower())
        let arrivals = Mutex(0)
        let start = clock.clock.nanoseconds()
        let end = start + UInt64(seconds * 1e9)
        let opened = Mutex(0)
        /// The screener's side: takes all there is, unless it is blocked at that time.
        let take: @Sendable () -> Void = {
            let now = clock.clock.nanoseconds()
            if !blockedSeconds.contains(Double(now - start) / 1e9) {
                while ring.take({ block, bytes in follower.withLock { $0.take(block, bytes) } }) {}
            }
            if now >= end { state.stops.store(true, ordering: .relaxed) }
        }
        let arrived: @Sendable () -> Void = {
            clock.advance(
                delays(
                    arrivals.withLock {
                        $0 += 1; return $0
                    }))
            take()
        }
        let ticking = CaptureClock(nanoseconds: clock.clock.nanoseconds) {
            clock.advance($0); take()
        }
        var reading = ReadingThread(ring: ring, state: state, clock: ticking, arrived: arrived)
        let first = StandInPCM(overrun: overrun, clock: ticking, goneAt: goneAt)
        reading.run(first) { () throws(CaptureError) in
            if opened.withLock({
                $0 += 1; return $0
            }) <= unplugged {
                throw CaptureError(.noSuchDevice, operation: "open", device: "stand-in", words: "No such device")
            }
            return StandInPCM(overrun: overrun, clock: ticking, start: start)
        }
        while ring.take({ block, bytes in follower.withLock { $0.take(block, bytes) } }) {}
        return (follower.withLock { $0 }, ring)
    }

    @Test("A reader in time loses nothing")
    func inTime() {
        let (heard, _) = run(seconds: 5)
        #expect(heard.lost == 0 && heard.misplaced == 0 && heard.soundFrames >= 80_000 - 320)
    }

    @Test("A reader later than the buffer is long loses samples, counted to the sample", arguments: [StandInPCM.Overrun.overwrites, .stops])
    func late(overrun: StandInPCM.Overrun) {
        // Every hundredth block the reader sleeps for 150 ms over a buffer of 64 ms.
        let (heard, _) = run(seconds: 10, overrun: overrun) { $0 % 100 == 0 ? 150_000_000 : 0 }
        #expect(heard.gaps[.overrun, default: 0] > 5_000 && heard.gaps.count == 1)
        #expect(heard.misplaced == 0)
        #expect(abs(heard.position - 160_000) < 3_000)
    }

    @Test("A reader late by less than the buffer loses nothing")
    func lateWithinTheBuffer() {
        let (heard, _) = run(seconds: 10) { $0 % 100 == 0 ? 50_000_000 : 0 }
        #expect(heard.lost == 0 && heard.misplaced == 0)
    }

    @Test("A period is 40 ms, of a short buffer a quarter", arguments: [(200, 640), (160, 640), (64, 256), (20, 80)])
    func period(bufferMilliseconds: Int, frames: Int) {
        let card = StandInPCM(bufferMilliseconds: bufferMilliseconds, clock: StillClock().clock)
        #expect(card.periodFrames == frames && card.periodFrames * 4 <= bufferMilliseconds * 16)
    }

    @Test("A full ring drops, counts what it drops to the sample, and what follows is in its place")
    func fullRing() {
        // Nobody takes anything for two seconds, and the ring holds half a second.
        let (heard, ring) = run(seconds: 10, slots: 31, blockedSeconds: 2..<4)
        #expect(abs(heard.gaps[.dropped, default: 0] - 24_000) < 500 && heard.gaps.count == 1 && heard.misplaced == 0)
        #expect(ring.count == 0)
    }

    @Test("An unplugged device is tried again with back-off; the gap is the time it was away, and the line goes on")
    func unplugged() {
        let (heard, _) = run(seconds: 20, goneAt: 188 * 256, unplugged: 5)
        // 0.25 + 0.5 + 1 + 2 + 4 s, and the period that went with it.
        #expect((0...256).contains(heard.gaps[.deviceGone, default: 0] - 7_750 * 16))
        #expect(heard.gaps.count == 1 && heard.misplaced == 0 && heard.position > 310_000)
    }

    @Test("A device that falls silent is line time without sound")
    func silent() {
        struct Mute: ~Copyable, PCMStream {
            let format = SampleFormat(.s16, sampleRate: 8_000)
            var periodFrames: Int { 80 }
            var isLive: Bool { true }
            let clock: CaptureClock
            mutating func wait(milliseconds: Int) -> Readiness { clock.sleep(UInt64(milliseconds) * 1_000_000); return .nothing }
            mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Reading { .nothing }
        }
        let clock = StillClock()
        let state = ReadingThreadState()
        let ring = BlockRing(slotCount: 400, slotBytes: 160)
        var reading = ReadingThread(ring: ring, state: state, clock: clock.clock) {
            if clock.clock.nanoseconds() >= 6 * second { state.stops.store(true, ordering: .relaxed) }
        }
        reading.run(Mute(clock: clock.clock)) { () throws(CaptureError) in Mute(clock: clock.clock) }
        var missing = 0
        while ring.take({ block, _ in
            #expect(block.gap == .noData)
            missing += block.frames
        }) {}
        #expect(missing == 5 * 8_000 && state.isSilent)
    }

    @Test("On threads of its own a file arrives whole, since it waits for its reader")
    func file() throws {
        let samples = (0..<80_000).map { StandInPCM.sample(at: $0) }
        let path = FileManager.default.temporaryDirectory.appending(path: "falsetto-line-\(UUID().uuidString).raw")
        try samples.withUnsafeBytes { Data($0) }.write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let arrived = DispatchSemaphore(value: 0)
        let line = try CaptureLine.open(
            device: "mic", configuration: "pcm.mic { type file slave.pcm { type null } file \"/dev/null\" infile \"\(path.path)\" format raw }"
        ) { arrived.signal() }
        defer { line.stop() }
        #expect(line.format == SampleFormat(.s16, sampleRate: 16_000) && !line.isRealTime)
        var heard: [Int16] = []
        while heard.count < samples.count {
            arrived.wait()
            while line.ring.take({ block, bytes in
                #expect(block.gap == nil)
                for index in 0..<block.frames { heard.append(bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self)) }
            }) {}
        }
        #expect(Array(heard.prefix(samples.count)) == samples)
    }

    @Test("A line that cannot be opened throws, and no thread is left")
    func cannotOpen() {
        #expect(throws: CaptureError.self) { _ = try CaptureLine.open(device: "nonsense") {} }
    }

    @Test("One channel of interleaved frames is taken out as its own bytes, and decodes as a recording does")
    func channels() {
        let frames: [Int16] = [1, -2, 3, -4, 32_767, -32_768]
        let format = SampleFormat(.s16, sampleRate: 16_000, channelCount: 2)
        var right: [UInt8] = [], decoded: [Float] = []
        frames.withUnsafeBytes { format.extract(channel: 1, of: $0, into: &right) }
        format.encoding.decode(right, into: &decoded)
        #expect(decoded == [-2, -4, -32_768].map { $0 / 32_768 })
        decoded = []
        SampleEncoding.s32.decode([Int32(1 << 30), .min].withUnsafeBytes { Array($0) }, into: &decoded)
        #expect(decoded == [0.5, -1])
    }
}
