import Foundation
import Testing

@Suite("falsetto evaluate") struct EvaluateTests {
    /// Forty trials of two sources; synthetic scores lie 2 higher, with overlap.
    private let trials =
        "path,label,source\n"
        + (0..<40).map { "t\($0).wav,\($0 % 2 == 0 ? "bonafide" : "spoof"),s\($0 / 2 % 5)\n" }.joined()
    private func scores(_ sign: Double = 1) -> String {
        "path,score\n" + (0..<40).map { "t\($0).wav,\(sign * (Double($0 * 7 % 11) / 2 + ($0 % 2 == 0 ? 0 : 2)))\n" }.joined()
    }

    private func eer(_ run: Program.Run) -> Double? {
        guard let range = run.output.firstMatch(of: /"eer": ?([0-9.]+)/) else { return nil }
        return Double(range.1)
    }

    @Test("Scores of any system are measured, in either polarity, and give the same EER")
    func fromScores() throws {
        let scratch = try Scratch()
        let manifest = try scratch.write(Data(trials.utf8), "trials.csv")
        let up = try scratch.write(Data(scores().utf8), "up.csv")
        let down = try scratch.write(Data(scores(-1).utf8), "down.csv")
        let first = try Program.run(["evaluate", "--manifest", manifest, "--from-scores", up, "--format", "json"])
        let second = try Program.run(["evaluate", "--manifest", manifest, "--from-scores", down, "--higher-is-human", "--format", "json"])
        #expect(first.code == 0 && second.code == 0)
        let value = try #require(eer(first))
        #expect(value > 0.1 && value < 0.5 && eer(second) == value)
        let wrong = try Program.run(["evaluate", "--manifest", manifest, "--from-scores", down, "--higher-is-synthetic", "--format", "json"])
        #expect(try #require(eer(wrong)) > 0.5)
        let text = try Program.run(["evaluate", "--manifest", manifest, "--from-scores", up])
        #expect(text.output.contains("EER") && text.output.contains("positive is synthetic"))
    }

    @Test("Which way scores grow is guessed from the labels and said; lines as published detectors write them will do")
    func polarity() throws {
        let scratch = try Scratch()
        let manifest = try scratch.write(Data(trials.utf8), "trials.csv")
        let lines = (0..<40).map { "t\($0) \($0 % 2 == 0 ? "- bonafide" : "A07 spoof") \(-(Double($0 * 7 % 11) / 2 + ($0 % 2 == 0 ? 0 : 2)))\n" }
        let file = try scratch.write(Data(lines.joined().utf8), "peer.txt")
        let told = try Program.run(["evaluate", "--manifest", manifest, "--from-scores", file, "--higher-is-human", "--format", "json"])
        let guessed = try Program.run(["evaluate", "--manifest", manifest, "--from-scores", file, "--format", "json"])
        #expect(guessed.code == 0 && eer(guessed) == eer(told))
        #expect(guessed.output.contains("\"ground\": \"guessed\"") && told.output.contains("\"ground\": \"told\""))
        let text = try Program.run(["evaluate", "--manifest", manifest, "--from-scores", file])
        #expect(text.output.contains("polarity: higher is bona fide, turned, guessed from the labels: EER "))
        // The keys of the file are labels enough.
        let alone = try Program.run(["evaluate", "--from-scores", file, "--format", "json"])
        #expect(alone.code == 0 && eer(alone) == eer(told) && alone.output.contains("\"value\": \"A07\""))
        #expect(try Program.run(["evaluate", "--from-scores", file, "--higher-is-human", "--higher-is-synthetic"]).code == 64)
        #expect(try Program.run(["evaluate", "--manifest", manifest, "--higher-is-synthetic"]).code == 64)
    }

    @Test("One trial of each class has an EER and no interval, and that is said")
    func oneEach() throws {
        let scratch = try Scratch()
        let manifest = try scratch.write(Data("path,label\na,spoof\nb,bonafide\n".utf8), "one.csv")
        let scores = try scratch.write(Data("path,score\na,2\nb,-2\n".utf8), "scores.csv")
        let run = try Program.run(["evaluate", "--manifest", manifest, "--from-scores", scores, "--higher-is-synthetic"])
        #expect(run.code == 0, "\(run.complaint)")
        #expect(run.output.contains("no intervals: too few trials, 1 human and 1 synthetic; 5 of each are the least"))
        #expect(run.output.contains("too few trials") && !run.output.contains("[0.0, 0.0]"))
        let json = try Program.run(["evaluate", "--manifest", manifest, "--from-scores", scores, "--higher-is-synthetic", "--format", "json"])
        #expect(json.output.contains("\"eerInterval\": null"))
    }

