/// The one JSON tree: built by whoever writes a result, or read from a text.
///
/// A tree that is built keeps its keys in the order they were given, so that equal results are equal bytes. Foundation's encoder is not
/// used for that because it neither keeps key order nor writes a number that is not finite. One that is read has its keys in order of
/// their bytes and its numbers as `number`.
package enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    /// Written as the shortest decimal that reads back as the same double; `null` where it is not finite.
    case number(Double)
    /// Written as the shortest decimal that reads back as the same float; `null` where it is not finite.
    case float(Float)
    case string(String)
    case array([JSONValue])
    case object([(key: String, value: JSONValue)])
    /// JSON text that was made before and is handed on as it is.
    case verbatim(String)

    package init(_ value: Double?) { self = value.map(JSONValue.number) ?? .null }
    package init(_ value: String?) { self = value.map(JSONValue.string) ?? .null }

    /// On one line, without spaces.
    package var compact: String {
        var text = ""
        write(to: &text)
        return text
    }

    /// Indented by two spaces a level; a value that fits `lineWidth` stays on one line.
    package func pretty(lineWidth: Int = 160) -> String {
        var text = ""
        writePretty(to: &text, indent: 0, lineWidth: lineWidth)
        return text
    }

    private func write(to text: inout String, spaced: Bool = false) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += value.isFinite ? value.description : "null"
        case .float(let value): text += value.isFinite ? value.description : "null"
        case .string(let value): Self.quote(value, to: &text)
        case .verbatim(let value): text += value
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += spaced ? ", " : "," }
                value.write(to: &text, spaced: spaced)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += spaced ? ", " : "," }
                Self.quote(member.key, to: &text)
                text += spaced ? ": " : ":"
                member.value.write(to: &text, spaced: spaced)
            }
            text += "}"
        }
    }

    private func writePretty(to text: inout String, indent: Int, lineWidth: Int) {
        if leafCount <= 16 {
            var line = ""
            write(to: &line, spaced: true)
            if indent + line.utf8.count <= lineWidth {
                text += line
                return
            }
        }
        let inner = String(repeating: " ", count: indent + 2)
        switch self {
        case .array(let values):
            text += "[\n"
            for (index, value) in values.enumerated() {
                text += inner
                value.writePretty(to: &text, indent: indent + 2, lineWidth: lineWidth)
                text += index + 1 < values.count ? ",\n" : "\n"
            }
            text += String(repeating: " ", count: indent) + "]"
        case .object(let members):
            text += "{\n"
            for (index, member) in members.enumerated() {
                text += inner
                Self.quote(member.key, to: &text)
                text += ": "
                member.value.writePretty(to: &text, indent: indent + 2, lineWidth: lineWidth)
                text += index + 1 < members.count ? ",\n" : "\n"
            }
            text += String(repeating: " ", count: indent) + "}"
        default: write(to: &text)
        }
    }

    /// How many values lie in this one, counted no further than to 17: enough to know that one line will not do.
    private var leafCount: Int {
        func sum(_ values: some Sequence<JSONValue>) -> Int {
            var count = 0
            for value in values {
                count += value.leafCount
                if count > 16 { break }
            }
            return count
        }
        return switch self {
        case .array(let values): sum(values)
        case .object(let members): sum(members.lazy.map(\.value))
        default: 1
        }
    }

    private static func quote(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            // Line separators and the invisible controls are legal in JSON, but a terminal may act on them.
            case _ where scalar.isUnsafeOnTerminal:
                for unit in UTF16.encode(scalar)! {
                    let hex = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                }
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
