import Foundation

extension JSONValue: Decodable {
    /// - Throws: `DecodingError`.
    package init(parsing text: String) throws { self = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let values = try? container.decode([JSONValue].self) {
            self = .array(values)
        } else {
            self = .object(Self.inOrder(try container.decode([String: JSONValue].self).map { ($0.key, $0.value) }))
        }
    }

    /// Of an object, the value of a key.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }
}

/// The canonical form: keys in order, numbers as doubles, no space. Two texts that say the same have the same, whatever their layout.
extension JSONValue: Equatable {
    package static func == (left: JSONValue, right: JSONValue) -> Bool { left.canonical == right.canonical }

    /// On one line. Numbers are the shortest decimals that read back as the same double.
    package var canonical: String {
        switch self {
        case .number(let value): value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : value.description
        case .integer(let value): JSONValue.number(Double(value)).canonical
        case .string(let value): Self.quoted(value)
        case .array(let values): "[" + values.map(\.canonical).joined(separator: ",") + "]"
        case .object(let members):
            "{" + Self.inOrder(members).map { Self.quoted($0.key) + ":" + $0.value.canonical }.joined(separator: ",") + "}"
        case .null, .bool, .float, .verbatim: compact
        }
    }

    /// Every leaf with its path, such as `operatingPoints[0].alert.window.begins`, in order of the paths.
    package func leaves(under path: String = "") -> [(path: String, value: String)] {
        switch self {
        case .array(let values) where !values.isEmpty:
            values.enumerated().flatMap { $1.leaves(under: "\(path)[\($0)]") }
        case .object(let members) where !members.isEmpty:
            Self.inOrder(members).flatMap { $0.value.leaves(under: path.isEmpty ? $0.key : "\(path).\($0.key)") }
        default: [(path, canonical)]
        }
    }

    private static func inOrder(_ members: [(key: String, value: JSONValue)]) -> [(key: String, value: JSONValue)] {
        members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    /// Only what JSON itself asks for is escaped: the digests of policies rest on this form.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\" + String(scalar)
            case _ where scalar.value < 0x20:
                quoted += "\\u" + String(repeating: "0", count: scalar.value < 16 ? 3 : 2) + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
