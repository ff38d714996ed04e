import Crypto
import Foundation
import NIOHTTP1
import RawStructuredFieldValues
import Synchronization

/// Checks that an AudioHook request was signed with a client secret.
///
/// By RFC 9421 (HTTP Message Signatures), `hmac-sha256`, and the page "Security" of AudioHook's documentation: it must cover the request's target,
/// authority, ids and API key, is good for 10 s, and brings a nonce that is taken once. RFC 9421's B.2.5 and the page's example are its tests.
final class SignatureCheck: Sendable {
    private let keys: [String: SymmetricKey]
    /// Seen nonces and when each may be forgotten.
    private let nonces = Mutex<[String: Double]>([:])

    static let required = [
        "@request-target", "@authority", "audiohook-organization-id", "audiohook-session-id", "audiohook-correlation-id", "x-api-key",
    ]
    private static let ageSeconds = 10.0
    private static let skewSeconds = 3.0

    init(keys: [String: SymmetricKey]) { self.keys = keys }

    /// - Parameter now: seconds since 1970.
    func holds(_ request: HTTPRequestHead, now: Double, requires: [String] = required) -> Bool {
        guard let (signature, text, parameters) = Self.signed(request, requires: requires) else { return false }
        guard case .string(let key)? = parameters["keyid"], let secret = keys[key] else { return false }
        if requires.contains("x-api-key"), request.headers.first(name: "x-api-key") != key { return false }
        if let algorithm = parameters["alg"], algorithm != .string("hmac-sha256") { return false }
        if case .integer(let expires)? = parameters["expires"], Double(expires) + Self.skewSeconds < now { return false }
        guard case .integer(let created)? = parameters["created"], Double(created) <= now + Self.skewSeconds,
            Double(created) + Self.ageSeconds + Self.skewSeconds >= now
        else { return false }
        guard HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: Data(text.utf8), using: secret) else { return false }
        guard requires.contains("x-api-key") else { return true }
        guard case .string(let nonce)? = parameters["nonce"], nonce.utf8.count >= 22 else { return false }
        return nonces.withLock { seen in
            seen = seen.filter { $0.value >= now }
            return seen.updateValue(now + 2 * (Self.ageSeconds + Self.skewSeconds), forKey: nonce) == nil
        }
    }

    /// The first signature, what it was made over, and its parameters; nil where the headers do not hold one as the standard writes it.
    private static func signed(_ request: HTTPRequestHead, requires: [String]) -> (Data, String, OrderedMap<String, RFC9651BareItem>)? {
        func field(_ name: String) -> String? {
            let values = request.headers[name]
            return values.isEmpty ? nil : values.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: ", ")
        }
        guard let inputField = field("signature-input"), let signatureField = field("signature") else { return nil }
        var inputParser = StructuredFieldValueParser(Array(inputField.utf8)), signatureParser = StructuredFieldValueParser(Array(signatureField.utf8))
        guard let inputs = try? inputParser.parseDictionaryFieldValue(), let signatures = try? signatureParser.parseDictionaryFieldValue(),
            let (label, input) = inputs.first, case .innerList(let list) = input, case .item(let item)? = signatures[label],
            case .undecodedByteSequence(let coded) = item.rfc9651BareItem, let signature = Data(base64Encoded: coded)
        else { return nil }
        var lines: [String] = []
        var covered: Set<String> = []
        for component in list.bareInnerList {
            guard case .string(let name) = component.rfc9651BareItem, component.rfc9651Parameters.isEmpty, covered.insert(name).inserted else {
                return nil
            }
            let value: String?
            switch name {
            case "@request-target": value = request.uri
            case "@authority": value = field("host")?.lowercased()
            case "@method": value = request.method.rawValue
            default: value = name.hasPrefix("@") ? nil : field(name)
            }
            guard let value else { return nil }
            lines.append("\"\(name)\": \(value)")
        }
        guard covered.isSuperset(of: requires) else { return nil }
        // Written anew, as the standard has it: what the peer wrote in another way was not signed so.
        var serializer = StructuredFieldValueSerializer()
        guard let written = try? serializer.writeListFieldValue([.innerList(list)]) else { return nil }
        lines.append("\"@signature-params\": \(String(decoding: written, as: UTF8.self))")
        return (signature, lines.joined(separator: "\n"), list.rfc9651Parameters)
    }
}
