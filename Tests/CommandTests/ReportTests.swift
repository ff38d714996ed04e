import Foundation
import TestSupport
import Testing

/// What results say of themselves: which recording, when, by what, and how often that is wrong.
@Suite("falsetto analyze, its records and reports") struct RecordAndReportTests {
    private func record(_ arguments: [String], input: Data? = nil) throws -> [String: Any] {
        try #require(try Program.run(["analyze", "--format", "json"] + arguments, input: input).records.first)
    }

    @Test("A record names the recording by its bytes, its codec and the time, from a file and from standard input")
    func facts() throws {
        let scratch = try Scratch()
        let data = wav([voice(seconds: 5)])
        let file = try scratch.write(data, "a.wav")
        try scratch.write(data + Data([0]), "b.wav")
        let own = try record([file])
        let recording = try #require(own["recording"] as? [String: Any])
        // `sha256sum` is what a user would hold it against.
        let tool = Process()
        tool.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
        tool.arguments = [file]
        let pipe = Pipe()
        tool.standardOutput = pipe
        try tool.run()
        let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(recording["sha256"] as? String == String(said.prefix(64)))
        #expect(
            (recording["codec"] as? String)?.hasPrefix("WAV") == true && recording["sampleRate"] as? Int == 8000 && recording["channels"] as? Int == 1
        )
        let piped = try record(["-"], input: data)["recording"] as? [String: Any]
        #expect(piped?["sha256"] as? String == recording["sha256"] as? String)
        #expect((try record([scratch.path("b.wav")])["recording"] as? [String: Any])?["sha256"] as? String != recording["sha256"] as? String)
        let stamp = try #require(own["screenedAt"] as? String)
        let time = try #require(try? Date(stamp, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        #expect(abs(time.timeIntervalSinceNow) < 600)
        let csv = try Program.run(["analyze", "--format", "csv", file]).output.split(separator: "\n")
        #expect(csv[0].contains(",missedShare,falseAlarmsPerHourBound,sha256,codec,screenedAt,") && csv[1].contains(said.prefix(64)))
    }

    @Test("Every text that states wrong alarms states the machines that are missed, and the page does in the same size")
    func errors() throws {
        let scratch = try Scratch()
        let file = try scratch.write(wav([voice(seconds: 5)]), "a.wav")
        let text = try Program.run(["analyze", "--report", scratch.path("a.html"), file])
        #expect(text.output.contains("Wrong alarms"))
        for line in text.output.split(separator: "\n") where line.contains("Wrong alarms: at most") { #expect(line.contains("misses")) }
        #expect(!text.output.contains("Threshold:") && !text.output.contains("Setting ") && text.output.contains("Operating point "))
        let page = try String(contentsOfFile: scratch.path("a.html"), encoding: .utf8)
        #expect(page.contains("<p class=\"errors\">Wrong alarms"))
        #expect(page.contains("<dt>SHA-256</dt>") && page.contains("<dt>screened</dt>") && page.contains("<dt>policy</dt>"))
        let policy = try Program.run(["policy", "show"]).output.replacing(/\s+/, with: " ")
        #expect(policy.contains("false alarms per hour of people talking (95 %); misses"))
        let many = try Program.run(
            ["analyze"]
                + Array(repeating: file, count: 7).enumerated().map { index, _ in
                    try scratch.write(wav([voice(seconds: 4, pitch: 100 + 10 * Double(index))]), "m\(index).wav")
                })
        #expect(many.output.contains("Wrong alarms"), "\(many.output)")
    }

    @Test("The page holds the sound where --embed-audio asks for it, as one channel that a browser plays")
    func embeds() throws {
        let scratch = try Scratch()
        let file = try scratch.write(wav([voice(seconds: 4), voice(seconds: 4, pitch: 220)], rate: 8000), "two.wav")
        let plain = try Program.run(["analyze", "--report", scratch.path("plain.html"), file])
        #expect(plain.code != 64)
        #expect(try !String(contentsOfFile: scratch.path("plain.html"), encoding: .utf8).contains("<audio"))
        let run = try Program.run(["analyze", "--report", scratch.path("sound.html"), "--embed-audio", file])
        #expect(run.code != 64, "\(run.complaint)")
        let page = try String(contentsOfFile: scratch.path("sound.html"), encoding: .utf8)
        let sounds = page.matches(of: /src="data:audio\/wav;base64,([A-Za-z0-9+\/=]+)"/).compactMap { Data(base64Encoded: String($0.1)) }
        #expect(sounds.count == 2 && sounds[0] != sounds[1])
        // 44 bytes of header, 4 s of 16-bit samples at 8 kHz.
        #expect(sounds.allSatisfy { $0.count == 44 + 4 * 8000 * 2 && $0.prefix(4) == Data("RIFF".utf8) })
        let alone = try Program.run(["analyze", "--embed-audio", file])
        #expect(alone.code == 64 && alone.complaint.contains("--embed-audio goes with --report"))
    }

    @Test("A locale without Unicode gets ASCII, and no terminal gets colour that does not want it")
    func plain() throws {
        let scratch = try Scratch()
        let file = try scratch.write(wav([voice(seconds: 5)]), "a.wav")
        let c = try Program.run(["analyze", file], environment: ["LC_ALL": "C"])
        #expect(c.output.utf8.allSatisfy { $0 < 128 } && c.output.contains("human -6|"), "\(c.output)")
        let unicode = try Program.run(["analyze", file], environment: ["LC_ALL": "C.UTF-8"])
        #expect(unicode.output.contains("human −6┤"))
        // JSON is UTF-8 whatever the terminal is.
        let named = try scratch.write(wav([voice(seconds: 4)]), "ü.wav")
        let json = try Program.run(["analyze", "--format", "json", named], environment: ["LC_ALL": "C"])
        #expect((json.records.first?["path"] as? String)?.hasSuffix("ü.wav") == true)
    }
}
