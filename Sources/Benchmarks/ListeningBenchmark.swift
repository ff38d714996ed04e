import Alerting
import Audio
import Capture
import Classifier
import Dispatch
import Foundation
import Monitoring
import Reporting
import Screening
import StandIns
import Store
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Measures listening on this machine: what a late reader loses and ours does not, how late an alert is at its sink, what a
/// call costs, and whether memory stays flat.
public struct ListeningBenchmark: Sendable {
    /// Lines of a stand-in card heard at a time.
    public struct Live: Sendable, Equatable {
        public var lines: Int
        public var seconds: Double
        public var isRealTime: Bool
        public var lostFrames: Int
        /// Milliseconds from the moment at which all that an alert rests on had been played (its hop, and what the front end looks
        /// ahead) to the moment at which its sink had it, through the store.
        public var alertDelays: [Double]
        /// Processor time over line time and lines; nil where threads of its own kept the cores busy.
        public var coreShare: Double?
    }

    public struct Soak: Sendable, Equatable {
        public var lineHours: Double
        public var seconds: Double
        public var calls: Int
        /// Resident memory in MiB, at each hour of line time.
        public var memory: [Double]
    }

    private let setup: ScreeningSetup
    private let folder: StateFolder

    /// - Parameter folder: where the store of the benchmark goes; its maker removes it.
    public init(setup: ScreeningSetup, folder: StateFolder) {
        self.setup = setup
        self.folder = folder
    }

    /// A point that a sound crosses up and down as often as it can: alerts enough for a 99th percentile, whatever the model.
    ///
    /// Both thresholds lie at a quantile of the sound's own `windowLLR`: at the median it alerts as often as it can.
    public static func restless(model: Model, sound: [Int16], quantile: Double = 0.5) -> OperatingPoint {
        func point(_ threshold: Double) -> OperatingPoint {
            let rule = LevelRule(window: Hysteresis(begins: threshold, endsBelow: threshold), minimumNetSpeechSeconds: 0.4)
            return OperatingPoint(
                name: "restless", windowNetSpeechSeconds: 0.4, watch: rule, alert: rule, syntheticAtLLR: 100, humanBelowLLR: -100,
                minimumNetSpeechSeconds: 0.4)
        }
        var screener = Screener(model: model, operatingPoint: point(50))
        var events: [ScreeningEvent] = []
        let samples = sound.map { Float($0) / 32_768 }
        screener.push(samples.span, into: &events)
        let scores = events.compactMap { if case .hop(let hop) = $0 { hop.windowLLR } else { nil } }.sorted()
        return point(scores.isEmpty ? 0 : scores[min(Int(Double(scores.count) * quantile), scores.count - 1)])
    }

    /// Frames that a reader loses which sleeps for `lateMilliseconds` each second over a card's buffer of 64 ms.
    public static func lateReader(seconds: Double, lateMilliseconds: Int) -> Int {
        var card = StandInPCM(clock: .monotonic)
        let end = CaptureClock.monotonic.nanoseconds() + UInt64(seconds * 1e9)
        var buffer = [UInt8](repeating: 0, count: 4096)
        var lost = 0, blocks = 0
        while CaptureClock.monotonic.nanoseconds() < end {
            guard card.wait(milliseconds: 200) == .ready else { continue }
            reading: while true {
                switch unsafe buffer.withUnsafeMutableBytes({ unsafe card.read(into: $0) }) {
                case .overwritten(let frames): lost += frames
                case .frames: continue
                default: break reading
                }
            }
            blocks += 1
            if blocks % (card.format.sampleRate / card.periodFrames) == 0 { CaptureClock.monotonic.sleep(UInt64(lateMilliseconds) * 1_000_000) }
        }
        return lost
    }

