import Foundation
import Testing

/// A machine with one microphone, which is a file: the program's own state, run-time and configuration folders, and an ALSA
/// configuration that includes the system's.
private final class Machine {
    let scratch: Scratch
    let environment: [String: String]

    init(hearing samples: [Float] = []) throws {
        scratch = try Scratch()
        var raw = Data()
        for sample in samples { withUnsafeBytes(of: Int16(max(-1, min(1, sample)) * 32_767).littleEndian) { raw.append(contentsOf: $0) } }
        try scratch.write(raw, "call.raw")
        try scratch.write(
            Data(
                """
                </usr/share/alsa/alsa.conf>
                pcm.mic { type file slave.pcm { type null } file "/dev/null" infile "\(scratch.path("call.raw"))" format raw }

                """.utf8), "asound.conf")
        environment = [
            "ALSA_CONFIG_PATH": scratch.path("asound.conf"), "XDG_STATE_HOME": scratch.path("state"), "XDG_RUNTIME_DIR": scratch.path("run"),
            "XDG_CONFIG_HOME": scratch.path("config"),
        ]
        try FileManager.default.createDirectory(atPath: scratch.path("config/falsetto"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: scratch.path("run"), withIntermediateDirectories: true)
    }

    func configure(_ text: String) throws { try scratch.write(Data(text.utf8), "config/falsetto/config.toml") }

    func run(_ arguments: [String]) throws -> Program.Run { try Program.run(arguments, environment: environment) }

    /// Starts `listen`; its events come out line by line.
    /// - Parameter fileBytes: the most that it, and what it starts, may write into any file: a disk that is full at once.
    func listen(_ arguments: [String], fileBytes: Int? = nil) throws -> Listening { try Listening(arguments, environment, fileBytes: fileBytes) }
}

private final class Listening {
    let process = Process()
    private let pipe = Pipe()
    private let errors: URL
    private var buffer = Data()

    init(_ arguments: [String], _ environment: [String: String], fileBytes: Int?) throws {
        process.executableURL = Program.url
        process.arguments = ["listen"] + arguments
        if let fileBytes {
            // The shell counts in blocks of 512 bytes.
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "ulimit -f \(fileBytes / 512); exec \"$0\" \"$@\"", Program.url.path, "listen"] + arguments
        }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        errors = URL(fileURLWithPath: environment["XDG_STATE_HOME"]! + ".errors-\(UUID().uuidString)")
        _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    deinit { if process.isRunning { process.terminate() } }

    var complaint: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

    /// The next event; nil when standard output ends.
    func next() throws -> [String: Any]? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer[buffer.startIndex..<end]
                buffer = Data(buffer[(end + 1)...])
                return try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
            }
            let data = pipe.fileHandleForReading.availableData
            guard !data.isEmpty else { return nil }
            buffer += data
        }
    }

    /// All events up to and with the first of that name.
    func events(to name: String) throws -> [[String: Any]] {
        var events: [[String: Any]] = []
        while let event = try next() {
            events.append(event)
            if event["event"] as? String == name { return events }
        }
        Issue.record("no \(name); \(complaint)")
        return events
    }

    /// Ends it as systemd does; how long that took, and the exit code.
    func end() throws -> (seconds: Double, code: Int32) {
        let start = ContinuousClock.now
        process.terminate()
        while try next() != nil {}
        process.waitUntilExit()
        return ((ContinuousClock.now - start) / .seconds(1), process.terminationStatus)
    }
}

@Suite("falsetto listen") struct ListenTests {
    @Test("A call on an ALSA device is heard, alerts, is stored, runs the command sink, and replays to the same bytes", arguments: [false, true])
    func endToEnd(keepsAudio: Bool) throws {
        let machine = try Machine(hearing: silence(seconds: 2, rate: 16_000) + voice(seconds: 8, rate: 16_000) + silence(seconds: 13, rate: 16_000))
        let policy = try policyForAnyVoice(machine.scratch)
        let taken = machine.scratch.path("taken.ndjson")
        try machine.configure(
            """
            consent = "a test"
            [listen]
            devices = ["mic"]
            labels = ["desk"]
            keep-audio = \(keepsAudio)
            [[sink]]
            name = "command"
            type = "command"
            command = ["sh", "-c", "cat >> \(taken)"]
            [[sink]]
            name = "file"
            type = "ndjson"
            path = "\(machine.scratch.path("file.ndjson"))"
            """)
        let listening = try machine.listen(["--policy", policy])
        let events = try listening.events(to: "callEnded")
        #expect(
            events.compactMap { $0["event"] as? String }.filter { !["notice", "watchBegan"].contains($0) } == [
                "callStarted", "alertRaised", "callEnded",
            ])
        let alert = try #require(events.first { $0["event"] as? String == "alertRaised" })
        #expect(alert["message"] as? String == "Machine-made voice" && (alert["advice"] as? String)?.contains("hang up") == true)
        #expect(alert["leg"] as? String == "far")
        let ended = try listening.end()
        #expect(ended.code == 0 && ended.seconds < 5, "\(listening.complaint)")

