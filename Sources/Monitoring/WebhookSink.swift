import AsyncHTTPClient
import Crypto
import Foundation
import NIOCore
import NIOSSL
import Store

/// Where a webhook's events go, and what they are signed with.
public struct WebhookSettings: Sendable, Equatable {
    /// Where the key is read from, at each delivery: one that was changed needs no restart.
    public enum Secret: Sendable, Equatable {
        case file(String)
        case environment(String)
    }

    /// May hold a secret of its own, so it is never shown as a whole.
    public let url: String
    public let secret: Secret
    /// A file of certificates (PEM) that the receiver's must come from; nil for those that the system trusts.
    public let trust: String?
    /// What the receiver is called in messages: scheme, host and port.
    let place: String

    /// - Returns: nil for what is no `https` address, or `http` one of this machine.
    public init?(url: String, secret: Secret, trust: String? = nil) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(), let host = parts.host, !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.fragment == nil
        else { return nil }
        let isHere = host == "localhost" || host == "[::1]" || host.hasPrefix("127.")
        guard scheme == "https" || scheme == "http" && isHere else { return nil }
        self.url = url
        self.secret = secret
        self.trust = trust
        place = "\(scheme)://\(host)" + (parts.port.map { ":\($0)" } ?? "")
    }

    /// What keeps it from working that can be seen before the first event; nil where nothing does.
    var problem: String? {
        do throws(SinkFailure) {
            _ = try key()
            _ = try tls()
            return nil
        } catch { return error.description }
    }

    /// Bytes that sign: base64, with `whsec_` in front or not.
    func key() throws(SinkFailure) -> SymmetricKey {
        let text: String?
        let name: String
        switch secret {
        case .file(let path): (text, name) = (try? String(contentsOfFile: path, encoding: .utf8), path)
        case .environment(let variable): (text, name) = (ProcessInfo.processInfo.environment[variable], "$\(variable)")
        }
        guard let text else { throw SinkFailure("\(place): its secret cannot be read from \(name)") }
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let bytes = Data(base64Encoded: trimmed.hasPrefix("whsec_") ? String(trimmed.dropFirst(6)) : trimmed), 24...64 ~= bytes.count else {
            throw SinkFailure("\(place): the secret in \(name) must be 24 to 64 bytes in base64; make one with: openssl rand -base64 32")
        }
        return SymmetricKey(data: bytes)
    }

    /// Nil for the system's trust.
    func tls() throws(SinkFailure) -> TLSConfiguration? {
        guard let trust else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(trust)
            guard !certificates.isEmpty else { throw SinkFailure("") }
            configuration.trustRoots = .certificates(certificates)
        } catch { throw SinkFailure("\(place): \(trust): holds no certificate that can be read; give a file in PEM form") }
        return configuration
    }
}

/// Posts an event's JSON to a web address, signed. It has arrived when the receiver answers with 200 to 299.
///
/// The headers are those of Standard Webhooks 1.0.0 (standardwebhooks.com): `webhook-id` (the event's one id, the same at every retry; also as
/// `Idempotency-Key`), `webhook-timestamp` (seconds since 1970 of this delivery) and `webhook-signature` (`v1,` and the base64 of HMAC-SHA-256
/// over id, time stamp and body, joined by full stops). Libraries of that standard check them.
///
/// Rule: no redirect is followed. Why: whoever answers for the receiver could otherwise send alerts of private calls elsewhere.
struct WebhookSink: EventSink {
    let settings: WebhookSettings
    let timeoutSeconds: Double
    /// Of the delivery's time stamp.
    var clock: @Sendable () -> Date = { Date() }

    /// Of all webhooks; lives as long as the process.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.httpVersion = .http1Only
        // The outbox retries, after its back-off and under the same id; the client must not by itself.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    private struct Event: Decodable { var id: String }

    func deliver(_ payload: String) async throws(SinkFailure) {
        let key = try settings.key()
        guard let id = (try? JSONDecoder().decode(Event.self, from: Data(payload.utf8)))?.id
        else { throw SinkFailure("\(settings.place): an event without an id") }
        let stamp = Int64(clock().timeIntervalSince1970)
        var request = HTTPClientRequest(url: settings.url)
        request.method = .POST
        request.tlsConfiguration = try settings.tls()
        request.headers = [
            "content-type": "application/json", "user-agent": "falsetto", "webhook-id": id, "idempotency-key": id, "webhook-timestamp": "\(stamp)",
            "webhook-signature": Self.signature(of: payload, id: id, stamp: stamp, key: key),
        ]
        request.body = .bytes(ByteBuffer(string: payload))
        let status: UInt
        let wait: Double?
        do {
            let response = try await Self.client.execute(request, timeout: .milliseconds(Int64(timeoutSeconds * 1000)))
            status = response.status.code
            wait = response.headers.first(name: "retry-after").flatMap { Self.seconds(ofRetryAfter: $0, now: clock()) }
            // So that the connection can be used again; what does not fit is none of ours.
            if 200...299 ~= status { _ = try? await response.body.collect(upTo: 16_384) }
        } catch { throw SinkFailure("\(settings.place): \(words(for: error))") }
        switch status {
        case 200...299: return
        case 300...399: throw SinkFailure("\(settings.place): answered \(status), a redirect, which is not followed; give the address itself")
        default:
            let words = wait.map { " and asks to wait \(Int($0.rounded(.up))) s" } ?? ""
            throw SinkFailure("\(settings.place): answered \(status)\(words)", retryAfterSeconds: wait)
        }
    }

    /// RFC 9110, 10.2.3: seconds, or a date. Nil for what is neither.
    static func seconds(ofRetryAfter text: String, now: Date) -> Double? {
        let text = text.trimmingCharacters(in: .whitespaces)
        if !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) { return Double(text) }
        let form = DateFormatter()
        form.locale = Locale(identifier: "en_US_POSIX")
        form.timeZone = TimeZone(secondsFromGMT: 0)
        form.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return form.date(from: text).map { max($0.timeIntervalSince(now), 0) }
    }

    static func signature(of payload: String, id: String, stamp: Int64, key: SymmetricKey) -> String {
        "v1," + Data(HMAC<SHA256>.authenticationCode(for: Data("\(id).\(stamp).\(payload)".utf8), using: key)).base64EncodedString()
    }

    private func words(for error: any Error) -> String {
        if let error = error as? HTTPClientError {
            if [.deadlineExceeded, .connectTimeout, .readTimeout, .tlsHandshakeTimeout].contains(error) {
                return "no answer within \(timeoutSeconds) s"
            }
            if error == .remoteConnectionClosed { return "it closed the connection without an answer" }
            return error == .cancelled ? "the program is ending" : "\(error)"
        }
        if error is CancellationError { return "the program is ending" }
        return error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError ? "TLS: \(error)" : "\(error)"
    }
}
