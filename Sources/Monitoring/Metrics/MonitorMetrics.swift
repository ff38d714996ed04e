import Alerting
import Capture
import CoreMetrics
import Foundation
import Screening
import Store
import Synchronization

/// What a running `listen` counts of itself: nothing of any caller, no call's id, no party.
final class MonitorMetrics: Sendable {
    let registry = MetricsRegistry()
    private let callsRunning: Meter
    private let callsStarted: Counter
    private let hops: Counter
    private let lateHops: Counter
    private let alerts: [String: Counter]
    private let storeWrites: CoreMetrics.Timer
    private let hopNanoseconds: UInt64
    private let nanoseconds: @Sendable () -> UInt64
    /// Of the calls that are on, by id and leg.
    private let paces = Mutex<[String: [CallPace]]>([:])

    /// Counted from the start, so that a rule over them needs no first alert.
    private static let alertKinds = ["alertRaised", "alertEnded", "watchBegan", "watchEnded", "disclosed"]

    /// - Parameter nanoseconds: a monotonic clock.
    init(hopSeconds: Double, build: String, nanoseconds: @escaping @Sendable () -> UInt64 = CaptureClock.monotonic.nanoseconds) {
        hopNanoseconds = UInt64(hopSeconds * 1e9)
        self.nanoseconds = nanoseconds
        let families: [(String, MetricsRegistry.Kind, String)] = [
            ("falsetto_build_info", .gauge, "The version that runs; always 1."),
            ("falsetto_calls_running", .gauge, "Calls that are heard at present."),
            ("falsetto_calls_started_total", .counter, "Calls begun."),
            ("falsetto_calls_ended_total", .counter, "Calls ended, by reason."),
            ("falsetto_hops_total", .counter, "Hops screened, of all legs."),
            ("falsetto_late_hops_total", .counter, "Hops done more than a hop's length later than the pace of their leg."),
            ("falsetto_alerts_total", .counter, "Alerts and what belongs to them, by kind of event."),
            ("falsetto_samples_lost_total", .counter, "Samples (at 16 kHz) that were not heard, by cause."),
            ("falsetto_queue_items", .gauge, "Items that wait in a queue inside the program."),
            ("falsetto_queue_dropped_total", .counter, "Items that a full queue left out."),
            ("falsetto_outbox_messages", .gauge, "Messages in the store that a sink has not acknowledged."),
            ("falsetto_sink_deliveries_total", .counter, "Messages that a sink has acknowledged."),
            ("falsetto_sink_failures_total", .counter, "Deliveries that failed; each is tried again."),
            (
                "falsetto_store_write_seconds", .histogram([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]),
                "Time of a transaction of the store, until it is on the disk."
            ),
            ("falsetto_store_failures_total", .counter, "Transactions of the store that failed."),
            ("process_cpu_seconds_total", .counter, "Processor time, in user and system mode."),
            ("process_resident_memory_bytes", .gauge, "Resident memory."),
        ]
        for (name, kind, help) in families { registry.declare(name, kind, help: help) }
        let registry = registry
        func counter(_ name: String, _ labels: [(String, String)] = []) -> Counter { Counter(label: name, dimensions: labels, factory: registry) }
        callsRunning = Meter(label: "falsetto_calls_running", factory: registry)
        callsStarted = counter("falsetto_calls_started_total")
        hops = counter("falsetto_hops_total")
        lateHops = counter("falsetto_late_hops_total")
        alerts = Dictionary(uniqueKeysWithValues: Self.alertKinds.map { ($0, counter("falsetto_alerts_total", [("kind", $0)])) })
        storeWrites = Timer(label: "falsetto_store_write_seconds", factory: registry)
        _ = counter("falsetto_store_failures_total")
        Meter(label: "falsetto_build_info", dimensions: [("version", build)], factory: registry).set(1)
    }

