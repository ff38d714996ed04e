import Alerting
import Audio
import CProcessor
import Capture
import Classifier
import Foundation
import Ingest
import Monitoring
import Reporting
import Screening
import StandIns
import Store
import Synchronization
import Text

#if canImport(Glibc)
import Glibc
#endif

/// Measures how many calls of a telephone system this machine holds: virtual callers pace their sound through real sockets into the engine of
/// `listen`, with its store and a sink.
public struct CallsBenchmark: Sendable {
    private let setup: ScreeningSetup
    private let folder: StateFolder
    private let cores: Int

    /// - Parameters:
    ///   - cores: event loops, each bound to a core of its own.
    ///   - folder: where the store of the benchmark goes; its maker removes it.
    public init(setup: ScreeningSetup, cores: Int, folder: StateFolder) {
        self.setup = setup
        self.cores = cores
        self.folder = folder
    }

    /// What is not heard so long after the callers have hung up counts as lost: a machine that has far too many calls is not waited for.
    private static let patienceSeconds = 10.0

    /// Packets of 20 ms at 8 kHz; the sound is a made voice that never pauses for long, which costs more than people do.
    public func run(calls count: Int, seconds: Double) async throws -> CallsRound {
        let store = try Store(folder, for: .daemon)
        let names = try CallNames(makingAt: store.folder.callNamesKey)
        let board = SinkBoard([SinkSettings(name: "benchmark", target: .standardOutput, events: ["alertRaised"])])
        let queue = BoundedQueue<MonitorItem>(capacity: 20_000)
        let storing = StoringThread(store: store, queue: queue, key: nil, retention: Retention(), sinks: board, say: { _ in })
        let log = Mutex(Log())
        let ahead = setup.model.samplesNeededPerHop - setup.model.samplesPerHop
        let trunk = "benchmark"

        let sink = TimedSink(path: folder.path + "/events.ndjson") { payload in
            let now = CaptureClock.monotonic.nanoseconds()
            let id = payload.split(separator: "\"id\":\"").dropFirst().first.map { String($0.prefix(36)) } ?? ""
            log.withLock { $0.arrivals.append((id, now)) }
        }
        let post = board.all[0]
        let sending = Task { await SinkRun(post: post, sink: sink, store: store, say: { _ in }).run() }
        let hub = IngestHub(
            settings: .init(
                policies: [trunk: TrunkPolicy(consent: "a benchmark")], options: MonitorOptions(consent: "a benchmark"), screening: setup,
                mostCalls: count),
            names: names, clock: { Date() }
        ) { item in
            let now = CaptureClock.monotonic.nanoseconds()
            log.withLock { $0.take(item, at: now) }
            queue.put(item, mayBeDropped: item.mayBeDropped)
        }
        var door = Trunk(name: trunk, kind: .audiosocket, address: ListenAddress("127.0.0.1:0")!)
        door.limits.connections = count
        let cores = cores
        let server = try IngestServer([door], taker: BoundTaker(hub: hub, cores: cores), threads: cores, say: { _ in })

        let before = ProcessUsage.now
        let callers = try VirtualCallers(
            count: count, port: server.ports[0], sound: MadeVoice.samples16(seconds: 30, rate: Double(VirtualCallers.sampleRate)), seconds: seconds,
            spreadSeconds: setup.hopSeconds)
        let began = ContinuousClock.now
        callers.start()
        // Late enough for all buffers to have their size, and before the calls end.
        try await Task.sleep(for: .seconds(seconds * 0.8))
        let memory = ProcessUsage.now.residentBytes
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            Thread {
                callers.wait()
                continuation.resume()
            }.start()
        }
        let patience = ContinuousClock.now + .seconds(Self.patienceSeconds)
        while hub.count > 0, ContinuousClock.now < patience { try await Task.sleep(for: .milliseconds(20)) }
        let wall = (ContinuousClock.now - began) / .seconds(1)
        let used = ProcessUsage.now.processorSeconds - before.processorSeconds - callers.processorSeconds
        server.stop()
        storing.stop()
        board.close()
        await sending.value

