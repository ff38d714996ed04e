import Alerting
import Calls
import Foundation
import Policies
import Screening
import Text

extension CallEvent {
    /// The event on one line, without the newline: NDJSON.
    public var jsonLine: String { json.compact }

    /// JSON Schema of every event.
    public static var jsonSchema: String {
        Resources.text("event.schema.json")
    }

    /// Opening words and what to do, for whoever shows an alert to a person as it is.
    static func message(_ alert: JSONValue) -> [(key: String, value: JSONValue)] {
        [("message", .string("Machine-made voice")), ("advice", .string(Wording.advice)), ("alert", alert)]
    }

    var json: JSONValue {
        var members: [(key: String, value: JSONValue)] = [
            ("schema", .string(Self.schema)),
            ("event", .string(name)),
            ("id", .string(id)),
            ("at", .string(Self.timestamp(at))),
            ("call", JSONValue(call)),
        ]
        if let leg { members.append(("leg", .string(leg))) }
        members += details
        return .object(members)
    }

    private var details: [(key: String, value: JSONValue)] {
        switch kind {
        case .callStarted(let consent, let legs, let provenance, let byHand):
            [
                ("consent", .string(consent)), ("legs", .array(legs.map(JSONValue.string))), ("byHand", .bool(byHand)),
                ("operatingPoint", provenance.operatingPoint.json), ("policy", JSONValue(provenance.policy?.name)),
                ("policyDigest", JSONValue(provenance.policy?.digest)), ("model", .string(provenance.modelName)),
                ("modelIdentity", .string(provenance.modelIdentity)), ("kernel", .string(provenance.kernel)),
                ("build", .string(provenance.build)),
            ]
        case .hop(let score): [("hop", score.json)]
        case .watchBegan(let sample), .watchEnded(let sample): [("atSeconds", .number(LegTime.seconds(sample)))]
        case .alertRaised(let alert), .alertEnded(let alert): Self.message(alert.json)
        case .gap(let start, let seconds, let cause):
            [("startSeconds", .number(start)), ("seconds", .number(seconds)), ("cause", .string(cause.rawValue))]
        case .disclosed(let seconds): [("atSeconds", .number(seconds))]
        case .callEnded(let reason, let seconds, let legs):
            [
                ("reason", .string(reason.rawValue)), ("durationSeconds", .number(seconds)),
                (
                    "legs",
                    .array(
                        legs.map { leg in
                            .object([
                                ("leg", .string(leg.name)), ("outcome", .string(leg.result.outcome.rawValue)),
                                ("reason", JSONValue(leg.result.reason?.rawValue)), ("llr", JSONValue(leg.result.llr)),
                                ("netSpeechSeconds", .number(leg.result.netSpeechSeconds)), ("alerts", .array(leg.result.alerts.map(\.json))),
                            ])
                        })
                ),
            ]
        case .lineAway(let words): [("words", .string(words))]
        case .lineBack: []
        case .notice(let words): [("words", .string(words))]
        }
    }

    /// RFC 3339 in UTC, to the millisecond.
    static func timestamp(_ date: Date) -> String {
        date.formatted(.iso8601.year().month().day().timeZone(separator: .omitted).time(includingFractionalSeconds: true))
    }
}
