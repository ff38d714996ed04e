import Foundation
import Store
import TestSupport
import Testing

/// `falsetto listen` for telephone systems, with a state of its own; where it listens is read from what it says.
private final class Daemon {
    let process = Process()
    private let errors: FileHandle
    private let path: String
    private var heard = ""

    init(_ scratch: Scratch, _ arguments: [String], configuration: String = "") throws {
        try scratch.write(Data(configuration.utf8), "config.toml")
        path = scratch.path("errors-\(UUID().uuidString)")
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        errors = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        process.executableURL = Program.url
        process.arguments =
            [
                "listen", "--config", scratch.path("config.toml"), "--audiosocket", "127.0.0.1:0", "--consent", "a test", "--policy",
                try policyForAnyVoice(scratch),
            ]
            + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["XDG_STATE_HOME": scratch.path("state"), "XDG_RUNTIME_DIR": scratch.path("run")]
        ) { $1 }
        try FileManager.default.createDirectory(atPath: scratch.path("run"), withIntermediateDirectories: true)
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try process.run()
    }

    /// What follows the words that it says sooner or later, up to a character.
    func said(_ words: String, upTo end: Character = "\n") async throws -> String {
        for _ in 0..<24_000 {
            heard += String(decoding: errors.availableData, as: UTF8.self)
            if let place = heard.range(of: words),
                let last = heard[place.upperBound...].firstIndex(of: end)
            {
                return String(heard[place.upperBound..<last])
            }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("it never said '\(words)', but: \(heard)")
        return ""
    }

    func port() async throws -> Int { Int(try await said("audiosocket at 127.0.0.1, port ")) ?? 0 }

    func call(seconds: Double = 6) async throws {
        let caller = try AudioSocketCaller(port: try await port())
        caller.begin(7)
        caller.speak(voice(seconds: seconds).map { Int16($0 * 32_767) }, kind: 0x10, piece: 160)
        caller.hangUp()
    }

    func end(_ signal: Int32 = SIGTERM) {
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
    }

    deinit { if process.isRunning { end(SIGKILL) } }
}

func isThere(_ program: String) -> Bool {
    ((ProcessInfo.processInfo.environment["PATH"] ?? "")
        + ":/usr/sbin").split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
}

