import Alerting
import Text

extension OperatingPoint {
    /// As records carry it, flat: what the judge was told, and what was measured of it.
    var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("name", .string(name)),
            ("provisional", .bool(isProvisional)),
            ("windowNetSpeechSeconds", .number(windowNetSpeechSeconds)),
            ("changeDrift", JSONValue(changeDrift)),
            ("watch", watch.json),
            ("alert", alert.json),
        ]
        if let steady { members.append(("steady", steady.json)) }
        members += [
            ("syntheticAtLLR", .number(syntheticAtLLR)),
            ("humanBelowLLR", .number(humanBelowLLR)),
            ("minimumNetSpeechSeconds", .number(minimumNetSpeechSeconds)),
            ("conditions", conditions.json),
            ("measurement", measurement?.json ?? .null),
        ]
        return .object(members)
    }
}

extension LevelRule {
    fileprivate var json: JSONValue {
        .object([
            ("window", window.json),
            ("change", change?.json ?? .null),
            ("minimumNetSpeechSeconds", .number(minimumNetSpeechSeconds)),
            ("holdNetSpeechSeconds", .number(holdNetSpeechSeconds)),
        ])
    }
}

extension Steady {
    fileprivate var json: JSONValue { .object([("margin", .number(margin)), ("netSpeechSeconds", .number(netSpeechSeconds))]) }
}

extension Hysteresis {
    fileprivate var json: JSONValue { .object([("begins", .number(begins)), ("endsBelow", .number(endsBelow))]) }
}

extension MeasuredConditions {
    fileprivate var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("bandwidths", .array(bandwidths.map { .string($0.rawValue) })),
            ("leastSpeechLevelDBFS", .number(leastSpeechLevelDBFS)),
            ("mostSpeechLevelDBFS", .number(mostSpeechLevelDBFS)),
            ("leastSignalToNoiseDB", .number(leastSignalToNoiseDB)),
        ]
        if let mostSignalToNoiseDB { members.append(("mostSignalToNoiseDB", .number(mostSignalToNoiseDB))) }
        members += [("mostClippedShare", .number(mostClippedShare)), ("mostLostShare", .number(mostLostShare))]
        return .object(members)
    }
}

extension OperatingPoint.Measurement {
    var json: JSONValue {
        .object([
            ("falseAlarms", .integer(falseAlarms)),
            ("netSpeechHours", .number(netSpeechHours)),
            ("calls", .integer(calls)),
            ("callsWithFalseAlarm", .integer(callsWithFalseAlarm)),
            ("speakers", .integer(speakers)),
            ("sources", .integer(sources)),
            ("falseAlarmsPerHourBound", .number(falseAlarmsPerHourBound)),
            ("poissonBoundPerHour", .number(poissonBoundPerHour)),
            ("bootstrapBoundPerHour", JSONValue(bootstrapBoundPerHour)),
            ("worstSourcePerHour", JSONValue(worstSourcePerHour)),
            ("speechShare", .number(speechShare)),
            ("falseAlarmsPerLineHourBound", .number(falseAlarmsPerLineHourBound)),
            ("perCallBound", .number(perCallBound)),
            ("description", .string(description)),
            ("unnamedCalls", unnamedCalls.map(JSONValue.integer) ?? .null),
            ("wholeCalls", wholeCalls?.json ?? .null),
            ("midCalls", midCalls?.json ?? .null),
        ])
    }
}

extension OperatingPoint.Measurement.Detected {
    fileprivate var json: JSONValue { .object([("calls", .integer(calls)), ("detected", .integer(detected)), ("missed", .integer(missed))]) }
}
