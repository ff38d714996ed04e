/// A JSON value whose members keep their order: the pooled figures come first, so that whoever looks for `eer` finds
/// the pooled one. Foundation's encoder keeps none.
indirect enum EvaluationJSONValue {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([EvaluationJSONValue])
    case object([(String, EvaluationJSONValue)])

    /// A number, or null where there is none (NaN, infinity).
    init(_ value: Double?) {
        self = value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null
    }

    /// Indented by two spaces; lists of numbers stay on one line.
    func written(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .integer(let value): return "\(value)"
        case .number(let value): return "\(value)"
        case .text(let value): return Self.quoted(value)
        case .list(let values):
            if values.isEmpty { return "[]" }
            if values.allSatisfy(\.isShort) { return "[" + values.map { $0.written() }.joined(separator: ", ") + "]" }
            return "[\n" + values.map { inner + $0.written(indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            return "{\n" + members.map { "\(inner)\(Self.quoted($0)): \($1.written(indent: inner))" }.joined(separator: ",\n")
                + "\n\(indent)}"
        }
    }

    private var isShort: Bool {
        switch self {
        case .null, .integer, .number: true
        default: false
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
