import Alerting
import Calls
import Policies
import Screening
import Text

/// The machine-readable forms. `Resources/analysis.schema.json` describes one record; NDJSON is a record a line, JSON is
/// the same records in one array: a program that reads one reads the other.
extension ReportRecord {
    /// The record on one line, without the newline: NDJSON.
    ///
    /// - Parameter scores: whether to add the score track; the result must carry it.
    public func jsonLine(scores: Bool = false) -> String { json(scores: scores).compact }

    /// All records as one JSON array, indented, with a newline at the end.
    public static func jsonDocument(_ records: [ReportRecord], scores: Bool = false) -> String {
        JSONValue.array(records.map { $0.json(scores: scores) }).pretty() + "\n"
    }

    /// The JSON Schema (2020-12) that every record satisfies.
    public static var jsonSchema: String {
        Resources.text("analysis.schema.json")
    }

    func json(scores: Bool) -> JSONValue {
        switch self {
        case .analysis(let record): record.json(scores: scores)
        case .unreadable(let record):
            .object([
                ("schema", .string(AnalysisRecord.schema)),
                ("path", .string(record.path)),
                ("error", .string(record.error)),
                ("errorKind", .string(record.kind)),
            ])
        }
    }
}

extension AnalysisRecord {
    func json(scores: Bool) -> JSONValue {
        var members: [(key: String, value: JSONValue)] = [
            ("schema", .string(Self.schema)),
            ("path", .string(path)),
            ("leg", .string(leg)),
            ("outcome", .string(result.outcome.rawValue)),
            ("reason", JSONValue(result.reason?.rawValue)),
            ("llr", JSONValue(result.llr)),
            (
                "llrRange",
                provenance.operatingPoint.measurement.flatMap { measured in result.llr.flatMap { measured.support(of: $0) } }?.json ?? .null
            ),
            ("netSpeechSeconds", .number(result.netSpeechSeconds)),
            ("durationSeconds", .number(result.durationSeconds)),
            ("bandwidth", .string(result.bandwidth.rawValue)),
            ("conditions", result.conditions.json),
            ("outside", .array(result.outside.map { .string($0.rawValue) })),
            ("mixed", .bool(result.mayBeMixed)),
            ("alerts", .array(result.alerts.map(\.json))),
            ("strongest", result.strongest?.json ?? .null),
            ("nextVoice", result.nextVoice?.json ?? .null),
            ("disclosedAtSeconds", JSONValue(result.disclosedAtSample.map(LegTime.seconds))),
            ("operatingPoint", provenance.operatingPoint.json),
            ("policy", JSONValue(provenance.policy?.name)),
            ("policyDigest", JSONValue(provenance.policy?.digest)),
            ("model", .string(provenance.modelName)),
            ("modelIdentity", .string(provenance.modelIdentity)),
            ("kernel", .string(provenance.kernel)),
            ("build", .string(provenance.build)),
            ("recording", recording?.json ?? .null),
            ("screenedAt", JSONValue(screenedAt.map(CallEvent.timestamp))),
            ("warnings", .array(warnings.map(JSONValue.string))),
        ]
        if scores { members.append(("track", .array(result.track.map(\.json)))) }
        return .object(members)
    }
}

extension Alert {
    var json: JSONValue {
        .object([
            ("raisedBy", .string(raisedBy.rawValue)),
            ("startSeconds", .number(startSeconds)),
            ("atSeconds", .number(atSeconds)),
            ("atNetSpeechSeconds", .number(atNetSpeechSeconds)),
            ("windowLLR", .number(windowLLR)),
            ("changeSum", JSONValue(changeSum)),
            ("endSeconds", JSONValue(endSeconds)),
            ("strongest", strongest.json),
            ("opening", .bool(isOpening)),
            ("outside", .array(outside.map { .string($0.rawValue) })),
            ("line", line?.json ?? .null),
            ("operatingPoint", .string(operatingPoint)),
            ("measurement", measurement?.json ?? .null),
        ])
    }
}

extension Stretch {
    var json: JSONValue {
        .object([
            ("startSeconds", .number(startSeconds)),
            ("endSeconds", .number(endSeconds)),
            ("windowLLR", .number(windowLLR)),
        ])
    }
}

extension HopScore {
    /// `evidence` is null where nobody speaks, since it means nothing there.
    var json: JSONValue {
        .object([
            ("startSeconds", .number(startSeconds)),
            ("speech", .bool(isSpeech)),
            ("speechProbability", .float(speechProbability)),
            ("evidence", isSpeech ? .float(evidence) : .null),
            ("windowLLR", JSONValue(windowLLR)),
            ("changeSum", JSONValue(changeSum)),
            ("level", .string(level.rawValue)),
            ("levelDBFS", .float(levelDBFS)),
            ("lostSamples", .integer(hop.lostSamples)),
        ])
    }
}

extension NextVoice {
    var json: JSONValue {
        .object([
            ("startSeconds", .number(startSeconds)),
            ("netSpeechSeconds", .number(netSpeechSeconds)),
            ("llr", .number(llr)),
        ])
    }
}

extension LLRSupport {
    var json: JSONValue {
        .object([
            ("least", JSONValue(least)),
            ("most", JSONValue(most)),
            ("human", .integer(human)),
            ("synthetic", .integer(synthetic)),
        ])
    }
}

extension RecordingFacts {
    var json: JSONValue {
        .object([
            ("sha256", JSONValue(sha256)),
            ("codec", .string(codec)),
            ("sampleRate", .integer(sampleRate)),
            ("channels", .integer(channels)),
        ])
    }
}

extension LineConditions {
    var json: JSONValue {
        .object([
            ("speechLevelDBFS", JSONValue(speechLevelDBFS)),
            ("signalToNoiseDB", JSONValue(signalToNoiseDB)),
            ("clippedShare", .number(clippedShare)),
            ("lostShare", .number(lostShare)),
        ])
    }
}
