import Foundation
import GRDB
import Testing

/// Commands on stored calls, over a store that StoreWriter's kind of writing made: see `StoredCalls`.
@Suite("falsetto calls, store") struct CallsTests {
    @Test(
        "Every command has help with an example",
        arguments: [
            "calls", "calls list", "calls show", "calls export", "calls judge", "calls play", "calls purge", "store", "store verify", "replay",
        ])
    func help(command: String) throws {
        let run = try Program.run(command.split(separator: " ").map(String.init) + ["--help"])
        #expect(run.code == 0 && run.output.contains("EXAMPLES\n  falsetto \(command)"))
    }

    @Test("Before the first call, the list is empty and the rest says what makes the store")
    func absent() throws {
        let calls = try StoredCalls(count: 0)
        let list = try calls.run(["calls", "list", "--format", "json"])
        #expect(list.code == 0 && (list.json as? [Any])?.isEmpty == true)
        #expect(try calls.run(["calls", "list"]).output == "No calls are stored.\n")
        for command in [["store", "verify"], ["calls", "show", "a1"], ["replay", "a1"], ["calls", "purge"]] {
            let run = try calls.run(command)
            #expect(run.code == 78 && run.complaint.contains("nothing is stored here yet") && run.complaint.split(separator: "\n").count == 1)
        }
        #expect(!FileManager.default.fileExists(atPath: calls.state))
    }