        let taken = log.withLock { $0 }
        var round = CallsRound(calls: count, cores: cores, seconds: wall, hops: taken.hops.count)
        // A call's number from the digest that its id begins with.
        var numbers: [String: Int] = [:]
        for (number, caller) in callers.callers.enumerated() { numbers[names.digest(caller.id, trunk: trunk)] = number }
        func number(_ call: String) -> Int? { numbers[String(call.prefix { $0 != "-" })] }
        /// Nanoseconds from the packet that completed what is needed; nil where that was the call's end, which completes with silence.
        func delay(_ call: String, throughSample sample: Int, at: UInt64) -> Double? {
            guard let caller = number(call),
                sample * VirtualCallers.sampleRate <= callers.callers[caller].packets * VirtualCallers.framesPerPacket * ScreeningRate.hertz
            else { return nil }
            return Double(at) - Double(callers.due(ofFrame: (sample - 1) * VirtualCallers.sampleRate / ScreeningRate.hertz, caller: caller))
        }
        for hop in taken.hops {
            guard let nanoseconds = delay(hop.call, throughSample: hop.startSample + setup.model.samplesPerHop + ahead, at: hop.at) else { continue }
            if nanoseconds > setup.hopSeconds * 1e9 { round.lateHops += 1 }
        }
        var delays: [Double] = []
        for (event, at) in taken.arrivals {
            guard let alert = taken.alerts[event], let nanoseconds = delay(alert.call, throughSample: alert.atSample + ahead, at: at)
            else { continue }
            delays.append(nanoseconds / 1e6)
        }
        round.setAlertDelays(delays)
        // Sent and never heard, at 16 kHz; a call that never ended lost all that it sent.
        for caller in callers.callers {
            let sent = caller.packets * VirtualCallers.framesPerPacket * ScreeningRate.hertz / VirtualCallers.sampleRate
            round.lostSamples += sent - (taken.heard[names.digest(caller.id, trunk: trunk)] ?? 0)
        }
        round.lostSamples += taken.gapSamples
        round.coreShareOfACall = used / wall / Double(count)
        round.bytesOfACall = Double(memory - before.residentBytes) / Double(count)
        round.droppedItems = queue.droppedInAll
        round.callersLateMilliseconds = callers.lateMilliseconds
        return round
    }

    private struct Log: Sendable {
        var hops: [(call: String, startSample: Int, at: UInt64)] = []
        var alerts: [String: (call: String, atSample: Int)] = [:]
        var arrivals: [(event: String, at: UInt64)] = []
        /// Samples of each call that ended, by its id's digest.
        var heard: [String: Int] = [:]
        var gapSamples = 0

        mutating func take(_ item: MonitorItem, at now: UInt64) {
            switch item {
            case .screened(.hop(let score), _, let event): hops.append((event.call!, score.startSample, now))
            case .screened(.action(.raised(let alert)), _, let event): alerts[event.id] = (event.call!, alert.atSample)
            case .gap(let mark, _, _): gapSamples += mark.sampleCount
            case .ended(_, let counts, let event): heard[String(event.call!.prefix { $0 != "-" })] = counts[0]
            default: break
            }
        }
    }
}

/// Binds each event loop that begins a call to a core of its own.
private final class BoundTaker: CallTaker {
    private let hub: IngestHub
    private let cores: Int
    private let bound = Mutex<Set<pthread_t>>([])

    init(hub: IngestHub, cores: Int) {
        self.hub = hub
        self.cores = cores
    }

    func begin(_ offer: CallOffer, turn: LoopTurn?) throws(CallRefusal) -> any CallFeed {
        let thread = pthread_self()
        let place = bound.withLock { bound in bound.insert(thread).inserted ? bound.count - 1 : nil }
        if let place { _ = runOnCore(Int32(place % cores)) }
        return try hub.begin(offer, turn: turn)
    }
}
