import Alerting
import Foundation
import Policies
import TestSupport
import Testing

@Suite("falsetto tune") struct TuneTests {
    /// A model file whose evidence is the same in every hop, and every hop is speech. So recordings of people can be scored with
    /// one and those of machines with another, whatever they sound like.
    private func model(_ evidence: Float) throws -> Data { try constructedModelFile(evidence: evidence, wideOffset: 0) }

    /// Different noise of some seconds for each number.
    private func recording(_ number: Int, seconds: Double = 20) -> Data {
        var state = UInt64(number &+ 1) &* 0x9E37_79B9_7F4A_7C15
        return wav([
            (0..<Int(seconds * 8000)).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return 0.1 * Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
            }
        ])
    }

    /// Thirty people of six sources, ten machines, in a folder with models of their own.
    private func calls(_ scratch: Scratch) throws {
        try scratch.write(model(-2), "people.safetensors")
        try scratch.write(model(2), "machines.safetensors")
        try scratch.write(model(0), "policy.safetensors")
        var manifest = "path,label,speaker,source,model\n"
        for number in 0..<40 {
            try scratch.write(recording(number), "\(number).wav")
            manifest +=
                number < 30
                ? "\(number).wav,human,p\(number),s\(number % 6),people.safetensors\n"
                : "\(number).wav,synthetic,m\(number),s\(number % 6),machines.safetensors\n"
        }
        try scratch.write(Data(manifest.utf8), "calls.csv")
    }

    /// The same calls, of which nobody said whose voice or from where; `loud` of the people sound like machines.
    private func namelessCalls(_ scratch: Scratch, loud: Int = 0) throws {
        try calls(scratch)
        try scratch.write(model(3), "loud.safetensors")
        var manifest = "path,label,model\n"
        for number in 0..<40 {
            manifest +=
                number < 30
                ? "\(number).wav,human,\(number < loud ? "loud" : "people").safetensors\n" : "\(number).wav,synthetic,machines.safetensors\n"
        }
        try scratch.write(Data(manifest.utf8), "nameless.csv")
    }

    @Test("Calls without names are counted as calls, nothing is called independent, and bounds stand in front")
    func nameless() throws {
        let scratch = try Scratch()
        try namelessCalls(scratch)
        let arguments = ["--manifest", "nameless.csv", "--model", "policy.safetensors", "--false-alarms-per-hour", "30"]
        let run = try tune(arguments + ["--out", "policy.json", "--report", "tune.html"], scratch)
        #expect(run.code == 0, "\(run.output)\(run.complaint)")
        let words = run.output.replacing(/\s+/, with: " ")
        #expect(words.contains("no column names sources or speakers, so nothing shows that the parts are independent"))
        #expect(words.contains("0 in 0.14 h of 30 calls without a speaker's name, sources not named"))
        #expect(!words.contains("speakers of") && !words.contains("held-out source"))
        #expect(words.contains("10 of 10 (100.0 %, 95 %: 69.2 to 100.0) alerted, missed 0.0 %"))
        #expect(!words.contains("100.0 % as counted") && words.contains("(no false alarm was counted)"))
        #expect(words.contains("Warning: These are few recordings: alarms were counted on 30 calls of people, misses on 10 machine voices."))
        let shown = try Program.run(["policy", "show", "policy.json"], in: scratch.url).output.replacing(/\s+/, with: " ")
        #expect(shown.contains("30 calls of people without a name (each counted as a speaker of its own)"))
        #expect(shown.contains("the same calls, each measured with thresholds chosen on other calls") && !shown.contains("in common"))
        #expect(shown.contains("no speaker named, no source named"))
        let page = try String(contentsOf: scratch.url.appending(path: "tune.html"), encoding: .utf8)
        #expect(!page.contains("<b>100.0 %</b>") && page.contains("<b>at least") && page.contains("class=\"warning\""))
        #expect(page.contains("default-src 'none'"))
        let asked = try tune(arguments + ["--by", "source"], scratch)
        #expect(asked.code == 64 && asked.complaint.contains("--by source: no recording of a person names its source"), "\(asked.complaint)")
    }

    @Test("An operating point that alerts on half of the people is warned of")
    func warns() throws {
        let scratch = try Scratch()
        try namelessCalls(scratch, loud: 15)
        let arguments = [
            "--manifest", "nameless.csv", "--model", "policy.safetensors", "--no-recalibrate", "--prior", "0.5", "--cost-miss", "1000",
            "--cost-false-alarm", "1",
        ]
        let run = try tune(arguments, scratch)
        #expect(run.code == 0, "\(run.output)\(run.complaint)")
        let words = run.output.replacing(/\s+/, with: " ")
        #expect(
            words.contains("Warning: This operating point alerts on people: 15 of 30 (50.0 %, 95 %: 31.3 to 68.7) of their calls had a false alarm."),
            "\(words)")
        let record = try #require(try tune(arguments + ["--format", "json"], scratch).json as? [String: Any])
        #expect((record["warnings"] as? [String])?.first?.hasPrefix("This operating point alerts on people") == true)
    }

    private func tune(_ arguments: [String], _ scratch: Scratch) throws -> Program.Run {
        try Program.run(["tune"] + arguments, in: scratch.url, environment: ["XDG_CACHE_HOME": scratch.path("cache")])
    }

    @Test("Recordings that support the target give a policy, a page and a record; the second run scores nothing again")
    func sets() throws {
        let scratch = try Scratch()
        try calls(scratch)
        let arguments = ["--manifest", "calls.csv", "--model", "policy.safetensors", "--false-alarms-per-hour", "30"]
        let first = try tune(arguments + ["--out", "policy.json", "--report", "tune.html", "--description", "noise of people"], scratch)
        #expect(first.code == 0, "\(first.output)\(first.complaint)")
        #expect(first.output.contains("The operating point is set."))
        #expect(first.output.contains("Cllr in bits, out of part: as it is 0.183"), "\(first.output)")
        #expect(first.output.contains("0 in 0.14 h of 30 speakers of 6 sources"))
        let policy = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: scratch.url.appending(path: "policy.json"))) as? [String: Any])
        #expect(policy["format"] as? String == "falsetto.policy/1")
        let page = try String(contentsOf: scratch.url.appending(path: "tune.html"), encoding: .utf8)
        #expect(page.contains("Receiver operating characteristic") && page.contains("Promise against count"))
        #expect(!page.contains("http:") && !page.contains("https:") && !page.contains(scratch.url.path))

        // The recordings change, their tracks are remembered by what they were: only the ones that changed are scored.
        let again = try tune(arguments + ["--format", "json"], scratch)
        let record = try #require(again.json as? [String: Any])
        #expect(record["finding"] as? String == "set")
        let promise = try #require(record["promise"] as? [String: Any])
        // 30 recordings of 20 s: 100 hops each, of which 86 lie at or beyond 3 s: 0.1433 h. No alarm bounds 2.9957 / 0.1433.
        #expect(abs((promise["poissonPerHour"] as? Double ?? 0) - 2.9957322735539895 / (30 * 86 * 0.2 / 3600)) < 1e-6)
        let times = try #require((record["timeToAlert"] as? [String: Any])?["wholeCall"] as? [String: Any])
        #expect(times["alerted"] as? Int == 10 && times["netSpeechMedian"] as? Double == 3)
        let analysis = try Program.run(["analyze", "--model", "policy.safetensors", "--policy", "policy.json", "30.wav"], in: scratch.url)
        #expect(analysis.code != 64 && analysis.code != 78, "\(analysis.complaint)")
    }

    @Test("How people scored, each by a model that did not hear them, stands in the policy, is joined and shown; made-up numbers are refused")
    func peopleScores() throws {
        let scratch = try Scratch()
        for (name, evidence) in [("people", -2), ("twin", -1), ("machines", 2), ("policy", 0)] as [(String, Float)] {
            try scratch.write(model(evidence), "\(name).safetensors")
        }
        var manifest = "path,label,speaker,source,model\n"
        for number in 0..<110 {
            try scratch.write(recording(number, seconds: 4), "\(number).wav")
            let isMachine = 30..<40 ~= number
            manifest += "\(number).wav,\(isMachine ? "synthetic" : "human"),p\(number),s\(number % 6),"
            manifest += isMachine ? "machines.safetensors\n" : number % 4 == 0 ? "twin.safetensors\n" : "people.safetensors\n"
        }
        try scratch.write(Data(manifest.utf8), "hundred.csv")
        for name in ["default", "gentle"] {
            let run = try tune(
                [
                    "--manifest", "hundred.csv", "--model", "policy.safetensors", "--no-recalibrate", "--name", name, "--out", "\(name).json",
                    "--false-alarms-per-hour", name == "default" ? "120" : "110",
                ], scratch)
            #expect(run.code == 0, "\(run.output)\(run.complaint)")
        }
        let join = ["policy", "join", "--out", "joined.json", "default.json", "gentle.json"]
        #expect(try Program.run(join, in: scratch.url).code == 0)
        let shown = try Program.run(["policy", "show", "--format", "json", "joined.json"], in: scratch.url)
        let policy = try Policy(json: Data(shown.output.utf8), path: "joined.json")
        // 26 of the hundred people have a number that four divides, and are not one of the machines'.
        #expect(policy.operatingPoints.map(\.name) == ["default", "gentle"])
        #expect(
            policy.peopleScores
                == PeopleScores(netSpeechSeconds: 3, bands: [.init(bandwidth: .narrowband, edges: [-2], calls: [74, 26])]))
        let words = try Program.run(["policy", "show", "joined.json"], in: scratch.url).output.replacing(/\s+/, with: " ")
        #expect(words.contains("scores of people's first 3 s of speech, telephone band: 74 % up to LLR -2.00 (100 calls)"), "\(words)")

        let text = try String(contentsOf: scratch.url.appending(path: "joined.json"), encoding: .utf8)
        for (from, to, words) in [
            ("-2\n", "-2, -3\n", "edges do not ascend"), ("74,", "74, 1,", "1 edges and 3 counts"), ("74,", "0,", "a count is not within 1..."),
            ("-2\n", "1e999\n", "is no JSON"),
        ] {
            #expect(text.contains(from))
            try scratch.write(Data(text.replacing(from, with: to).utf8), "wrong.json")
            let check = try Program.run(["policy", "check", "--model", "policy.safetensors", "wrong.json"], in: scratch.url)
            #expect(check.code == 78 && check.output.contains(words) && check.output.split(separator: "\n").count == 1, "\(check.output)")
        }
    }

    @Test("Too few recordings set nothing, say how many hours are missing, and exit with 2")
    func refuses() throws {
        let scratch = try Scratch()
        try calls(scratch)
        let run = try tune(
            ["--manifest", "calls.csv", "--model", "policy.safetensors", "--false-alarms-per-hour", "0.02", "--out", "policy.json"], scratch)
        #expect(run.code == 2)
        let words = run.output.replacing(/\s+/, with: " ")
        #expect(words.contains("takes 150 h of people talking without one false alarm; there are 0.14 h. 150 h more of people would do"), "\(words)")
        #expect(!FileManager.default.fileExists(atPath: scratch.path("policy.json")))
        let daily = try tune(
            [
                "--manifest", "calls.csv", "--model", "policy.safetensors", "--alerts-per-day", "2", "--calls-per-day", "400", "--mean-call", "4m",
                "--format", "json",
            ],
            scratch)
        #expect(daily.code == 2)
        #expect((daily.json as? [String: Any])?["finding"] as? String == "tooFewHours")
        #expect(abs(((daily.json as? [String: Any])?["targetPerHour"] as? Double ?? 0) - 0.075) < 1e-9)
    }

    @Test("Bad input gets a line that names it, and 64")
    func badInput() throws {
        let scratch = try Scratch()
        try scratch.write(recording(1, seconds: 5), "a.wav")
        try scratch.write(recording(1, seconds: 5), "b.wav")
        try scratch.write(recording(2, seconds: 5), "c.wav")
        try scratch.write(wav([silence(seconds: 5), voice(seconds: 5)]), "two.wav")
        func said(_ manifest: String, _ more: [String] = []) throws -> Program.Run {
            try scratch.write(Data(manifest.utf8), "m.csv")
            return try tune(["--manifest", "m.csv"] + more, scratch)
        }
        for (manifest, line) in [
            ("path,label\na.wav,human\n", "m.csv: 1 human and 0 synthetic legs; a threshold is chosen between the two, so both are needed"),
            (
                "path,label\na.wav,robot\n",
                "m.csv: line 2: unknown label \"robot\"; use bonafide (or human), spoof (or synthetic), enhanced, nonspeech"
            ),
            ("path,label\na.wav,human\nnone.wav,spoof\n", "m.csv: line 3: no file \(scratch.url.path)/none.wav"),
            ("path,label\na.wav,human\na.wav,spoof\n", "m.csv: line 3: a.wav stands on line 2 already; a recording counts once"),
            ("path,label\na.wav,human\nb.wav,spoof\n", "m.csv: b.wav is the same recording as a.wav; a recording counts once"),
            (
                "path,label,startSeconds,endSeconds\na.wav,human,0,3\na.wav,spoof,2,5\n",
                "m.csv: line 3: the stretch overlaps that of line 2 (a.wav); every moment has one label"
            ),
            ("path,label\na.wav,human\ntwo.wav,spoof\n", "m.csv: two.wav has 2 channels; say in the column leg which of them is synthetic"),
        ] {
            let run = try said(manifest)
            #expect(run.code == 64, "\(line): \(run.complaint)")
            #expect(run.complaint.hasPrefix("falsetto: \(line)\n"), "\(run.complaint)")
        }
        try scratch.write(model(0.5), "same.safetensors")
        let equal = try said("path,label\na.wav,human\nc.wav,spoof\n", ["--model", "same.safetensors"])
        #expect(equal.code == 64)
        #expect(equal.complaint.contains("the strongest window of all 2 legs has the same LLR, 0.5"), "\(equal.complaint)")
    }

    @Test("Targets that contradict each other, and a folder that holds no corpus, are usage errors")
    func usage() throws {
        let scratch = try Scratch()
        for arguments in [
            ["--manifest", "m.csv", "--alerts-per-day", "2"], ["--manifest", "m.csv", "--false-alarms-per-hour", "0"],
            ["--manifest", "m.csv", "--cost-miss", "10"], ["--manifest", "m.csv", "--human", "a", "--synthetic", "b"], ["--human", "a"], [],
            ["--manifest", "m.csv", "--false-alarms-per-hour", "1", "--prior", "0.1", "--cost-miss", "10"],
        ] {
            #expect(try tune(arguments, scratch).code == 64, "\(arguments)")
        }
        for command in ["tune", "evaluate"] {
            let run = try Program.run([command, "--corpus", "."], in: scratch.url)
            #expect(run.code == 64)
            #expect(
                run.complaint.contains("no corpus that is known here; looked for ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.eval.trl.txt"),
                "\(run.complaint)")
        }
    }

    @Test("Judged calls of the store are taken with their tracks, unless the judge had seen the score or the model was another")
    func reviews() throws {
        let calls = try StoredCalls(count: 4)
        for (id, words) in zip(calls.ids, [["human", "--blind"], ["synthetic", "--blind"], ["human"], ["unsure", "--blind"]]) {
            #expect(try calls.run(["calls", "judge", id, "--as", words[0], "--by", "mk"] + words.dropFirst()).code == 0)
        }
        let other = try calls.run(["tune", "--include-reviews"])
        #expect(other.code == 64)
        #expect(
            other.complaint.contains("0 judged calls of the store; left out: 1 judged by somebody who had seen the score, 3 of another model"),
            "\(other.complaint)")
        #expect(other.complaint.contains("0 human and 0 synthetic legs"))
        let scratch = try Scratch()
        try scratch.write(wav([voice(seconds: 4)]), "a.wav")
        let identity = try #require(
            Program.run(["analyze", "--model", formerModelURL.path, "--format", "json", scratch.path("a.wav")]).records.first?["modelIdentity"]
                as? String)
        try calls.change("UPDATE call SET modelIdentity = '\(identity)'")
        // The writer's hops are 200 ms long: with a model of other hops they are not this model's, and with one of such hops they are.
        let otherHops = try calls.run(["tune", "--include-reviews"])
        #expect(otherHops.code == 64 && otherHops.complaint.contains("3 of another model"), "\(otherHops.complaint)")
        let own = try calls.run(["tune", "--include-reviews", "--model", formerModelURL.path, "--format", "json"])
        // The writer's calls are one and the same, hop for hop: they count once, with what was said of it last.
        let left = "1 judged by somebody who had seen the score, 1 unsure, disputed or held back, 2 copies of another"
        #expect(own.complaint.contains("0 judged calls of the store; left out: \(left)"), "\(own.complaint)")
        #expect(own.code == 64 && own.complaint.contains("0 human and 0 synthetic legs"), "\(own.complaint)")
        _ = try calls.run(["calls", "judge", calls.ids[0], "--as", "human", "--by", "mk", "--blind"])
        let once = try calls.run(["tune", "--include-reviews", "--model", formerModelURL.path])
        #expect(
            once.complaint.contains("1 judged calls of the store") && once.complaint.contains("1 human and 0 synthetic legs"), "\(once.complaint)")
    }

    @Test("Both commands read In-the-Wild as it is unpacked")
    func corpora() throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(at: scratch.url.appending(path: "release_in_the_wild"), withIntermediateDirectories: true)
        try scratch.write(
            Data("file,speaker,label\n0.wav,Ann,spoof\n1.wav,Bob,bona-fide\n2.wav,Ann,bona-fide\n".utf8), "release_in_the_wild/meta.csv")
        for number in 0..<3 { try scratch.write(wav([voice(seconds: 6, pitch: 110 + 20 * Double(number))]), "release_in_the_wild/\(number).wav") }
        let evaluation = try Program.run(["evaluate", "--corpus", scratch.url.path, "--no-cache", "--format", "json"])
        #expect(evaluation.code == 0, "\(evaluation.complaint)")
        #expect((evaluation.json as? [String: Any])?["trials"] as? String == "In-the-Wild")
        let run = try tune(["--corpus", ".", "--format", "json"], scratch)
        #expect(run.code == 0, "\(run.complaint)")
        #expect(((run.json as? [String: Any])?["recordings"] as? [String: Any])?["human"] as? Int == 2)
    }
}