    /// Hears stand-in cards in real time, each sample of which is `sound` over and over.
    /// - Parameter busyThreads: threads that do nothing but keep cores busy meanwhile.
    public func live(lines count: Int, seconds: Double, sound: [Int16], busyThreads: Int) async throws -> Live {
        let store = try Store(folder, for: .daemon)
        let arrived = DispatchSemaphore(value: 0)
        let starts = Mutex<[UInt64]>([])
        var lines: [CaptureLine] = []
        for index in 0..<count {
            lines.append(
                try CaptureLine(name: "stand-in \(index + 1)", arrived: { arrived.signal() }) { () throws(CaptureError) in
                    let start = CaptureClock.monotonic.nanoseconds()
                    starts.withLock { $0.append(start) }
                    // A card with as much of a buffer as is asked of one.
                    return StandInPCM(bufferMilliseconds: 200, clock: .monotonic, start: start) { sound[$0 % sound.count] }
                })
        }
        let isRealTime = lines.allSatisfy(\.isRealTime)
        let stops = Mutex(false)
        for _ in 0..<busyThreads {
            Thread {
                var x = 1.0
                while !stops.withLock({ $0 }) { for _ in 0..<10_000 { x = (x * 1.000001).truncatingRemainder(dividingBy: 3) + 1 } }
                precondition(x > 0)
            }.start()
        }

        let arrivals = Mutex<[(Alert, Int, UInt64)]>([])
        let lost = Mutex(0)
        let alerts = Mutex<[String: (Alert, Int)]>([:])
        let sink = TimedSink(path: folder.path + "/events.ndjson") { payload in
            let now = CaptureClock.monotonic.nanoseconds()
            let id = payload.split(separator: "\"id\":\"").dropFirst().first.map { String($0.prefix(36)) } ?? ""
            guard let (alert, line) = alerts.withLock({ $0[id] }) else { return }
            arrivals.withLock { $0.append((alert, line, now)) }
        }
        let board = SinkBoard([SinkSettings(name: "benchmark", target: .standardOutput, events: ["alertRaised"])])
        let queue = BoundedQueue<MonitorItem>(capacity: 20_000)
        let storing = StoringThread(store: store, queue: queue, key: nil, retention: Retention(), sinks: board, say: { _ in })
        let post = board.all[0]
        let run = Task { await SinkRun(post: post, sink: sink, store: store, say: { _ in }).run() }
        var options = MonitorOptions(consent: "a benchmark")
        options.boundary.endAfterSilenceSeconds = 3600
        let legs = (0..<count).map { MonitoredLeg(name: "line\($0 + 1)", line: $0, channel: 0, isOnlyChannel: true) }
        let before = ProcessUsage.now.processorSeconds
        let began = ContinuousClock.now
        let (setup, formats, chosen) = (setup, lines.map(\.format), options)
        let thread = ListeningThread(lines: lines, arrived: arrived) {
            try CallMonitor(
                legs: legs, formats: formats, labels: legs.map { _ in nil }, options: chosen, setup: { setup }, clock: { Date() }
            ) { item in
                if case .screened(.action(.raised(let alert)), let leg, let event) = item { alerts.withLock { $0[event.id] = (alert, leg) } }
                if case .gap(let mark, _, _) = item { lost.withLock { $0 += mark.sampleCount } }
                queue.put(item, mayBeDropped: false)
            }
        } failed: { _ in
        }
        // At once, so that with the pre-roll the call begins at the card's frame 0, whose time is known.
        _ = await thread.ask(.start(id: nil, party: nil))
        try await Task.sleep(for: .seconds(seconds))
        let wall = (ContinuousClock.now - began) / .seconds(1)
        let used = ProcessUsage.now.processorSeconds - before
        stops.withLock { $0 = true }
        for line in lines { line.stop() }
        thread.stop()
        storing.stop()
        board.close()
        await run.value
        let ahead = Double(setup.model.samplesNeededPerHop - setup.model.samplesPerHop)
        let zero = starts.withLock { $0 }
        let delays = arrivals.withLock { $0 }.map { alert, line, at in
            (Double(at) - Double(zero[line])) / 1e6 - 1000 * (Double(alert.atSample) + ahead) / Double(LegTime.sampleRate)
        }
        return Live(
            lines: count, seconds: wall, isRealTime: isRealTime, lostFrames: lost.withLock { $0 }, alertDelays: delays.sorted(),
            coreShare: busyThreads == 0 ? used / wall / Double(count) : nil)
    }

    /// Hears line time as fast as it can, calls and silence by turns, stored as in life.
    /// - Parameters:
    ///   - sound: one call and the silence after it, at 16 kHz.
    ///   - progress: told after each hour of line time.
    public func soak(lineHours: Double, sound: [Int16], progress: @Sendable (Double, Double) -> Void) throws -> Soak {
        let store = try Store(folder, for: .daemon)
        let board = SinkBoard([])
        let queue = BoundedQueue<MonitorItem>(capacity: 20_000)
        let storing = StoringThread(store: store, queue: queue, key: nil, retention: Retention(), sinks: board, say: { _ in })
        let format = SampleFormat(.s16, sampleRate: LegTime.sampleRate)
        let calls = Mutex(0)
        let monitor = try CallMonitor(
            legs: [MonitoredLeg(name: "far", line: 0, channel: 0, isOnlyChannel: true)], formats: [format], labels: [nil],
            options: MonitorOptions(consent: "a benchmark"), setup: { setup }, clock: { Date() }
        ) { item in
            if case .ended = item { calls.withLock { $0 += 1 } }
            queue.put(item, mayBeDropped: false)
        }
        let began = ContinuousClock.now
        var memory: [Double] = []
        var frames = 0
        let samplesAnHour = 3600 * LegTime.sampleRate
        let total = Int(lineHours * Double(samplesAnHour))
        unsafe try sound.withUnsafeBytes { bytes in
            while frames < total {
                for start in stride(from: 0, to: sound.count, by: 1600) {
                    let count = min(1600, sound.count - start)
                    let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[start * 2..<(start + count) * 2])
                    unsafe try monitor.take(line: 0, LineBlock(frames: count, gap: nil, format: format, atNanoseconds: 0), part)
                    frames += count
                    if frames / samplesAnHour > memory.count {
                        memory.append(Double(ProcessUsage.now.residentBytes) / 1_048_576)
                        progress(Double(memory.count), memory[memory.count - 1])
                    }
                }
                // In life storing keeps up; here screening runs a thousand times faster than life, and waits for it.
                while queue.count > 10_000 { CaptureClock.monotonic.sleep(1_000_000) }
            }
        }
        try monitor.finish()
        storing.stop()
        return Soak(
            lineHours: Double(frames) / Double(samplesAnHour), seconds: (ContinuousClock.now - began) / .seconds(1),
            calls: calls.withLock { $0 }, memory: memory)
    }
}

/// A file that tells when each event was in it.
struct TimedSink: EventSink {
    let file: FileSink
    let has: @Sendable (String) -> Void

    init(path: String, has: @escaping @Sendable (String) -> Void) {
        file = FileSink(path: path, timeoutSeconds: 10)
        self.has = has
    }

    func deliver(_ payload: String) async throws(SinkFailure) {
        try await file.deliver(payload)
        has(payload)
    }
}