    @Test("Two systems are compared on the same trials")
    func compare() throws {
        let scratch = try Scratch()
        let manifest = try scratch.write(Data(trials.utf8), "trials.csv")
        let good = try scratch.write(Data(scores().utf8), "good.csv")
        let bad = try scratch.write(Data(scores(-1).utf8), "bad.csv")
        let run = try Program.run(["evaluate", "--manifest", manifest, "--compare", "kept:" + good, "kept:" + bad])
        #expect(run.code == 0 && run.output.contains("good.csv") && run.output.contains("bad.csv"))
        let turned = try Program.run(["evaluate", "--manifest", manifest, "--format", "json", "--compare", good, "turned:" + bad])
        // The bad scores are the good ones turned: turned back, nothing is left between them.
        #expect(turned.code == 0 && turned.output.contains("\"difference\": 0.0"))
        #expect(
            !(try Program.run(["evaluate", "--manifest", manifest, "--format", "json", "--compare", good, "kept:" + bad])).output
                .contains("\"difference\": 0.0"))
        // Without a word the same is guessed, and said.
        let guessed = try Program.run(["evaluate", "--manifest", manifest, "--compare", good, bad])
        #expect(guessed.output.contains("bad.csv: polarity: higher is bona fide, turned, guessed"))
        #expect(try Program.run(["evaluate", "--manifest", manifest, "--compare", good]).code == 64)
    }

    @Test("Recordings are scored, written out and remembered; the second run reads no audio and gives the same figures")
    func scoresAndRemembers() throws {
        let scratch = try Scratch()
        try scratch.write(wav([voice(seconds: 4)]), "a.wav")
        try scratch.write(wav([voice(seconds: 4, pitch: 220)]), "b.wav")
        try scratch.write(wav([silence(seconds: 4)]), "c.wav")
        let manifest = try scratch.write(Data("path,label,source\na.wav,human,x\nb.wav,synthetic,y\nc.wav,synthetic,z\n".utf8), "m.csv")
        let environment = ["XDG_CACHE_HOME": scratch.path("cache")]
        let arguments = ["evaluate", "--manifest", manifest, "--format", "json", "--scores", scratch.path("s.csv")]
        let first = try Program.run(arguments, environment: environment)
        #expect(first.code == 0 && FileManager.default.fileExists(atPath: scratch.path("cache/falsetto/scores")))
        let written = try String(contentsOfFile: scratch.path("s.csv"), encoding: .utf8)
        // Silence has no score: it stands there, empty.
        #expect(written.contains("c.wav,,inconclusive"))
        #expect(try Program.run(arguments, environment: environment).output == first.output)
        #expect(try Program.run(arguments + ["--no-cache"], environment: environment).output == first.output)
        // What is remembered is what is reported: with another number in the cache, that number comes out.
        let folder = scratch.url.appending(path: "cache/falsetto/scores")
        let file = try #require(FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).first)
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line -> String in
            var fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            if !fields[1].isEmpty { fields[1] = "42.5" }
            return fields.joined(separator: ",")
        }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
        #expect(try Program.run(arguments, environment: environment).code == 0)
        #expect(try String(contentsOfFile: scratch.path("s.csv"), encoding: .utf8).contains("42.5"))
    }

    @Test("A faulty manifest is refused with line numbers")
    func faultyManifest() throws {
        let scratch = try Scratch()
        let faults = [
            ("path,label\na.wav,bonafide\n", "nowhere"), ("file,label\na,b\n", "path"), ("path,label\na.wav,robot\n", "line 2"), ("", "empty"),
        ]
        for (text, words) in faults {
            let run = try Program.run(["evaluate", "--manifest", scratch.write(Data(text.utf8), "nowhere.csv")])
            #expect(run.code == 64 && run.output.isEmpty && run.complaint.contains(words))
        }
        #expect(try Program.run(["evaluate", "--manifest", scratch.path("none.csv")]).complaint.contains("cannot be read"))
        #expect(try Program.run(["evaluate"]).code == 64)
    }
}

@Suite("falsetto demo") struct DemoCommandTests {
    @Test("It screens both calls, or says what to install; it never stays silent about what it does not prove")
    func demo() throws {
        let scratch = try Scratch()
        let run = try Program.run(["demo", "--keep", scratch.path("calls")])
        if run.code == 69 {
            #expect(run.complaint.contains("apt-get install"))
            print("SKIPPED: the demo's packages are not installed")
            return
        }
        #expect(run.code == 0 && run.output.contains("machine-call.wav") && run.output.contains("human-call.wav"))
        let plain = run.output.replacing("\n", with: " ")
        #expect(plain.contains("Two recordings prove nothing about error rates") && plain.contains("CC BY-SA"))
        #expect(FileManager.default.fileExists(atPath: scratch.path("calls/machine-call.wav")))
    }
}
