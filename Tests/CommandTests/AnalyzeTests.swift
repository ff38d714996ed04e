import Foundation
import Testing

@Suite("falsetto analyze") struct AnalyzeTests {
    @Test("Without a recording it says what to give, and exits with 64")
    func usage() throws {
        let run = try Program.run(["analyze"])
        #expect(run.code == 64 && run.complaint.contains("Give a recording"))
        #expect(try Program.run(["analyze", "--format", "xml", "x.wav"]).code == 64)
        #expect(try Program.run(["analyze", "--raw", "mp9", "x.wav"]).code == 64)
        #expect(try Program.run(["analyze", "--leg", "far=up", "x.wav"]).code == 64)
    }

    @Test("Every command has help with an example", arguments: ["", "analyze", "evaluate", "demo"])
    func help(command: String) throws {
        let run = try Program.run((command.isEmpty ? [] : [command]) + ["--help"])
        #expect(run.code == 0 && run.output.contains("EXAMPLES\n  falsetto \(command)"))
    }

    @Test("Sound that is there and cannot be heard is not called human or silent: the rest of the call may hold anything")
    func heardInPart() throws {
        let scratch = try Scratch()
        let whole = wav([silence(seconds: 4)])
        let joined = try Program.run([
            "analyze", "--format", "json", scratch.write(whole + wav([silence(seconds: 3), silence(seconds: 3)]), "joined.wav"),
        ])
        #expect(joined.records[0]["reason"] as? String == "outsideMeasuredConditions" && joined.records[0]["outside"] as? [String] == ["lostSound"])
        #expect(joined.records[0]["durationSeconds"] as? Double == 7)
        #expect((joined.records[0]["warnings"] as? [String])?.contains { $0.contains("part 2 of 2 was not heard, about 3.0 s") } == true)
        let both = try Program.run(["analyze", "--format", "json", scratch.write(whole + whole, "both.wav")])
        #expect(both.records[0]["reason"] as? String == "noSpeech" && both.records[0]["durationSeconds"] as? Double == 8)
    }

