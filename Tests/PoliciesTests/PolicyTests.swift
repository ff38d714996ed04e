import Alerting
import Foundation
import Policies
import Testing
import Text

@Suite("A policy") struct PolicyTests {
    private let identity = String(repeating: "0123456789abcdef", count: 4)

    private func policy(_ change: (inout Policy) -> Void = { _ in }) -> Policy {
        var point = OperatingPoint(
            name: "drawn", windowNetSpeechSeconds: 4,
            watch: LevelRule(window: Hysteresis(begins: 2, endsBelow: 1), minimumNetSpeechSeconds: 2),
            alert: LevelRule(window: Hysteresis(begins: 4, endsBelow: 2), minimumNetSpeechSeconds: 3),
            syntheticAtLLR: 4, humanBelowLLR: -2, minimumNetSpeechSeconds: 3)
        point.changeDrift = 1.25
        point.alert.change = Hysteresis(begins: 40.5, endsBelow: 10)
        point.measurement = OperatingPoint.Measurement(
            falseAlarms: 1, netSpeechHours: 12.5, calls: 300, callsWithFalseAlarm: 1, speakers: 60, sources: 4, speechShare: 0.4,
            poissonBoundPerHour: 0.3795, bootstrapBoundPerHour: 0.5, perCallBound: 0.0157, description: "made-up calls")
        let part = Policy.Part(
            description: "made-up calls", humanCalls: 300, syntheticCalls: 100, humanNetSpeechHours: 12.5, humanLineHours: 31,
            syntheticNetSpeechHours: 3, speakers: 60, sources: 4)
        var policy = Policy(
            name: "drawn", madeBy: "falsetto 0.0.0", model: .init(name: "m", identity: identity), target: "at most 1 an hour",
            operatingPoints: [point], recalibration: .affine(scale: 0.5, offset: -1), chosenOn: part, measuredOn: part, splitBy: "source",
            detections: [.init(operatingPoint: "drawn", kind: "whole call", calls: 100, detected: 70, medianNetSpeechSeconds: 6.2)])
        change(&policy)
        return policy
    }

    private func error(_ text: String) -> PolicyError? {
        do throws(PolicyError) {
            _ = try Policy(json: Data(text.utf8), path: "p.json")
            return nil
        } catch { return error }
    }

    @Test("What was written is read, whatever the layout")
    func roundTrip() throws {
        for recalibration in [nil, Recalibration.affine(scale: 0.1, offset: 1e-9), .knots([.init(from: -1, to: -1), .init(from: 2, to: 3)])] {
            let written = policy { $0.recalibration = recalibration }
            let text = written.json()
            #expect(try Policy(json: Data(text.utf8), path: "p") == written)
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
            let compact = try JSONSerialization.data(withJSONObject: object)
            #expect(try Policy(json: compact, path: "p") == written)
            #expect(try Policy(json: Data(text.replacing("\n", with: "\r\n").utf8), path: "p") == written)
        }
    }

    @Test("A policy from before lines could be too quiet has no such limit, and keeps its digest")
    func tooQuiet() throws {
        let limited = policy { $0.operatingPoints[0].conditions.mostSignalToNoiseDB = 45 }
        #expect(limited.json().contains("\"mostSignalToNoiseDB\" : 45"))
        #expect(try Policy(json: Data(limited.json().utf8), path: "p") == limited)
        let before = policy()
        #expect(!before.json().contains("mostSignalToNoiseDB"))
        let read = try Policy(json: Data(before.json().utf8), path: "p")
        #expect(read.digest == before.digest && read.operatingPoints[0].conditions.mostSignalToNoiseDB == nil)
        let silent = LineConditions(bandwidth: .narrowband, speechLevelDBFS: -20, signalToNoiseDB: 60)
        #expect(read.operatingPoints[0].conditions.outside(silent).isEmpty)
        #expect(limited.operatingPoints[0].conditions.outside(silent) == [.noise])
    }

    private let scores = PeopleScores(
        netSpeechSeconds: 3, bands: [.init(bandwidth: .narrowband, edges: [-2.5, -1, 0.25], calls: [20, 30, 40, 10])])