    /// Counts what is handed on, on the thread that screened it.
    func count(_ item: MonitorItem) {
        switch item {
        case .began(let start, _):
            let began = nanoseconds()
            let count = paces.withLock { paces in
                paces[start.id.text] = start.legs.map { _ in CallPace(begunAt: began) }
                return paces.count
            }
            callsStarted.increment()
            callsRunning.set(count)
        case .screened(.hop(let score), let leg, let event):
            hops.increment()
            // Time that nobody heard passes at its own pace.
            guard let call = event.call, score.hop.lostSamples + score.hop.pausedSamples == 0 else { return }
            let now = nanoseconds()
            let isLate = paces.withLock { $0[call]?[leg].isLate(atSample: score.startSample, now: now, hopNanoseconds: hopNanoseconds) ?? false }
            if isLate { lateHops.increment() }
        case .screened(.action, _, let event), .mark(_, _, let event): alerts[event.name]?.increment()
        case .gap(let mark, _, _):
            Counter(
                label: "falsetto_samples_lost_total", dimensions: [("cause", mark.kind.rawValue)],
                factory: registry
            ).increment(by: mark.sampleCount)
        case .ended(_, _, let event):
            let count = paces.withLock { paces in
                if let call = event.call { paces[call] = nil }
                return paces.count
            }
            callsRunning.set(count)
            if case .callEnded(let reason, _, _) = event.kind {
                Counter(label: "falsetto_calls_ended_total", dimensions: [("reason", reason.rawValue)], factory: registry).increment()
            }
        case .sound, .note: break
        }
    }

    func countDelivery(to sink: String, isDelivered: Bool) {
        Counter(
            label: isDelivered ? "falsetto_sink_deliveries_total" : "falsetto_sink_failures_total", dimensions: [("sink", sink)],
            factory: registry
        )
        .increment()
    }

    func countWrite(_ duration: Duration, failed: Bool) {
        storeWrites.recordNanoseconds(Int64(duration / .nanoseconds(1)))
        if failed { Counter(label: "falsetto_store_failures_total", factory: registry).increment() }
    }

    /// Measures what is only looked at when somebody asks.
    func look(queues: [(name: String, queue: BoundedQueue<MonitorItem>)], sinks: [String], store: Store) {
        for (name, queue) in queues {
            Meter(label: "falsetto_queue_items", dimensions: [("queue", name)], factory: registry).set(queue.count)
            registry.makeMeter(label: "falsetto_queue_dropped_total", dimensions: [("queue", name)]).set(Int64(queue.droppedInAll))
        }
        if let waiting = try? store.outboxCounts() {
            for sink in Set(sinks).union(waiting.keys) {
                Meter(label: "falsetto_outbox_messages", dimensions: [("sink", sink)], factory: registry).set(waiting[sink] ?? 0)
            }
        }
        let usage = ProcessUsage.now
        registry.makeMeter(label: "process_cpu_seconds_total", dimensions: []).set(usage.processorSeconds)
        Meter(label: "process_resident_memory_bytes", factory: registry).set(usage.residentBytes)
    }
}

/// How far a leg's hops lag behind the best that they did.
///
/// A clock that both ends share does not exist: the sender's runs up to 200 parts in a million faster or slower, and sound may come ahead. So
/// each hop is held against the earliest that this leg has been, and that is forgotten as slowly as clocks differ.
struct CallPace: Sendable {
    private let begunAt: UInt64
    private var best: Int64?

    /// Nanoseconds that `best` grows in each second of sound.
    private static let driftNanoseconds = 200_000.0

    init(begunAt: UInt64) { self.begunAt = begunAt }

    mutating func isLate(atSample sample: Int, now: UInt64, hopNanoseconds: UInt64) -> Bool {
        let lag = Int64(now) - Int64(begunAt) - Int64(sample) * 62_500
        let known = best.map { $0 + Int64(Self.driftNanoseconds * Double(hopNanoseconds) / 1e9) } ?? lag
        best = min(known, lag)
        return lag - best! > Int64(hopNanoseconds)
    }
}

/// What this process has used of the machine.
package struct ProcessUsage: Sendable {
    package var processorSeconds: Double
    package var residentBytes: Int

    package static var now: ProcessUsage {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        let pages =
            (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            ?? 0
        return ProcessUsage(
            processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), residentBytes: pages * sysconf(Int32(_SC_PAGESIZE)))
    }
}