    @Test("An alert on standard input is said while more still comes in; the result is that of the whole", arguments: ["wav", "raw", "mp3"])
    func whileItComesIn(kind: String) throws {
        let scratch = try Scratch()
        let sound = voice(seconds: 14)
        var bytes = wav([sound])
        if kind == "raw" { bytes = Data(bytes.dropFirst(44)) }
        if kind == "mp3" {
            let encoder = Process()
            encoder.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            encoder.arguments = ["ffmpeg", "-nostdin", "-i", try scratch.write(bytes, "a.wav"), "-b:a", "32k", scratch.path("a.mp3")]
            (encoder.standardOutput, encoder.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
            try encoder.run()
            encoder.waitUntilExit()
            guard encoder.terminationStatus == 0 else { return print("SKIPPED: there is no ffmpeg that encodes MP3") }
            bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.path("a.mp3")))
        }
        let process = Process()
        process.executableURL = Program.url
        process.arguments =
            ["analyze", "--policy", try policyForAnyVoice(scratch), "--format", "json"]
            + (kind == "raw" ? ["--raw", "s16le:8000:1", "-"] : ["-"])
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
        try process.run()
        // All of it fits neither the pipe nor a header's promise: it is written on a thread, and the pipe stays open.
        let writer = input.fileHandleForWriting
        Thread { [bytes] in try? writer.write(contentsOf: bytes) }.start()
        var words = ""
        while !words.contains("machine-made voice") {
            let data = errors.fileHandleForReading.availableData
            if data.isEmpty { break }
            words += String(decoding: data, as: UTF8.self)
        }
        #expect(words.contains("still coming in: machine-made voice, raised at 0:") && words.contains("standard input (mono)"), "\(words)")
        #expect(process.isRunning)
        try writer.close()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let records = try JSONSerialization.jsonObject(with: text) as? [[String: Any]]
        let seconds = (records?.first?["durationSeconds"] as? NSNumber)?.doubleValue ?? 0
        #expect(records?.count == 1 && abs(seconds - 14) < 0.2, "\(seconds) s")
    }

    @Test("In a folder what is no recording is counted and named, and the British spelling is understood")
    func passedOver() throws {
        let scratch = try Scratch()
        try scratch.write(wav([silence(seconds: 1)]), "a.wav")
        for number in 0..<12 { try scratch.write(Data("text".utf8), "note\(number).txt") }
        let run = try Program.run(["analyse", "--format", "ndjson", scratch.url.path])
        #expect(run.code == 2 && run.output.split(separator: "\n").count == 1)
        #expect(run.complaint.hasPrefix("falsetto: 12 files passed over, no recording by name or content: ") && run.complaint.contains("and 2 more"))
        #expect(run.complaint.split(separator: "\n").count == 1)
    }

    @Test("A silent call has no verdict, no number, and exits with 2")
    func silentCall() throws {
        let scratch = try Scratch()
        let run = try Program.run(["analyze", "--format", "json", scratch.write(wav([silence(seconds: 4)]), "quiet.wav")])
        #expect(run.code == 2 && run.records.count == 1)
        #expect(run.records[0]["outcome"] as? String == "inconclusive" && run.records[0]["reason"] as? String == "noSpeech")
        #expect(run.records[0]["llr"] is NSNull && run.records[0]["durationSeconds"] as? Double == 4)
    }

    @Test("Each channel is a leg of its own, identical ones are one, and --leg chooses and names")
    func legs() throws {
        let scratch = try Scratch()
        let (a, b) = (voice(seconds: 4), voice(seconds: 4, pitch: 210))
        let two = try scratch.write(wav([a, b]), "two.wav")
        let same = try scratch.write(wav([a, a]), "same.wav")
        func legs(_ arguments: [String]) throws -> [String] {
            try Program.run(["analyze", "--format", "json"] + arguments).records.compactMap { $0["leg"] as? String }
        }
        #expect(try legs([two]) == ["left", "right"])
        #expect(try legs([same]) == ["mono"])
        #expect(try legs(["--leg", "far=right", two]) == ["far"])
        let missing = try Program.run(["analyze", "--leg", "3", two])
        #expect(missing.code == 3 && missing.output.contains("no channel 3"))
    }

    @Test("An unreadable recording in a batch is reported and the batch goes on, with 3 at the end")
    func batchGoesOn() throws {
        let scratch = try Scratch()
        try scratch.write(wav([voice(seconds: 4)]), "a.wav")
        try scratch.write(Data("this is a letter, not a recording".utf8), "b.wav")
        try scratch.write(wav([silence(seconds: 1)]), "c.wav")
        let run = try Program.run(["analyze", "--format", "ndjson", scratch.url.path])
        let lines = run.output.split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        #expect(lines.count == 3)
        #expect(lines.filter { $0["error"] != nil }.count == 1)
        let flagged = lines.contains { $0["outcome"] as? String == "synthetic" }
        #expect(run.code == (flagged ? 1 : 3))
    }

    @Test("Names with spaces, newlines and emoji are read, and printed on one line")
    func oddNames() throws {
        let scratch = try Scratch()
        for name in ["a call.wav", "two\nlines.wav", "📞.wav", "-dash.wav"] {
            let path = try scratch.write(wav([silence(seconds: 1)]), name)
            let run = try Program.run(["analyze", "--format", "json", path])
            #expect(run.code == 2 && run.records.first?["path"] as? String == path)
            let text = try Program.run(["analyze", path])
            #expect(!text.output.contains("two\nlines"))
        }
    }

    @Test("Standard input is read, headerless too")
    func standardInput() throws {
        let data = wav([voice(seconds: 3.5)])
        let run = try Program.run(["analyze", "--format", "json", "-"], input: data)
        #expect(run.records.first?["path"] as? String == "-" && run.records.first?["durationSeconds"] as? Double == 3.5)
        let raw = try Program.run(["analyze", "--format", "json", "--raw", "s16le:8000:1", "-"], input: data.dropFirst(44))
        #expect(raw.records.first?["netSpeechSeconds"] as? Double == run.records.first?["netSpeechSeconds"] as? Double)
        #expect(raw.records.first?["llr"] as? Double == run.records.first?["llr"] as? Double)
        let empty = try Program.run(["analyze", "-"], input: Data())
        #expect(empty.code == 3 && empty.output.contains("standard input is empty"))
        let scratch = try Scratch()
        let both = try Program.run(["analyze", "--format", "json", scratch.write(data, "a.wav"), "-"], input: Data())
        #expect(both.records.count == 2 && both.records.contains { $0["outcome"] != nil } && both.records.contains { $0["error"] != nil })
    }

    @Test("The same recording gives the same bytes, alone, in a batch and with any number of jobs")
    func sameBytes() throws {
        let scratch = try Scratch()
        let paths = try (0..<5).map { try scratch.write(wav([voice(seconds: 3 + Double($0), pitch: 100 + 20 * Double($0))]), "\($0).wav") }
        // All but the time at which it was done.
        func screened(_ arguments: [String]) throws -> String {
            try Program.run(["analyze"] + arguments).output.replacing(/"screenedAt" ?: ?"[^"]*"/, with: "")
        }
        let one = try screened(["--format", "json", "--scores", "--jobs", "1"] + paths)
        #expect(one == (try screened(["--format", "json", "--scores", "--jobs", "4"] + paths)))
        #expect(one.contains("\"track\""))
        let alone = try screened(["--format", "ndjson", paths[2]])
        #expect(try screened(["--format", "ndjson", "--jobs", "1"] + paths).contains(alone))
    }

    @Test("Labels and report are written; a folder that is not there is said before the work begins")
    func files() throws {
        let scratch = try Scratch()
        let call = try scratch.write(wav([voice(seconds: 5)]), "call.wav")
        let run = try Program.run(["analyze", "--labels", scratch.path("l.txt"), "--report", scratch.path("r.html"), call])
        #expect([0, 1, 2].contains(run.code))
        #expect(try String(contentsOfFile: scratch.path("r.html"), encoding: .utf8).contains("<svg"))
        #expect(FileManager.default.fileExists(atPath: scratch.path("l.txt")))
        let missing = try Program.run(["analyze", "--report", scratch.path("no/where.html"), call])
        #expect(missing.code == 64 && missing.output.isEmpty && missing.complaint.contains("there is no folder"))
    }

    @Test("A full disk behind standard output is an error, not a success")
    func fullDisk() throws {
        let scratch = try Scratch()
        let call = try scratch.write(wav([silence(seconds: 1)]), "call.wav")
        let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
        let run = try Program.run(["analyze", call], output: full)
        #expect(run.code == 70 && run.complaint.contains("No space left"))
    }

    @Test("A folder without permission is said in one line")
    func permission() throws {
        guard getuid() == 0, FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv") else {
            print("SKIPPED: the test of permissions needs root and setpriv")
            return
        }
        let scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch.path("closed"), withIntermediateDirectories: false)
        try scratch.write(wav([silence(seconds: 1)]), "closed/a.wav")
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: scratch.path("closed"))
        let run = try Program.run(["analyze", "--format", "json", scratch.path("closed")], asNobody: true)
        if run.code == 126 || run.code == 127 {
            print("SKIPPED: the user nobody cannot reach the program where it is built")
            return
        }
        #expect(run.code == 3 && (run.records.first?["error"] as? String)?.lowercased().contains("permission") == true)
    }
}
