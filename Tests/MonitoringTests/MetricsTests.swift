import Alerting
import Calls
import CoreMetrics
import Foundation
import Ingest
import Reporting
import Screening
import ServiceLifecycle
import Store
import Synchronization
import TestSupport
import Testing

@testable import Monitoring

@Suite("Metrics") struct MetricsTests {
    @Test("What is counted is written as Prometheus reads it: in order, labels escaped, buckets summed up")
    func exposition() {
        let registry = MetricsRegistry()
        registry.declare("b_seconds", .histogram([0.1, 1]), help: "Times.")
        registry.declare("a_total", .counter, help: "Things.")
        registry.declare("never_used", .gauge, help: "Nothing.")
        Counter(label: "a_total", dimensions: [("kind", "x\"\\\ny")], factory: registry).increment(by: 3)
        Counter(label: "a_total", dimensions: [("kind", "x\"\\\ny")], factory: registry).increment()
        let timer = Timer(label: "b_seconds", factory: registry)
        for milliseconds in [50, 100, 500, 5000] { timer.recordNanoseconds(Int64(milliseconds) * 1_000_000) }
        #expect(
            registry.exposition == """
                # HELP a_total Things.
                # TYPE a_total counter
                a_total{kind="x\\"\\\\\\ny"} 4
                # HELP b_seconds Times.
                # TYPE b_seconds histogram
                b_seconds_bucket{le="0.1"} 2
                b_seconds_bucket{le="1"} 3
                b_seconds_bucket{le="+Inf"} 4
                b_seconds_sum 5.65
                b_seconds_count 4

                """)
    }

    @Test("A hop is late that comes more than a hop behind the pace of its leg; another clock's drift and sound that comes ahead are not")
    func pace() {
        let hop: UInt64 = 400_000_000
        func late(_ delays: [Double], drift: Double = 0) -> [Int] {
            var pace = CallPace(begunAt: 5_000_000_000)
            return delays.indices.filter { index in
                let due = Double(index) * 0.4 * (1 + drift) + delays[index]
                return pace.isLate(atSample: index * 6400, now: UInt64(5e9 + due * 1e9), hopNanoseconds: hop)
            }
        }
        #expect(late([0.05, 0.05, 0.44, 0.05]) == [])
        #expect(late([0.05, 0.05, 0.46, 0.05]) == [2])
        // Ten hours of a clock that runs 150 parts in a million slower: 5 s in all.
        #expect(late([Double](repeating: 0.1, count: 90_000), drift: 150e-6) == [])
        // Sound ahead of the clock, then at its pace: that is late against how it came, until the clocks' difference has made up for it.
        #expect(late([0.5, 0.9 + 0.01, 0.5]) == [1])
    }

    @Test("Calls, hops, alerts, losses and ends are counted; nothing of the caller is in the text")
    func counting() throws {
        let now = Mutex<UInt64>(0)
        let metrics = MonitorMetrics(hopSeconds: 0.2, build: "9.9", nanoseconds: { now.withLock { $0 } })
        let desk = try Desk()
        try desk.hear(voice(6))
        try desk.lose(1600, .dropped)
        try desk.hear(voice(1))
        for item in desk.items { metrics.count(item) }
        func value(_ line: String) -> Double? {
            metrics.registry.exposition.split(separator: "\n").first { $0.hasPrefix(line + " ") }.flatMap { Double($0.split(separator: " ").last!) }
        }
        let call = try #require(desk.events.first?.call)
        #expect(value("falsetto_calls_running") == 1 && value("falsetto_calls_started_total") == 1)
        #expect(value("falsetto_hops_total") == Double(desk.hops.count) && !desk.hops.isEmpty)
        #expect(value("falsetto_alerts_total{kind=\"alertRaised\"}") == Double(desk.names.count { $0 == "alertRaised" }))
        #expect(value("falsetto_alerts_total{kind=\"disclosed\"}") == 0)
        #expect(value("falsetto_samples_lost_total{cause=\"dropped\"}") == 1600)
        #expect(value("falsetto_late_hops_total") == 0 && value("falsetto_build_info{version=\"9.9\"}") == 1)
        let before = desk.items.count
        try desk.monitor.finish()
        for item in desk.items[before...] { metrics.count(item) }
        #expect(value("falsetto_calls_running") == 0 && value("falsetto_calls_ended_total{reason=\"shutdown\"}") == 1)
        #expect(!metrics.registry.exposition.contains(call) && !metrics.registry.exposition.contains("desk"))
    }

    @Test("A late hop is counted where it was handed on")
    func lateHops() throws {
        let now = Mutex<UInt64>(0)
        let metrics = MonitorMetrics(hopSeconds: 0.2, build: "9.9", nanoseconds: { now.withLock { $0 } })
        let desk = try Desk()
        try desk.hear(voice(6))
        var hops = 0
        for item in desk.items {
            if case .screened(.hop(let score), _, _) = item {
                hops += 1
                // The tenth of the call is 300 ms behind all others.
                now.withLock { $0 = UInt64(score.startSample) * 62_500 + (hops == 10 ? 400_000_000 : 100_000_000) }
            }
            metrics.count(item)
        }
        #expect(hops > 20 && metrics.registry.exposition.contains("\nfalsetto_late_hops_total 1\n"))
    }

    @Test("They are served over HTTP, and whether new calls should come is said with the reason")
    func served() async throws {
        let folder = StateFolder(path: NSTemporaryDirectory() + "falsetto-metrics-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        let store = try Store(folder, for: .daemon)
        let metrics = MonitorMetrics(hopSeconds: 0.2, build: "9.9")
        store.observeWrites { metrics.countWrite($0, failed: $1) }
        try store.enqueue([SinkMessage(event: .random(), sink: "web", payload: "{}")], call: .random())
        metrics.countDelivery(to: "web", isDelivered: false)
        let queue = BoundedQueue<MonitorItem>(capacity: 1)
        for _ in 0..<3 { queue.put(.notice("x"), mayBeDropped: true) }
        let hindrances = Mutex<[String]>([])
        let (places, said) = AsyncStream<String>.makeStream()
        let service = MetricsService(
            address: ListenAddress("127.0.0.1:0")!, metrics: metrics,
            look: {
                metrics.look(queues: [("storing", queue)], sinks: ["web", "other"], store: store)
                return Health(hindrances: hindrances.withLock { $0 })
            }, say: { said.yield($0) })
        let running = Task { try await service.run() }
        var place = ""
        for await words in places {
            place = words.replacingOccurrences(of: "metrics at ", with: "").replacingOccurrences(of: "/metrics", with: "")
            break
        }
        let text = try await WebAnswer(of: place + "/metrics").body
        for line in [
            "falsetto_outbox_messages{sink=\"web\"} 1", "falsetto_outbox_messages{sink=\"other\"} 0", "falsetto_queue_items{queue=\"storing\"} 1",
            "falsetto_queue_dropped_total{queue=\"storing\"} 2", "falsetto_sink_failures_total{sink=\"web\"} 1",
            "falsetto_store_write_seconds_count 1",
        ] { #expect(text.contains("\n\(line)\n"), "\(line)") }
        #expect(try await WebAnswer(of: place + "/healthz").status == 200)
        #expect(try await WebAnswer(of: place + "/readyz").status == 200)
        hindrances.withLock { $0 = ["paused: nothing is heard"] }
        let answer = try await WebAnswer(of: place + "/readyz")
        #expect(answer.status == 503 && answer.body == "paused: nothing is heard\n")
        #expect(try await WebAnswer(of: place + "/healthz").status == 200)
        running.cancel()
        _ = await running.result
    }

    @Test("An address that is taken is one clear line")
    func taken() async throws {
        let receiver = try await WebhookReceiver { _, _ in .status(200) }
        let service = MetricsService(
            address: ListenAddress("127.0.0.1:\(receiver.port)")!, metrics: MonitorMetrics(hopSeconds: 0.2, build: "9.9"), look: { Health() },
            say: { _ in })
        await #expect { try await service.run() } throws: { "\($0)".hasPrefix("metrics: 127.0.0.1:\(receiver.port) cannot be listened on: ") }
    }

    @Test("Where they are served is read from the configuration")
    func configuration() throws {
        #expect(try Configuration(text: "[metrics]\nlisten = \"127.0.0.1:9464\"\n", name: "c.toml").metrics == ListenAddress("127.0.0.1:9464"))
        #expect(throws: ConfigurationError(["c.toml: metrics.listen: must be a numeric address and a port, as in \"127.0.0.1:9464\""])) {
            try Configuration(text: "[metrics]\nlisten = \"9464\"\n", name: "c.toml")
        }
    }
}