    @Test("A read-only copy of a store is listed and shown, with what only its write-ahead log holds")
    func readOnlyCopy() throws {
        let calls = try StoredCalls(count: 2)
        let id = calls.ids[0]
        let copy = try Scratch()
        // While it is open, so that the log has not been brought into the database.
        let database = try DatabaseQueue(path: calls.database)
        try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_autocheckpoint = 0; UPDATE call SET device = 'in the log'") }
        try FileManager.default.createDirectory(atPath: copy.path("falsetto"), withIntermediateDirectories: false)
        for suffix in ["", "-wal"] {
            let name = "calls.sqlite" + suffix
            try FileManager.default.copyItem(atPath: calls.database + suffix, toPath: copy.path("falsetto/" + name))
            try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: copy.path("falsetto/" + name))
        }
        try database.close()
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: copy.path("falsetto"))
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: copy.path("falsetto")) }
        let environment = ["XDG_STATE_HOME": copy.url.path]
        // Root may write everywhere; nobody may not.
        let list = try Program.run(["calls", "list", "--format", "json"], asNobody: getuid() == 0, environment: environment)
        if list.code == 126 || list.code == 127 { return print("SKIPPED: the user nobody cannot reach the program where it is built") }
        #expect(list.code == 0 && Set(list.records.compactMap { $0["id"] as? String }) == Set(calls.ids), "\(list.complaint)")
        #expect(list.records.allSatisfy { $0["device"] as? String == "in the log" })
        let show = try Program.run(["calls", "show", id], asNobody: getuid() == 0, environment: environment)
        #expect(show.code == 0 && show.output.contains(id), "\(show.complaint)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: copy.path("falsetto")).sorted() == ["calls.sqlite", "calls.sqlite-wal"])
    }

    @Test("The list is an array with ids, the table is for people, and neither says who called")
    func list() throws {
        let calls = try StoredCalls(count: 2)
        let records = try calls.run(["calls", "list", "--format", "json"]).records
        #expect(records.count == 2 && records.compactMap { $0["id"] as? String } == calls.ids)
        #expect(records[0]["outcome"] as? String == "synthetic" && records[0]["alerts"] as? Int == 8)
        let keys = Set(records.flatMap(\.keys))
        #expect(
            keys == [
                "id", "state", "startedAt", "durationSeconds", "outcome", "alerts", "consent", "device", "audioKept", "judgements", "legs",
                "policyName", "model", "modelIdentity", "kernel", "build",
            ])
        let table = try calls.run(["calls", "list"]).output
        #expect(table.hasPrefix("id ") && calls.ids.allSatisfy(table.contains) && table.contains("machine-made voice"))
        let blind = try calls.run(["calls", "list", "--blind"]).output
        #expect(calls.ids.allSatisfy(blind.contains) && !blind.contains("machine") && !blind.contains("alerts"))
    }

    @Test("A call is shown with its alert and what to do, exported whole, judged, and purged")
    func life() throws {
        let calls = try StoredCalls(count: 2)
        let id = calls.ids[0]
        let shown = try calls.run(["calls", "show", id])
        #expect(shown.code == 0 && shown.output.contains("hang up") && shown.output.contains("consent") && !shown.output.contains("scam"))
        let exported = try calls.run(["calls", "export", id]).records
        let track = ((exported.first?["legs"] as? [[String: Any]])?.first?["track"] as? [[String: Any]]) ?? []
        #expect(exported.count == 1 && track.count == 80)
        #expect(try calls.run(["calls", "export"]).records.count == 2)

        let judged = try calls.run(["calls", "judge", id, "--as", "human", "--by", "mk", "--blind", "--format", "json"])
        #expect(judged.code == 0 && (judged.json as? [String: Any])?["scoreSeen"] as? Bool == false)
        #expect(try calls.run(["calls", "judge", id, "--as", "synthetic", "--by", "ab"]).output.contains("the score seen"))
        #expect(try calls.run(["calls", "judge", id, "--as", "robot", "--by", "ab"]).code == 64)
        let both =
            try calls.run(["calls", "list", "--format", "json"]).records.first { $0["id"] as? String == id }?["judgements"] as? [[String: Any]]
        #expect(both?.compactMap { $0["as"] as? String } == ["human", "synthetic"])

        let misspelt = try calls.run(["calls", "purge", id, "nosuchcall"])
        #expect(misspelt.code == 64 && misspelt.complaint.contains("no call nosuchcall"))
        #expect(try calls.run(["calls", "list", "--format", "json"]).records.count == 2)
        #expect(try calls.run(["calls", "purge", id]).code == 0)
        #expect(try calls.run(["calls", "list", "--format", "json"]).records.compactMap { $0["id"] as? String } == [calls.ids[1]])
        #expect(try calls.run(["calls", "purge", "--keep-days", "0.000001"]).output.hasPrefix("Purged 1 call.\n"))
        #expect(try calls.run(["calls", "purge", "--keep-days", "0"]).code == 64)
        #expect(try calls.run(["store", "verify"]).code == 0)
    }

    @Test("The list is narrowed by time, outcome and judgement, the latest first, and times carry their zone")
    func narrowed() throws {
        let calls = try StoredCalls(count: 3)
        func ids(_ arguments: String...) throws -> [String] {
            try calls.run(["calls", "list", "--format", "json"] + arguments).records.compactMap { $0["id"] as? String }
        }
        #expect(try ids("--limit", "2") == Array(calls.ids.prefix(2)))
        #expect(try ids("--outcome", "synthetic") == calls.ids && ids("--outcome", "human").isEmpty)
        #expect(try ids("--outcome", "human", "--outcome", "synthetic") == calls.ids)
        #expect(try ids("--since", "1h") == calls.ids && ids("--since", "2001-01-01") == calls.ids && ids("--since", "2999-01-01 10:30").isEmpty)
        _ = try calls.run(["calls", "judge", calls.ids[1], "--as", "human", "--by", "mk"])
        #expect(try ids("--unjudged") == [calls.ids[0], calls.ids[2]])
        #expect(try ids("--unjudged", "--limit", "1") == [calls.ids[0]])
        #expect(try calls.run(["calls", "list", "--outcome", "human"]).output == "No stored call is such.\n")
        for wrong in [
            ["--limit", "0"], ["--since", "yesterday"], ["--since", "2026-02-30"], ["--outcome", "robot"], ["--blind", "--outcome", "human"],
        ] {
            #expect(try calls.run(["calls", "list"] + wrong).code == 64, "\(wrong)")
        }
        #expect(try calls.run(["calls", "list"]).output.contains(/\d{4}-\d\d-\d\d \d\d:\d\d \+00:00/))
    }

    @Test("Kept audio is played and exported by name only, and the audit chain holds who heard what part first")
    func keptAudio() throws {
        let calls = try StoredCalls(count: 1, keepsAudio: true)
        let id = calls.ids[0]
        let file = calls.state + "/out.wav"
        let run = try calls.run(["calls", "export", "--audio", id, file])
        #expect(run.code == 0 && run.complaint.contains("Leg far, 0.0 s to "), "\(run.complaint)")
        let whole = try Data(contentsOf: URL(fileURLWithPath: file))
        // 80 records of 3200 bytes, 16 bits at 8 kHz, and a header.
        #expect(whole.count == 44 + 80 * 3200 && whole[44..<48] == Data([0, 0, 0, 0]) && whole[44 + 3200] == 1)
        #expect(try calls.run(["calls", "export", "--audio", "--from", "0.2", "--to", "0:00.6", id, file]).code == 0)
        let part = try Data(contentsOf: URL(fileURLWithPath: file))
        #expect(part.count == 44 + 6400 && part[40..<44] == Data([0, 0x19, 0, 0]))
        #expect(Data(part[44...]) == Data(whole[44 + 3200..<44 + 9600]))

        let player = calls.state + "/bin/aplay"
        try FileManager.default.createDirectory(atPath: calls.state + "/bin", withIntermediateDirectories: false)
        try Data("#!/bin/sh\ncat > \(calls.state)/played\n".utf8).write(to: URL(fileURLWithPath: player))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: player)
        let path = "\(calls.state)/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
        #expect(try calls.run(["calls", "play", id], environment: ["PATH": path]).code == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: calls.state + "/played")) == whole)
        #expect(try calls.run(["calls", "play", id], environment: ["PATH": "/nonexistent"]).code == 69)
        try Data("#!/bin/sh\necho 'a library: many words' >&2; echo 'no card' >&2; exit 1\n".utf8).write(to: URL(fileURLWithPath: player))
        let mute = try calls.run(["calls", "play", id], environment: ["PATH": path])
        #expect(mute.code == 69 && mute.complaint.contains("ended with 1: no card; the sound") && !mute.complaint.contains("library"))
        let piped = try calls.run(["calls", "export", "--audio", "--to", "0.2", id, "-"])
        #expect(piped.code == 0 && piped.output.hasPrefix("RIFF"))

        let played = "audioPlayed leg far, 0.0 to 16.0 s"
        let entries = try calls.rows("SELECT kind || ' ' || detail FROM audit WHERE kind LIKE 'audio%' ORDER BY number")
        let exported = ["0.0 to 16.0 s", "0.2 to 0.6 s", "0.0 to 0.2 s"].map { "audioExported leg far, \($0)" }
        #expect(entries == [exported[0], exported[1], played, played, exported[2]])
        #expect(try calls.run(["store", "verify"]).code == 0)
        for (wrong, code) in [
            (["--leg", "near", id, file], 64), (["--from", "100", id, file], 64), (["nosuchcall", file], 64), ([id], 64),
            (["--from", "5", "--to", "4", id, file], 64),
        ] {
            #expect(try calls.run(["calls", "export", "--audio"] + wrong).code == code, "\(wrong)")
        }
        let none = try StoredCalls(count: 1)
        #expect(try none.run(["calls", "play", none.ids[0]], environment: ["PATH": path]).complaint.contains("was not kept"))
    }

    @Test("verify prints the head, takes it back, and ends with 1 where something was changed")
    func verify() throws {
        let calls = try StoredCalls(count: 1)
        let run = try calls.run(["store", "verify", "--format", "json"])
        let head = try #require((run.json as? [String: Any])?["head"] as? String)
        #expect(run.code == 0 && head.count == 64)
        #expect(try calls.run(["store", "verify", "--head", head]).output.contains("Note the head elsewhere"))
        let wrong = try calls.run(["store", "verify", "--head", String(head.reversed())])
        #expect(wrong.code == 1 && wrong.output.contains("does not hold the head"))
        #expect(try calls.run(["store", "verify", "--head", "12"]).code == 64)
        try calls.change("UPDATE leg SET outcome = 'human'")
        let broken = try calls.run(["store", "verify"])
        #expect(broken.code == 1 && broken.output.contains("does not match what is stored"))
    }

    @Test("A damaged, newer or unreadable store is one clear line and code 78, and stays as it is", arguments: ["damaged", "newer", "folder"])
    func faults(what: String) throws {
        let calls = try StoredCalls(count: 1)
        switch what {
        case "damaged": try Data("no database".utf8).write(to: URL(fileURLWithPath: calls.database))
        case "newer": try calls.change("INSERT INTO grdb_migrations VALUES ('99 later')")
        default:
            try FileManager.default.removeItem(atPath: calls.database)
            try FileManager.default.createDirectory(atPath: calls.database, withIntermediateDirectories: false)
        }
        let before = try? Data(contentsOf: URL(fileURLWithPath: calls.database))
        for command in [["calls", "list"], ["calls", "judge", "a", "--as", "human", "--by", "x"], ["store", "verify"], ["replay", "a"]] {
            let run = try calls.run(command)
            #expect(run.code == 78 && run.output.isEmpty && run.complaint.split(separator: "\n").count == 1, "\(command): \(run.complaint)")
            #expect(run.complaint.contains("calls.sqlite"))
        }
        let after = try? Data(contentsOf: URL(fileURLWithPath: calls.database))
        #expect(before == after)
    }

    @Test("Without permission on the state folder there is one clear line and code 78")
    func permission() throws {
        guard getuid() == 0, FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv") else {
            print("SKIPPED: the test of permissions needs root and setpriv")
            return
        }
        let calls = try StoredCalls(count: 1)
        for command in [["calls", "list"], ["calls", "purge", calls.ids[0]]] {
            let run = try calls.run(command, asNobody: true)
            if run.code == 126 || run.code == 127 {
                print("SKIPPED: the user nobody cannot reach the program where it is built")
                return
            }
            #expect(run.code == 78 && run.complaint.contains("ermission") && run.complaint.split(separator: "\n").count == 1, "\(run.complaint)")
        }
    }

    @Test("replay of the stored track says what it did and ends with 0, or with 1 where the track was changed")
    func replay() throws {
        let calls = try StoredCalls(count: 1)
        let run = try calls.run(["replay", calls.ids[0], "--format", "json"])
        let record = run.json as? [String: Any]
        #expect(record?["way"] as? String == "track" && record?["id"] as? String == calls.ids[0])
        // The writer's numbers come from no engine, so that they cannot be the same; that is what has to be said.
        #expect(run.code == 2 && record?["judgement"] as? String == "notComparable")
        #expect(try calls.run(["replay", "nosuchcall"]).code == 64)
        #expect(try calls.run(["replay", calls.ids[0], "--track", "--audio", "x.wav"]).code == 64)
        #expect(try calls.run(["replay", calls.ids[0], "--audio", calls.state + "/none.wav"]).code == 3)
    }
}

