import Foundation

/// A JSON text as a tree, in one canonical form: keys in order, numbers as doubles, no space. Two texts that say the same have
/// the same canonical form, whatever their layout.
public enum JSONTree: Sendable, Equatable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let values = try? container.decode([JSONTree].self) {
            self = .array(values)
        } else {
            self = .object(try container.decode([String: JSONTree].self))
        }
    }

    /// On one line. Numbers are the shortest decimals that read back as the same double.
    public var canonical: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let value): value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : value.description
        case .string(let value): Self.quoted(value)
        case .array(let values): "[" + values.map(\.canonical).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.keys.sorted(by: Self.ascending).map { Self.quoted($0) + ":" + members[$0]!.canonical }.joined(separator: ",") + "}"
        }
    }

    /// Every leaf with its path, such as `operatingPoints[0].alert.window.begins`, in order of the paths.
    public func leaves(under path: String = "") -> [(path: String, value: String)] {
        switch self {
        case .array(let values) where !values.isEmpty:
            values.enumerated().flatMap { $1.leaves(under: "\(path)[\($0)]") }
        case .object(let members) where !members.isEmpty:
            members.keys.sorted(by: Self.ascending).flatMap { members[$0]!.leaves(under: path.isEmpty ? $0 : "\(path).\($0)") }
        default: [(path, canonical)]
        }
    }

    private static func ascending(_ a: String, _ b: String) -> Bool { Array(a.utf8).lexicographicallyPrecedes(Array(b.utf8)) }

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
