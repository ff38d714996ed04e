import Crypto
import Foundation
import Text

/// A policy as a JSON text.
///
/// Rule: it carries `digest`, the SHA-256 over the canonical form of everything else in it, and is refused where that does not
/// fit. Why: a promise belongs to the numbers it was measured at; somebody who turns a threshold by hand in a file that keeps
/// saying "measured" would be told something that nobody measured. Layout is free, so the file may pass through any tool that
/// keeps what it says. `falsetto policy check --accept` takes an edited file over: it keeps the numbers, takes off
/// `measurement`, `measuredOn`, `detections` and `peopleScores`, and writes the digest anew; results then say `provisional`. The
/// digest is no signature: it guards against mistakes, not against malice.
extension Policy {
    /// Reads a policy and holds it to its digest and to reason.
    /// - Parameter path: named in errors.
    /// - Throws: `PolicyError`.
    public init(json data: Data, path: String) throws(PolicyError) {
        let (policy, isEdited) = try Policy.reading(data, path: path)
        if isEdited { throw .edited(path: path) }
        self = policy
    }

    /// Reads a policy whether or not it was edited after it was written.
    public static func reading(_ data: Data, path: String) throws(PolicyError) -> (policy: Policy, isEdited: Bool) {
        let tree: JSONValue
        do { tree = try JSONDecoder().decode(JSONValue.self, from: data) } catch {
            throw .malformed(path: path, what: data.isEmpty ? "is empty" : "is no JSON, or was cut short")
        }
        guard case .object(var members) = tree else { throw .malformed(path: path, what: "is no JSON object") }
        guard case .string(let format)? = tree["format"] else { throw .malformed(path: path, what: "format is missing: it is no policy") }
        guard format == Policy.format else { throw .format(path: path, found: format) }
        let digest = tree["digest"]
        members.removeAll { $0.key == "digest" }
        let policy: Policy
        do { policy = try JSONDecoder().decode(Policy.self, from: data) } catch { throw .malformed(path: path, what: brief(error)) }
        if let fault = policy.fault { throw .malformed(path: path, what: fault) }
        return (policy, digest != .string(Self.digest(of: .object(members))))
    }

    /// The policy as a file: indented, keys in order, with its digest and a newline at the end.
    /// - Precondition: `fault` is nil.
    public func json() -> String {
        precondition(fault == nil, fault ?? "")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Nothing in a policy without fault can fail to be written: no number is infinite.
        let text = String(decoding: try! encoder.encode(self), as: UTF8.self)
        return "{\n  \"digest\" : \"\(digest)\"," + text.dropFirst() + "\n"
    }

    /// The digest that its file carries: 64 hexadecimal digits.
    public var digest: String { Self.digest(of: tree) }

    /// The policy's content as a tree, without the digest.
    package var tree: JSONValue { try! JSONDecoder().decode(JSONValue.self, from: try! JSONEncoder().encode(self)) }

    /// The same numbers without the promise: what an edited policy is taken over as.
    public var withoutMeasurement: Policy {
        var policy = self
        for index in policy.operatingPoints.indices { policy.operatingPoints[index].measurement = nil }
        policy.measuredOn = nil
        policy.detections = []
        policy.peopleScores = nil
        return policy
    }

    private static func digest(of tree: JSONValue) -> String {
        SHA256.hash(data: Data(tree.canonical.utf8)).hexadecimal
    }

    private static func brief(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "cannot be understood" }
        func place(_ path: [any CodingKey]) -> String {
            path.reduce("") { $0 + ($1.intValue.map { "[\($0)]" } ?? ($0.isEmpty ? $1.stringValue : ".\($1.stringValue)")) }
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(place(context.codingPath + [key])) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return "\(place(context.codingPath)) has the wrong type or an unknown word"
        @unknown default: return "cannot be understood"
        }
    }
}