/// A store with some ended calls in a state folder of its own.
final class StoredCalls {
    private let scratch = try! Scratch()
    /// The latest first, as they are listed.
    private(set) var ids: [String] = []
    var state: String { scratch.path("falsetto") }
    var database: String { state + "/calls.sqlite" }

    /// - Parameter count: 0 makes no store at all.
    init(count: Int, keepsAudio: Bool = false) throws {
        guard count > 0 else { return }
        let writer = Process()
        writer.executableURL = Program.url.deletingLastPathComponent().appending(path: "StoreWriter")
        writer.arguments = [state, String(count)] + (keepsAudio ? ["audio"] : [])
        writer.standardOutput = FileHandle.nullDevice
        try writer.run()
        writer.waitUntilExit()
        ids = try run(["calls", "list", "--format", "json"]).records.compactMap { $0["id"] as? String }
    }

    func run(_ arguments: [String], input: Data? = nil, asNobody: Bool = false, environment: [String: String] = [:]) throws -> Program.Run {
        try Program.run(
            arguments, input: input, asNobody: asNobody, environment: ["XDG_STATE_HOME": scratch.url.path, "TZ": "UTC"].merging(environment) { $1 })
    }

    /// The first column of rows, read behind the program's back.
    func rows(_ sql: String) throws -> [String] {
        let database = try DatabaseQueue(path: self.database)
        defer { try? database.close() }
        return try database.read { try String.fetchAll($0, sql: sql) }
    }

    /// Changes rows behind the program's back.
    func change(_ sql: String) throws {
        let database = try DatabaseQueue(path: self.database)
        try database.writeWithoutTransaction { try $0.execute(sql: sql) }
        try database.close()
    }
}
