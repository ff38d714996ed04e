import Alerting
import Calls
import Foundation
import Screening
import Text

/// Stored calls for machines.
public enum StoredCallJSON {
    /// A list of calls: one array, each with its `id`.
    public static func list(_ calls: [StoredCall]) -> String {
        JSONValue.array(calls.map { .object($0.members) }).pretty() + "\n"
    }

    /// One call with its legs' alerts and marks; with `tracks`, all that is stored of it.
    public static func call(_ call: StoredCall, legs: [StoredLeg], tracks: Bool) -> String {
        document(call, legs: legs, tracks: tracks).pretty() + "\n"
    }

    /// Several calls with all that is stored of them: one array.
    public static func export(_ calls: [(call: StoredCall, legs: [StoredLeg])]) -> String {
        JSONValue.array(calls.map { document($0.call, legs: $0.legs, tracks: true) }).pretty() + "\n"
    }

    public static func judgement(_ judgement: Judgement, of id: CallID) -> String {
        JSONValue.object([("id", .string(id.text))] + judgement.members).pretty() + "\n"
    }

    /// One array, on one line.
    public static func judgements(_ judgements: [Judgement]) -> String { JSONValue.array(judgements.map { .object($0.members) }).compact }

    /// An event of an alert, on one line.
    public static func alert(_ alert: StoredAlert, of id: CallID) -> String {
        JSONValue.object([
            ("call", .string(id.text)), ("leg", .integer(alert.leg)), ("kind", .string(alert.kind.rawValue)), ("event", .string(alert.event)),
            ("hop", .integer(alert.hop)), ("record", .verbatim(alert.record)),
        ]).compact
    }

    public static func purged(_ purged: Purged) -> String {
        JSONValue.object([
            ("purged", .array(purged.calls.map { .string($0.text) })),
            ("audioPurged", .array(purged.recordings.map { .string($0.text) })),
            ("undeliveredMessages", .integer(purged.undelivered)),
            ("waitsForClock", .bool(purged.waitsForClock)),
        ]).pretty() + "\n"
    }

    public static func verification(_ verification: AuditVerification) -> String {
        JSONValue.object([
            ("intact", .bool(verification.fault == nil)),
            ("entries", .integer(Int(verification.entryCount))),
            ("head", JSONValue(verification.head)),
            ("fault", JSONValue(verification.fault.map(StoredCallText.fault))),
        ]).pretty() + "\n"
    }

    private static func document(_ call: StoredCall, legs: [StoredLeg], tracks: Bool) -> JSONValue {
        var members = call.members.filter { $0.key != "legs" }
        members.append(("policy", .verbatim(call.policy)))
        members.append(
            (
                "legs",
                .array(
                    legs.map { leg in
                        var members = leg.leg.members
                        members.append(("result", leg.leg.result.map(JSONValue.verbatim) ?? .null))
                        members.append(("events", .array(leg.alerts.map(\.json))))
                        members.append(("marks", .array(leg.marks.map(\.json))))
                        if tracks { members.append(("track", .array(leg.track.map(\.storedJSON)))) }
                        return .object(members)
                    })
            ))
        return .object(members)
    }

    /// A time as ISO 8601 in UTC, to the millisecond.
    static func time(_ date: Date) -> JSONValue {
        .string(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}

extension StoredCall {
    fileprivate var members: [(key: String, value: JSONValue)] {
        [
            ("id", .string(id.text)),
            ("state", .string(state.rawValue)),
            ("startedAt", StoredCallJSON.time(startedAt)),
            ("durationSeconds", .number(durationSeconds)),
            ("outcome", JSONValue(outcome?.rawValue)),
            ("alerts", .integer(alertCount)),
            ("consent", .string(consent)),
            ("device", JSONValue(device)),
            ("audioKept", .bool(keepsAudio)),
            ("judgements", .array(judgements.map { .object($0.members) })),
            ("legs", .array(legs.map { .object($0.members) })),
            ("policyName", .string(policyName)),
            ("model", .string(modelName)),
            ("modelIdentity", .string(modelIdentity)),
            ("kernel", .string(kernel)),
            ("build", .string(build)),
        ]
    }
}

extension StoredCall.Leg {
    fileprivate var members: [(key: String, value: JSONValue)] {
        [
            ("leg", .string(name)),
            ("durationSeconds", .number(durationSeconds)),
            ("outcome", JSONValue(outcome?.rawValue)),
        ]
    }
}

extension Judgement {
    fileprivate var members: [(key: String, value: JSONValue)] {
        [
            ("as", .string(verdict.rawValue)),
            ("by", .string(judge)),
            ("scoreSeen", .bool(sawScore)),
            ("at", StoredCallJSON.time(judgedAt)),
            ("note", JSONValue(note)),
        ]
    }
}

extension StoredAlert {
    fileprivate var json: JSONValue {
        .object([("kind", .string(kind.rawValue)), ("hop", .integer(hop)), ("event", .string(event)), ("record", .verbatim(record))])
    }
}

extension Mark {
    fileprivate var json: JSONValue {
        .object([
            ("kind", .string(kind.rawValue)),
            ("startSample", .integer(startSample)),
            ("sampleCount", .integer(sampleCount)),
            ("startFrame", startFrame.map(JSONValue.integer) ?? .null),
            ("frameCount", frameCount.map(JSONValue.integer) ?? .null),
            ("sampleRate", sampleRate.map(JSONValue.integer) ?? .null),
        ])
    }
}

extension HopScore {
    /// All numbers of the hop, also where nobody speaks.
    fileprivate var storedJSON: JSONValue {
        .object([
            ("startSample", .integer(startSample)),
            ("speech", .bool(isSpeech)),
            ("speechProbability", .float(speechProbability)),
            ("evidence", .float(evidence)),
            ("windowLLR", JSONValue(windowLLR)),
            ("changeSum", JSONValue(changeSum)),
            ("level", .string(level.rawValue)),
            ("levelDBFS", .float(levelDBFS)),
            ("quietestDBFS", .float(hop.quietestDBFS)),
            ("clippedSamples", .integer(hop.clippedSamples)),
            ("lowerBandPower", .float(hop.lowerBandPower)),
            ("upperBandPower", .float(hop.upperBandPower)),
            ("lostSamples", .integer(hop.lostSamples)),
            ("pausedSamples", .integer(hop.pausedSamples)),
        ])
    }
}
