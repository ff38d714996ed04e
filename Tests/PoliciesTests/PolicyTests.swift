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