@Suite("Alarms where people look") struct AlarmsTests {
    @Test("Over kill -9 while the receiver holds an alert unanswered, the webhook gets each event again under its one id, and none is left over")
    func webhookOverCrash() async throws {
        let scratch = try Scratch()
        try scratch.write(Data("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".utf8), "secret")
        // The first event is taken, the second never answered; after the crash all are taken.
        let receiver = try await WebhookReceiver { number, _ in number == 1 ? .hang : .status(204) }
        let configuration = """
            [[sink]]
            name = "desk"
            type = "webhook"
            url = "http://127.0.0.1:\(receiver.port)/"
            secret-file = "\(scratch.path("secret"))"
            timeout = 600
            """
        var arrivals = receiver.arrived.makeAsyncIterator()
        let first = try Daemon(scratch, [], configuration: configuration)
        try await first.call()
        var before: [WebhookReceiver.Request] = []
        for _ in 0..<2 { if let request = await arrivals.next() { before.append(request) } }
        first.end(SIGKILL)

        let second = try Daemon(scratch, [], configuration: configuration)
        var after: [WebhookReceiver.Request] = []
        while !after.contains(where: { $0.body.contains("\"event\":\"callEnded\"") }), let request = await arrivals.next() { after.append(request) }
        second.end()
        let ids = (before + after).map { $0.headers["webhook-id"] ?? "" }
        print(
            "the receiver's log: "
                + (before
                + after).map { "\($0.headers["webhook-id"]!.prefix(8)) \($0.body.split(separator: "\"event\":\"")[1].prefix { $0 != "\"" })" }.joined(
                    separator: ", "))
        // One came twice, under one id and with one body: the one that was not answered.
        #expect(ids.count - Set(ids).count == 1 && before[1].headers["webhook-id"] == after.first?.headers["webhook-id"])
        #expect(before[1].body == after.first?.body)
        #expect(after.contains { $0.body.contains("\"event\":\"alertRaised\"") } || before.contains { $0.body.contains("\"event\":\"alertRaised\"") })
        #expect(try Store(StateFolder(path: scratch.path("state/falsetto")), for: .reading).outboxCounts().isEmpty)
    }

    @Test("Metrics of a call are served, and promtool finds no fault with them", .enabled(if: isThere("promtool"), "needs Prometheus' promtool"))
    func metrics() async throws {
        let scratch = try Scratch()
        let daemon = try Daemon(scratch, ["--metrics", "127.0.0.1:0"])
        let url = try await daemon.said("metrics at ")
        try await daemon.call()
        var text = ""
        for _ in 0..<1000 where !text.contains("falsetto_calls_ended_total{reason=\"hungUp\"} 1") {
            text = try await WebAnswer(of: url).body
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(text.contains("\nfalsetto_calls_started_total 1\n") && text.contains("\nfalsetto_alerts_total{kind=\"alertRaised\"} 1\n"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["promtool", "check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let complaints = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && complaints.isEmpty, "\(complaints)")
        let ready = try await WebAnswer(of: url.replacingOccurrences(of: "/metrics", with: "/readyz"))
        #expect(ready.status == 200 && ready.body == "ready\n")
        daemon.end()
    }

    @Test("Every query of the dashboard has an answer from a real Prometheus", .enabled(if: isThere("prometheus"), "needs Prometheus"))
    func dashboard() async throws {
        let scratch = try Scratch()
        let sink = "[[sink]]\nname = \"file\"\ntype = \"ndjson\"\npath = \"\(scratch.path("events"))\"\n"
        let daemon = try Daemon(scratch, ["--metrics", "127.0.0.1:0"], configuration: sink)
        let url = try #require(URL(string: try await daemon.said("metrics at ")))
        try scratch.write(
            Data(
                """
                global: { scrape_interval: 200ms, scrape_timeout: 200ms }
                scrape_configs: [{ job_name: falsetto, static_configs: [{ targets: ["127.0.0.1:\(url.port!)"] }] }]
                """.utf8), "prometheus.yml")
        let prometheus = Process()
        prometheus.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // A port that is free; between looking and taking it, another may have it: then the test says so.
        let port = freePort()
        prometheus.arguments = [
            "prometheus", "--config.file=\(scratch.path("prometheus.yml"))", "--storage.tsdb.path=\(scratch.path("tsdb"))",
            "--web.listen-address=127.0.0.1:\(port)",
        ]
        prometheus.standardError = FileHandle.nullDevice
        try prometheus.run()
        defer {
            kill(prometheus.processIdentifier, SIGKILL)
            prometheus.waitUntilExit()
        }
        try await daemon.call()
        func ask(_ query: String) async throws -> [[String: Any]] {
            let escaped = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
            guard let answer = try? await WebAnswer(of: "http://127.0.0.1:\(port)/api/v1/query?query=\(escaped)") else { return [] }
            let json = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
            #expect(json?["status"] as? String == "success", "\(query): \(answer.body)")
            return (json?["data"] as? [String: Any])?["result"] as? [[String: Any]] ?? []
        }
        var ended: [[String: Any]] = []
        for _ in 0..<3000 where ended.isEmpty {
            try await Task.sleep(for: .milliseconds(20))
            ended = try await ask("falsetto_calls_ended_total{reason=\"hungUp\"} == 1 and on () count_over_time(falsetto_calls_running[1m]) > 3")
        }
        let dashboard =
            try JSONSerialization.jsonObject(with: Data(contentsOf: Program.project.appending(path: "docs/grafana-dashboard.json"))) as? [String: Any]
        let panels = try #require(dashboard?["panels"] as? [[String: Any]])
        var queries = 0
        for panel in panels {
            for target in panel["targets"] as? [[String: Any]] ?? [] {
                let query = try #require(target["expr"] as? String).replacingOccurrences(of: "$__rate_interval", with: "1m")
                queries += 1
                #expect(try await !ask(query).isEmpty, "\(panel["title"] ?? ""): \(query) gives nothing")
            }
        }
        #expect(queries >= 10)
        daemon.end()
    }

    /// The first block of a language in a page.
    private func block(_ language: String, of page: String) throws -> String {
        let text = try String(contentsOf: Program.project.appending(path: "docs/\(page)"), encoding: .utf8)
        let begin = try #require(text.range(of: "```\(language)\n"))
        let end = try #require(text.range(of: "\n```", range: begin.upperBound..<text.endIndex))
        return text[begin.upperBound..<end.lowerBound] + "\n"
    }

    private func check(_ words: [String]) throws -> (code: Int32, words: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.environment = ProcessInfo.processInfo.environment.merging(["PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/bin"]) { $1 }
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    @Test("HAProxy takes the example that shares calls among machines", .enabled(if: isThere("haproxy"), "needs HAProxy"))
    func balancer() throws {
        let scratch = try Scratch()
        let example = try block("haproxy", of: "many-machines.md")
        let good = try check(["haproxy", "-c", "-f", try scratch.write(Data(example.utf8), "haproxy.cfg")])
        #expect(good.code == 0, "\(good.words)")
        let bad = example.replacingOccurrences(of: "hash-type consistent", with: "hash-type whatever")
        #expect(try check(["haproxy", "-c", "-f", try scratch.write(Data(bad.utf8), "bad.cfg")]).code != 0)
    }

    @Test("Kamailio takes the example that shares SIP calls", .enabled(if: isThere("kamailio"), "needs Kamailio"))
    func sipBalancer() throws {
        let scratch = try Scratch()
        let example = try block("kamailio", of: "many-machines.md")
        let good = try check(["kamailio", "-c", "-f", try scratch.write(Data(example.utf8), "kamailio.cfg")])
        #expect(good.code == 0, "\(good.words)")
        let bad = example.replacingOccurrences(of: "ds_next_dst()", with: "ds_no_such_thing()")
        #expect(try check(["kamailio", "-c", "-f", try scratch.write(Data(bad.utf8), "bad.cfg")]).code != 0)
    }

    @Test("promtool takes the rules of the page on alarms", .enabled(if: isThere("promtool"), "needs Prometheus' promtool"))
    func rules() throws {
        let scratch = try Scratch()
        let result = try check(["promtool", "check", "rules", try scratch.write(Data(try block("yaml", of: "alarms.md").utf8), "rules.yml")])
        #expect(result.code == 0 && result.words.contains("4 rules found"), "\(result.words)")
    }
}