    @Test("The scores of the people that were measured come back, go with what was measured, and may be missing as in older policies")
    func peopleScores() throws {
        let with = policy { $0.peopleScores = scores }
        #expect(try Policy(json: Data(with.json().utf8), path: "p").peopleScores == scores)
        #expect(with.withoutMeasurement.peopleScores == nil && with.digest != policy().digest)
        let before = policy().json()
        #expect(!before.contains("peopleScores"))
        #expect(try Policy(json: Data(before.utf8), path: "p").peopleScores == nil)
        let band = try #require(scores[.narrowband])
        #expect(band.callCount == 100 && scores[.wideband] == nil)
        #expect(band.edge(near: 0.1) == (-2.5, 0.2) && band.edge(near: 0.5) == (-1, 0.5) && band.edge(near: 0.9) == (0.25, 0.9))
    }

    @Test("Policies measured on one set of scores are joined with it; of two sets they are not")
    func joinedScores() throws {
        let first = policy { $0.peopleScores = scores }
        let second = policy {
            $0.peopleScores = scores; $0.operatingPoints[0].name = "sharp"; $0.detections = []
        }
        let joined = try first.joined(with: [second])
        #expect(joined.peopleScores == scores && joined.operatingPoints.count == 2)
        var other = second
        other.peopleScores?.bands[0].calls[0] = 21
        let refusal = #expect(throws: PolicyMismatch.self) { try first.joined(with: [other]) }
        #expect(refusal?.what == "was chosen or measured on other recordings")
    }

