import Alerting
import Calls
import Policies
import Screening

/// A row a leg, after RFC 4180 except that a line feed alone ends a row, as POSIX tools expect: a field with a comma, a
/// quote or a line break is quoted. The columns carry the names of the JSON record; what is nil there is empty here.
extension ReportRecord {
    static let csvColumns = [
        "path", "leg", "outcome", "reason", "llr", "netSpeechSeconds", "durationSeconds", "bandwidth", "outside", "mixed", "alertCount",
        "firstAlertRaisedBy", "firstAlertStartSeconds", "firstAlertAtSeconds", "firstAlertAtNetSpeechSeconds", "firstAlertWindowLLR",
        "strongestStartSeconds", "strongestEndSeconds", "strongestWindowLLR", "policy", "operatingPoint", "provisional", "model",
        "modelIdentity", "kernel", "build", "missedShare", "falseAlarmsPerHourBound", "sha256", "codec", "screenedAt", "warnings", "error",
        "errorKind",
    ]

    /// The names of the columns, without the newline.
    public static var csvHeader: String { csvColumns.joined(separator: ",") }

    /// The record as one row, without the newline that ends it (a quoted path may hold newlines of its own).
    public var csvLine: String { csvFields.map(Self.csvQuoted).joined(separator: ",") }

    private var csvFields: [String] {
        switch self {
        case .unreadable(let record):
            return [record.path] + Array(repeating: "", count: Self.csvColumns.count - 3) + [record.error, record.kind]
        case .analysis(let record):
            let result = record.result
            let provenance = record.provenance
            let first = result.alerts.first
            let measured = provenance.operatingPoint.measurement
            return [
                record.path, record.leg, result.outcome.rawValue, result.reason?.rawValue ?? "", number(result.llr),
                number(result.netSpeechSeconds), number(result.durationSeconds), result.bandwidth.rawValue,
                result.outside.map(\.rawValue).joined(separator: "; "), String(result.mayBeMixed), String(result.alerts.count),
                first?.raisedBy.rawValue ?? "", number(first?.startSeconds), number(first?.atSeconds),
                number(first?.atNetSpeechSeconds), number(first?.windowLLR), number(result.strongest?.startSeconds),
                number(result.strongest?.endSeconds), number(result.strongest?.windowLLR), provenance.policy?.name ?? "",
                provenance.operatingPoint.name, String(provenance.operatingPoint.isProvisional), provenance.modelName, provenance.modelIdentity,
                provenance.kernel, provenance.build, number(measured?.wholeCalls?.missedShare), number(measured?.falseAlarmsPerHourBound),
                record.recording?.sha256 ?? "", record.recording?.codec ?? "", record.screenedAt.map(CallEvent.timestamp) ?? "",
                record.warnings.joined(separator: "; "), "", "",
            ]
        }
    }

    private func number(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "" }
        return value.description
    }

    static func csvQuoted(_ field: String) -> String {
        let special: (Unicode.Scalar) -> Bool = { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
        let padded = field.first == " " || field.last == " "
        guard padded || field.unicodeScalars.contains(where: special) else { return field }
        var quoted = "\""
        for scalar in field.unicodeScalars {
            if scalar == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