        // Both sinks had every event, each with the id that standard output showed.
        let shown = Set(
            events.filter { ["callStarted", "alertRaised", "callEnded"].contains($0["event"] as? String) }.compactMap { $0["id"] as? String })
        for path in [taken, machine.scratch.path("file.ndjson")] {
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            let ids = try lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }.compactMap { $0?["id"] as? String }
            #expect(Set(ids) == shown && ids.count == shown.count)
        }

        let id = try #require(alert["call"] as? String)
        let list = try machine.run(["calls", "list", "--format", "json"])
        #expect(list.records.map { $0["id"] as? String } == [id])
        let replay = try machine.run(["replay", id, "--format", "json"])
        let report = try #require(replay.json as? [String: Any], "\(replay.complaint)")
        #expect(report["way"] as? String == (keepsAudio ? "audio" : "track"))
        let leg = try #require((report["legs"] as? [[String: Any]])?.first)
        #expect(leg["firstDifferentHop"] is NSNull && leg["eventsAreSame"] as? Bool == true && leg["resultIsSame"] as? Bool == true)
        #expect((leg["hopsCompared"] as? Int ?? 0) > 50 && replay.code == 0)
    }

    @Test("Words from outside begin, disclose and end a call; a second daemon on the store is refused")
    func control() throws {
        let machine = try Machine(hearing: voice(seconds: 4, rate: 16_000) + silence(seconds: 1, rate: 16_000))
        let listening = try machine.listen(["--device", "mic", "--paused", "--consent", "a test"])
        while let event = try listening.next() {
            if (event["words"] as? String)?.contains("takes words at") == true { break }
        }
        #expect(try machine.run(["call", "status"]).output == "no call is on; nothing is heard until `falsetto call start`\n")
        let start = try machine.run(["call", "start", "--id", "desk-1"])
        #expect(start.code == 0 && start.output.contains("desk-1"))
        let refused = try machine.run(["call", "start"])
        #expect(refused.code == 64 && refused.complaint.contains("desk-1 is on already"))
        #expect(try machine.run(["call", "disclose"]).code == 0)
        let second = try machine.run(["listen", "--device", "mic", "--consent", "a test"])
        #expect(second.code == 69 && second.complaint.split(separator: "\n").count == 1)
        let end = try machine.run(["call", "end", "--format", "json"])
        #expect((end.json as? [String: Any])?["call"] as? String == "desk-1")
        let events = try listening.events(to: "callEnded")
        #expect(events.contains { $0["event"] as? String == "disclosed" })
        #expect(try listening.end().code == 0)
        #expect(try machine.run(["call", "status"]).code == 69)
    }

    @Test("On a full disk it says so, screens all the same, and alerts", arguments: [false, true])
    func fullDisk(keepsAudio: Bool) throws {
        let machine = try Machine(hearing: silence(seconds: 2, rate: 16_000) + voice(seconds: 8, rate: 16_000) + silence(seconds: 13, rate: 16_000))
        let policy = try policyForAnyVoice(machine.scratch)
        try machine.configure("consent = \"a test\"\n[listen]\ndevices = [\"mic\"]\nkeep-audio = \(keepsAudio)\n")
        let listening = try machine.listen(["--policy", policy], fileBytes: 4096)
        let events = try listening.events(to: "callEnded")
        let names = events.compactMap { $0["event"] as? String }.filter { !["notice", "watchBegan"].contains($0) }
        #expect(names == ["callStarted", "alertRaised", "callEnded"], "\(listening.complaint)")
        #expect(events.contains { ($0["words"] as? String)?.contains("not stored") == true })
        #expect(try listening.end().code == 0)
        #expect(try machine.run(["calls", "list"]).output == "No calls are stored.\n")
    }

    @Test("Where no key for calls' names can be made for want of room, the call on standard input is heard")
    func fullDiskBeforeTheFirstCall() throws {
        let machine = try Machine()
        let (policy, sound) = (try policyForAnyVoice(machine.scratch), voice(seconds: 8, rate: 16_000))
        var raw = Data()
        for sample in sound { withUnsafeBytes(of: Int16(max(-1, min(1, sample)) * 32_767).littleEndian) { raw.append(contentsOf: $0) } }
        try machine.scratch.write(raw, "stdin.raw")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c", "ulimit -f 0; exec \"$0\" \"$@\" < \(machine.scratch.path("stdin.raw"))", Program.url.path, "listen", "--stdin", "--raw",
            "s16le:16000:1", "--consent", "a test", "--output", "ndjson", "--policy", policy,
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(machine.environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let events = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && events.contains("not stored") && events.contains("\"alertRaised\""), "\(events)")
        #expect(!FileManager.default.fileExists(atPath: machine.scratch.path("state/falsetto/call-names.key")))
    }

    @Test("A control path that no socket can have, or that something else has, is a usage error, and nothing is lost")
    func controlPath() throws {
        let machine = try Machine()
        let long = "/tmp/" + String(repeating: "x", count: 200)
        for words in [["listen", "--device", "mic", "--consent", "a test", "--control", long], ["call", "status", "--control", long]] {
            let run = try machine.run(words)
            #expect(
                run.code == 64 && run.complaint.contains("at most 107 bytes") && run.complaint.split(separator: "\n").count == 1, "\(run.complaint)")
        }
        try machine.configure("consent = \"a test\"\n[listen]\ndevices = [\"mic\"]\ncontrol = \"\(long)\"\n")
        let configured = try machine.run(["listen"])
        #expect(configured.code == 78 && configured.complaint.contains("listen.control:"))
        try machine.configure("")
        let thesis = try machine.scratch.write(Data("years of work".utf8), "thesis.txt")
        let over = try machine.run(["listen", "--device", "mic", "--consent", "a test", "--control", thesis])
        #expect(over.code == 64 && over.complaint.contains("is no socket"))
        #expect(try String(contentsOfFile: thesis, encoding: .utf8) == "years of work")
    }

    @Test("A sink whose program or folder is not there is said at the start, and it listens all the same")
    func missingSinks() throws {
        let machine = try Machine(hearing: silence(seconds: 1, rate: 16_000))
        try machine.configure(
            """
            consent = "a test"
            [[sink]]
            name = "desk"
            type = "command"
            command = ["/no/such/notify-desk"]
            [[sink]]
            name = "log"
            type = "ndjson"
            path = "/no/such/folder/events.ndjson"
            [[sink]]
            name = "fine"
            type = "command"
            command = ["sh", "-c", "true"]

            """)
        let listening = try machine.listen(["--device", "mic", "--paused"])
        var words: [String] = []
        while words.last?.contains("takes words at") != true, let event = try listening.next() { words.append(event["words"] as? String ?? "") }
        #expect(words.contains { $0.contains("sink desk: /no/such/notify-desk: there is no such program") })
        #expect(words.contains { $0.contains("sink log: /no/such/folder/events.ndjson: its folder is not there") })
        #expect(!words.contains { $0.contains("sink fine") })
        #expect(try listening.end().code == 0)
    }

    @Test("A blank consent is none, wherever it comes from", arguments: ["   ", "\t", "\u{200B}", "\u{3000}\u{2060}", ""])
    func blankConsent(consent: String) throws {
        let machine = try Machine()
        let given = try machine.run(["listen", "--device", "mic", "--consent", consent])
        #expect(given.code == 64 && given.complaint.contains("say why listening is lawful"))
        let escaped = consent.unicodeScalars.map {
            "\\u" + String(repeating: "0", count: 4 - String($0.value, radix: 16).count) + String($0.value, radix: 16)
        }.joined()
        try machine.configure("consent = \"\(escaped)\"\n[listen]\ndevices = [\"mic\"]\n")
        let configured = try machine.run(["listen"])
        #expect(configured.code == 78 && configured.complaint.contains("consent: is "), "\(configured.complaint)")
    }

    @Test("A kernel level that there is not is one line and exit code 78")
    func kernelLevel() throws {
        let machine = try Machine()
        for words in [["analyze", "-"], ["listen", "--device", "mic", "--consent", "a test"]] {
            let run = try Program.run(words, environment: machine.environment.merging(["FALSETTO_KERNEL": "x86-64-v9"]) { $1 })
            #expect(
                run.code == 78 && run.complaint.contains("x86-64-v9") && run.complaint.split(separator: "\n").count == 1, "\(words) \(run.complaint)")
        }
    }

    @Test("Without a consent basis nothing is heard: nobody is there to be asked")
    func consent() throws {
        let machine = try Machine()
        let run = try machine.run(["listen", "--device", "mic"])
        #expect(run.code == 78 && run.complaint.contains("consent") && run.output.isEmpty)
    }

    @Test("A device that is not there is one clear line")
    func missingDevice() throws {
        let machine = try Machine()
        let run = try machine.run(["listen", "--device", "nonsense", "--consent", "a test", "--output", "none"])
        #expect(run.code == 69 && run.complaint.contains("nonsense") && run.complaint.contains("falsetto devices"))
        #expect(try machine.run(["listen", "--consent", "a test"]).code == 64)
    }

    @Test("All errors of the configuration are told at once, by key path, with exit code 78")
    func configurationErrors() throws {
        let machine = try Machine()
        try machine.configure("consent = 1\n[listen]\nrate = \"fast\"\nwings = 2\n")
        let run = try machine.run(["listen", "--device", "mic"])
        #expect(run.code == 78 && ["consent:", "listen.rate:", "listen.wings:"].allSatisfy(run.complaint.contains))
        try machine.configure("consent = \"x\"\n[listen\n")
        let syntax = try machine.run(["listen", "--device", "mic"])
        #expect(syntax.code == 78 && syntax.complaint.contains("line 2, column"))
    }

    @Test("SIGHUP reads the configuration again; one that is at fault changes nothing and ends nothing")
    func reload() throws {
        let machine = try Machine(hearing: silence(seconds: 1, rate: 16_000))
        try machine.configure("consent = \"before\"\n")
        let listening = try machine.listen(["--device", "mic", "--paused"])
        func notice(_ words: String) throws {
            while let event = try listening.next() { if (event["words"] as? String)?.contains(words) == true { return } }
            Issue.record("never said: \(words); \(listening.complaint)")
        }
        try notice("takes words at")
        try machine.configure("consent = 5\n")
        kill(listening.process.processIdentifier, SIGHUP)
        try notice("not taken")
        try machine.configure("consent = \"after\"\n")
        kill(listening.process.processIdentifier, SIGHUP)
        try notice("it holds from the next call on")
        #expect(try machine.run(["call", "start", "--id", "a"]).code == 0)
        let started = try #require(try listening.events(to: "callStarted").last)
        #expect(started["consent"] as? String == "after")
        #expect(try listening.end().code == 0)
    }

    @Test("Devices are listed as an array for machines, and with what to choose for people")
    func devices() throws {
        let machine = try Machine()
        let json = try machine.run(["devices", "--format", "json"])
        #expect(json.code == 0 && json.records.contains { $0["name"] as? String == "mic" } || json.json is [Any])
        let text = try machine.run(["devices"])
        #expect(text.code == 0 && text.output.contains("What to choose:") && text.output.contains("softphone"))
    }

    @Test("A stream on standard input is one call: heard, stored, and the same when it is heard again", arguments: ["ulaw:8000:1", "s16le:16000:2"])
    func standardInput(raw: String) throws {
        let machine = try Machine()
        let policy = try policyForAnyVoice(machine.scratch)
        var data = Data()
        if raw.hasPrefix("s16le") {
            for sample in voice(seconds: 8, rate: 16_000) {
                for value in [Int16(sample * 32_767), 0] { withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) } }
            }
        } else {
            // µ-law by its definition: sign, segment, step.
            for sample in voice(seconds: 8) {
                let value = Int(sample * 32_767)
                let magnitude = min(abs(value), 32_635) + 132
                let segment = max(Int.bitWidth - 1 - magnitude.leadingZeroBitCount - 7, 0)
                data.append(~UInt8((value < 0 ? 0x80 : 0) | segment << 4 | (magnitude >> (segment + 3)) & 15))
            }
        }
        let run = try Program.run(
            ["listen", "--stdin", "--raw", raw, "--consent", "a test", "--keep-audio", "--policy", policy, "--output", "ndjson"], input: data,
            environment: machine.environment)
        #expect(run.code == 0, "\(run.complaint)")
        let events = try run.output.split(separator: "\n").compactMap { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        #expect(events.contains { $0["event"] as? String == "alertRaised" && $0["leg"] as? String == "far" })
        let ended = try #require(events.first { $0["event"] as? String == "callEnded" })
        #expect(ended["reason"] as? String == "hungUp" && ended["durationSeconds"] as? Double == 8)
        let id = try #require(ended["call"] as? String)
        #expect(try machine.run(["replay", id]).code == 0)
    }

    @Test("What standard input holds must be said, and be something that streams")
    func standardInputUsage() throws {
        let machine = try Machine()
        for arguments in [
            ["--stdin"], ["--raw", "ulaw"], ["--stdin", "--raw", "gsm"], ["--stdin", "--raw", "nonsense"],
            ["--stdin", "--raw", "ulaw", "--leg", "far=right"],
        ] {
            #expect(try machine.run(["listen", "--consent", "a test"] + arguments).code == 64, "\(arguments)")
        }
        #expect(try machine.run(["listen", "--stdin", "--raw", "ulaw"]).code == 78)
        #expect(try machine.run(["listen", "--audiosocket", "0.0.0.0:9092", "--consent", "a test"]).code == 64)
    }
}