    @Test("Scores of people that cannot have been counted are refused, with where and what")
    func faultyScores() {
        func fault(_ change: (inout PeopleScores) -> Void) -> String? {
            var changed = scores
            change(&changed)
            return policy { $0.peopleScores = changed }.fault
        }
        #expect(fault { _ in } == nil)
        let faults: [((inout PeopleScores) -> Void, String)] = [
            ({ $0.bands[0].edges[1] = -2.5 }, "peopleScores: narrowband: edges do not ascend"),
            ({ $0.bands[0].edges[1] = 1 }, "do not ascend"), ({ $0.bands[0].edges[2] = .infinity }, "an edge is not finite"),
            ({ $0.bands[0].edges[0] = .nan }, "an edge is not finite"), ({ $0.bands[0].calls.removeLast() }, "3 edges and 3 counts"),
            ({ $0.bands[0] = .init(bandwidth: .narrowband, edges: [], calls: [100]) }, "0 edges and 1 counts"),
            ({ $0.bands[0] = .init(bandwidth: .narrowband, edges: (0..<10).map(Double.init), calls: Array(repeating: 9, count: 11)) }, "10 edges"),
            ({ $0.bands[0].calls[1] = 0 }, "a count is not within"), ({ $0.bands[0].calls[1] = .max }, "a count is not within"),
            ({ $0.bands.append($0.bands[0]) }, "twice"), ({ $0.bands = [] }, "no band"), ({ $0.netSpeechSeconds = 4 }, "of 4.0 s of speech"),
        ]
        for (change, words) in faults { #expect(fault(change)?.contains(words) == true, "\(words)") }
        let text = policy { $0.peopleScores = scores }.json()
        let refused = error(text.replacing("-2.5", with: "2.5"))?.description
        #expect(refused == "policy p.json: peopleScores: narrowband: edges do not ascend; write it anew with falsetto tune")
    }

    @Test("A file edited by hand is refused, and can be read as edited; nothing of it is still called measured")
    func edited() throws {
        let text = policy().json()
        for (from, to) in [("\"begins\" : 40.5", "\"begins\" : 30.5"), ("\"speakers\" : 60", "\"speakers\" : 61"), ("made-up", "real")] {
            #expect(text.contains(from) && error(text.replacing(from, with: to)) == .edited(path: "p.json"))
        }
        #expect(error(text.replacing("{\n  \"digest\"", with: "{\n  \"note\" : 1,\n  \"digest\"")) == .edited(path: "p.json"))
        #expect(error(text.replacing(/"digest" : "[0-9a-f]+",/, with: "")) == .edited(path: "p.json"))
        let (read, isEdited) = try Policy.reading(Data(text.replacing("40.5", with: "30.5").utf8), path: "p.json")
        #expect(isEdited && read.operatingPoints[0].alert.change?.begins == 30.5)
        let accepted = try Policy(json: Data(read.withoutMeasurement.json().utf8), path: "p.json")
        #expect(accepted.operatingPoints[0].isProvisional && accepted.detections.isEmpty && accepted.measuredOn == nil)
        #expect(try Policy.reading(Data(text.utf8), path: "p.json").isEdited == false)
    }

    @Test("A policy cut short, of another version, or none at all is refused with what is wrong")
    func malformed() {
        let text = policy().json()
        #expect(error("") == .malformed(path: "p.json", what: "is empty"))
        for count in [1, 100, text.utf8.count / 2, text.utf8.count - 3] {
            #expect(error(String(text.prefix(count))) == .malformed(path: "p.json", what: "is no JSON, or was cut short"))
        }
        #expect(error(text.replacing("policy/1", with: "policy/9")) == .format(path: "p.json", found: "falsetto.policy/9"))
        #expect(error("[1]")?.description.contains("no JSON object") == true)
        #expect(error("{\"a\":1}")?.description.contains("it is no policy") == true)
        #expect(error(text.replacing("\"begins\" : 40.5", with: "\"begins\" : NaN"))?.description.contains("no JSON") == true)
        #expect(
            error(text.replacing("\"begins\" : 40.5", with: "\"begins\" : \"high\""))?.description
                .contains("operatingPoints[0].alert.change.begins has the wrong type") == true)
        #expect(
            error(text.replacing("\"humanBelowLLR\"", with: "\"humanBelow\""))?.description
                .contains("operatingPoints[0].humanBelowLLR is missing") == true)
        #expect(error(text.replacing("\"begins\" : 40.5", with: "\"begins\" : 1"))?.description.contains("ends above") == true)
    }

    @Test("A policy that contradicts itself says where")
    func faults() {
        #expect(policy().fault == nil)
        let faults: [((inout Policy) -> Void, String)] = [
            ({ $0.model.identity = "abc" }, "64 hexadecimal"), ({ $0.operatingPoints = [] }, "no operating point"),
            ({ $0.operatingPoints.append($0.operatingPoints[0]) }, "one name"), ({ $0.measuredOn = nil }, "on what"),
            ({ $0.recalibration = .affine(scale: -1, offset: 0) }, "recalibration"), ({ $0.detections[0].detected = 101 }, "cannot be"),
            ({ $0.detections[0].operatingPoint = "other" }, "unknown operating point"), ({ $0.measuredOn?.humanLineHours = -1 }, "negative"),
            ({ $0.operatingPoints[0].alert.window.begins = .infinity }, "not finite"),
            (
                {
                    $0.operatingPoints[0].measurement?.poissonBoundPerHour = 0; $0.operatingPoints[0].measurement?.bootstrapBoundPerHour = nil
                },
                "below what was counted"
            ),
            ({ $0.operatingPoints[0].measurement?.callsWithFalseAlarm = 2 }, "do not fit"),
            ({ $0.operatingPoints[0].measurement?.perCallBound = 1.5 }, "perCallBound"),
        ]
        for (change, words) in faults { #expect(policy(change).fault?.contains(words) == true, "\(words)") }
    }

    @Test("The promise is the largest of its bounds")
    func promise() {
        var measurement = policy().operatingPoints[0].measurement!
        #expect(measurement.falseAlarmsPerHourBound == 0.5 && measurement.falseAlarmsPerLineHourBound == 0.2)
        measurement.worstSourcePerHour = 0.75
        #expect(measurement.falseAlarmsPerHourBound == 0.75)
        measurement.worstSourcePerHour = nil
        measurement.bootstrapBoundPerHour = nil
        #expect(measurement.falseAlarmsPerHourBound == 0.3795)
    }

    @Test("An operating point is found by name; without one, the first is meant")
    func points() {
        let two = policy { policy in
            var second = policy.operatingPoints[0]
            second.name = "quiet"
            policy.operatingPoints.append(second)
        }
        #expect(two.operatingPoint()?.name == "drawn" && two.operatingPoint(named: "quiet")?.name == "quiet")
        #expect(two.operatingPoint(named: "none") == nil)
    }

    @Test("The canonical form is the same for every layout, and another for every content")
    func canonical() throws {
        func tree(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }
        let one = try tree(#"{"b": [1, 2.50, -0.1e1], "a": {"x": null, "é\n\"": true}}"#)
        #expect(one.canonical == #"{"a":{"x":null,"é\u000a\"":true},"b":[1,2.5,-1]}"#)
        #expect(try tree(one.canonical) == one)
        #expect(one.leaves().map(\.path) == ["a.x", "a.é\n\"", "b[0]", "b[1]", "b[2]"])
        #expect(try tree("{\"a\":1}").canonical != tree("{\"a\":\"1\"}").canonical)
    }
}
