import Alerting
import Foundation
import Policies
import Testing

@Suite("falsetto policy, and --policy") struct PolicyCommandTests {
    /// The shipped policy's file, whose model may be another than the shipped one while both are being made.
    private let shipped = Program.url.deletingLastPathComponent().appending(path: "falsetto_Policies.resources/default-policy.json")

    /// A policy for the shipped model, measured on calls that do not exist.
    private func policy(_ change: (inout Policy) -> Void = { _ in }) throws -> Policy {
        let check = try Program.run(["policy", "check", "--format", "json", shipped.path])
        let said = try #require(check.json as? [String: Any])
        var point = OperatingPoint.provisional
        point.name = "quiet"
        point.measurement = OperatingPoint.Measurement(
            falseAlarms: 0, netSpeechHours: 10, calls: 100, callsWithFalseAlarm: 0, speakers: 20, sources: 3, speechShare: 0.4,
            poissonBoundPerHour: 0.2996, perCallBound: 0.0296, description: "calls that do not exist")
        let part = Policy.Part(
            description: "calls that do not exist", humanCalls: 100, syntheticCalls: 0, humanNetSpeechHours: 10, humanLineHours: 25,
            syntheticNetSpeechHours: 0, speakers: 20, sources: 3)
        var policy = Policy(
            name: "test", madeBy: "a test",
            model: .init(name: try #require(said["model"] as? String), identity: try #require(said["modelIdentity"] as? String)),
            target: "at most 0.3 an hour", operatingPoints: [point], chosenOn: part, measuredOn: part, splitBy: "source")
        change(&policy)
        return policy
    }

    @Test("The shipped policy is whole, and can be shown")
    func bundled() throws {
        let shown = try Program.run(["policy", "show"])
        #expect(shown.code == 0 && shown.output.hasPrefix("Policy "))
        let json = try Program.run(["policy", "show", "--format", "json"])
        #expect(try Policy(json: Data(json.output.utf8), path: "-") == Policy.bundled())
    }

    @Test("Two policies become one whose points are chosen by name; one for another model, or of the same name, is refused")
    func join() throws {
        let scratch = try Scratch()
        let write = { (name: String, policy: Policy) in try scratch.write(Data(policy.json().utf8), name) }
        let first = try write("first.json", policy())
        let second = try write(
            "second.json",
            policy {
                $0.operatingPoints[0].name = "sharp"; $0.target = "at most 3 an hour"
            })
        let out = scratch.path("joined.json")
        #expect(try Program.run(["policy", "join", "--out", out, first, second]).code == 0)
        let joined = try Policy(json: Data(contentsOf: URL(fileURLWithPath: out)), path: out)
        #expect(joined.operatingPoints.map(\.name) == ["quiet", "sharp"])
        #expect(joined.target == "quiet: at most 0.3 an hour; sharp: at most 3 an hour")
        let call = try scratch.write(wav([voice(seconds: 4)]), "call.wav")
        let run = try Program.run(["analyze", "--format", "json", "--policy", out, "--point", "sharp", call])
        #expect((run.records.first?["operatingPoint"] as? [String: Any])?["name"] as? String == "sharp")

        let same = try Program.run(["policy", "join", "--out", scratch.path("no.json"), first, first])
        #expect(same.code == 78 && same.complaint.contains("two operating points have one name"))
        let other = try write(
            "other.json",
            policy {
                $0.operatingPoints[0].name = "x"; $0.model.identity = String(repeating: "0", count: 64)
            })
        let refused = try Program.run(["policy", "join", "--out", scratch.path("no.json"), first, other])
        #expect(refused.code == 78 && refused.complaint.contains("is for another model"))
        #expect(!FileManager.default.fileExists(atPath: scratch.path("no.json")))
    }

    @Test("A policy is applied: its name, its point and what was measured stand in every result")
    func applied() throws {
        let scratch = try Scratch()
        let call = try scratch.write(wav([voice(seconds: 5)]), "call.wav")
        let strict = try policy {
            $0.operatingPoints[0].syntheticAtLLR = -50
            $0.operatingPoints[0].humanBelowLLR = -60
            $0.operatingPoints[0].alert.window = Hysteresis(begins: -50, endsBelow: -60)
            $0.operatingPoints[0].watch.window = Hysteresis(begins: -50, endsBelow: -60)
            var lenient = $0.operatingPoints[0]
            lenient.name = "never"
            lenient.syntheticAtLLR = 500
            lenient.alert.window = Hysteresis(begins: 500, endsBelow: 400)
            $0.operatingPoints.append(lenient)
        }
        let file = try scratch.write(Data(strict.json().utf8), "policy.json")
        let run = try Program.run(["analyze", "--format", "json", "--policy", file, call])
        let record = try #require(run.records.first)
        let speech = record["netSpeechSeconds"] as? Double ?? 0
        #expect(record["policy"] as? String == "test" && record["policyDigest"] as? String == strict.digest)
        #expect((record["operatingPoint"] as? [String: Any])?["name"] as? String == "quiet")
        if speech >= 3 {
            #expect(run.code == 1)
            let alert = try #require((record["alerts"] as? [[String: Any]])?.first)
            #expect((alert["measurement"] as? [String: Any])?["speakers"] as? Int == 20)
            let text = try Program.run(["analyze", "--policy", file, call]).output.replacing(/\s+/, with: " ")
            #expect(text.contains("Wrong alarms: at most 0.300 an hour of talk; misses not measured."))
        }
        let never = try Program.run(["analyze", "--format", "json", "--policy", file, "--point", "never", call])
        #expect((never.records.first?["alerts"] as? [Any])?.isEmpty == true && never.code != 1)
        let unknown = try Program.run(["analyze", "--policy", file, "--point", "loud", call])
        #expect(unknown.code == 78 && unknown.complaint.contains("it has quiet, never"))
        let evaluated = try scratch.write(Data("path,label\ncall.wav,human\n".utf8), "m.csv")
        let environment = ["XDG_CACHE_HOME": scratch.path("cache")]
        let scores = { (point: String) -> String in
            _ = try Program.run(
                ["evaluate", "--manifest", evaluated, "--policy", file, "--point", point, "--scores", scratch.path("s.csv")],
                environment: environment)
            return try String(contentsOfFile: scratch.path("s.csv"), encoding: .utf8)
        }
        if speech >= 3 { #expect(try scores("quiet").contains("synthetic") && !scores("never").contains("synthetic")) }
    }

    @Test("A policy that is missing, cut short, edited, of another version or for another model is refused with 78 and one line")
    func refused() throws {
        let scratch = try Scratch()
        let call = try scratch.write(wav([silence(seconds: 1)]), "call.wav")
        let text = try policy().json()
        let foreign = try policy { $0.model.identity = String(repeating: "ab", count: 32) }.json()
        let files: [(String, String?, String)] = [
            ("none.json", nil, "there is no such file"), ("cut.json", String(text.dropLast(40)), "cut short"), ("empty.json", "", "is empty"),
            (
                "edited.json",
                text.replacing("\"falseAlarms\" : 0", with: "\"falseAlarms\" : 1").replacing(
                    "\"callsWithFalseAlarm\" : 0", with: "\"callsWithFalseAlarm\" : 1"),
                "was changed after it was written"
            ),
            ("old.json", text.replacing("policy/1", with: "policy/0"), "format is falsetto.policy/0"),
            ("nan.json", text.replacing("\"begins\" : 3", with: "\"begins\" : NaN"), "no JSON"), ("foreign.json", foreign, "is for the model"),
        ]
        for (name, data, words) in files {
            if let data { try scratch.write(Data(data.utf8), name) }
            for command in [["analyze", "--policy", scratch.path(name), call], ["policy", "check", scratch.path(name)]] {
                let run = try Program.run(command)
                #expect(run.code == 78, "\(name)")
                let line = command[0] == "analyze" ? run.complaint : run.output
                #expect(line.contains(words) && line.split(separator: "\n").count == 1, "\(line)")
                #expect(command[0] != "analyze" || run.output.isEmpty)
            }
        }
        #expect(try Program.run(["policy", "show", scratch.path("cut.json")]).code == 78)
        #expect(try Program.run(["policy", "show", scratch.url.path]).complaint.contains("it is a folder"))
    }

    @Test("An edited policy is taken over without its measurements, and then says provisional")
    func accepted() throws {
        let scratch = try Scratch()
        let call = try scratch.write(wav([silence(seconds: 1)]), "call.wav")
        let edited = try scratch.write(Data(policy().json().replacing("\"begins\" : 3", with: "\"begins\" : 2.5").utf8), "edited.json")
        let run = try Program.run(["policy", "check", "--accept", scratch.path("own.json"), edited])
        #expect(run.code == 0 && run.output.contains("without what was measured"))
        let own = try Policy(json: Data(contentsOf: URL(fileURLWithPath: scratch.path("own.json"))), path: "own")
        #expect(own.operatingPoints[0].alert.window.begins == 2.5 && own.operatingPoints[0].isProvisional)
        #expect(try Program.run(["policy", "check", scratch.path("own.json")]).code == 0)
        let analyzed = try Program.run(["analyze", "--policy", scratch.path("own.json"), call])
        #expect(analyzed.output.contains("provisional"))
        let diff = try Program.run(["policy", "diff", scratch.write(Data(policy().json().utf8), "p.json"), scratch.path("own.json")])
        #expect(diff.code == 0 && diff.output.contains("operatingPoints[0].alert.window.begins: 3 → 2.5"))
    }
}
