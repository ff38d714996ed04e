import Crypto
import Foundation
import NIOSSL

/// What a `Protection`'s files held when they were read.
struct Credentials: Sendable {
    /// Nil where the connections are not encrypted.
    let tls: NIOSSLContext?
    /// Digests, so that comparing tells nothing by its time; nil where none is asked for.
    private let tokens: Set<SHA256Digest>?
    let signatures: SignatureCheck?

    /// Neither encryption nor anything to show.
    static let none = Credentials(tls: nil, tokens: nil, signatures: nil)

    private init(tls: NIOSSLContext?, tokens: Set<SHA256Digest>?, signatures: SignatureCheck?) {
        self.tls = tls
        self.tokens = tokens
        self.signatures = signatures
    }

    /// - Throws: `PeerFault`: one line that names the file.
    init(_ protection: Protection) throws(PeerFault) {
        tls = try Self.context(protection)
        tokens = try protection.tokens.map { path throws(PeerFault) in
            let lines = try Self.lines(path)
            guard lines.allSatisfy({ $0.utf8.count >= 16 }) else {
                throw PeerFault("\(path): a token needs at least 16 characters; make one with `openssl rand -hex 24`")
            }
            return Set(lines.map { SHA256.hash(data: Data($0.utf8)) })
        }
        signatures = try protection.signatureKeys.map { path throws(PeerFault) in
            var keys: [String: SymmetricKey] = [:]
            for line in try Self.lines(path) {
                let words = line.split(separator: " ", omittingEmptySubsequences: true)
                guard words.count == 2, let secret = Data(base64Encoded: String(words[1])), secret.count >= 16 else {
                    throw PeerFault("\(path): a line is an API key, a space and a client secret of at least 16 bytes in base64")
                }
                keys[String(words[0])] = SymmetricKey(data: secret)
            }
            return SignatureCheck(keys: keys)
        }
    }

    /// Whether peers must bring something in their request.
    var areAskedFor: Bool { tokens != nil || signatures != nil }

    func holds(_ token: String) -> Bool { tokens?.contains(SHA256.hash(data: Data(token.utf8))) ?? false }

    private static func context(_ protection: Protection) throws(PeerFault) -> NIOSSLContext? {
        guard let certificate = protection.certificate, let key = protection.key else {
            guard protection.certificate == nil, protection.key == nil, protection.clientAuthority == nil else {
                throw PeerFault("tls-certificate and tls-key go together, and tls-clients with both")
            }
            return nil
        }
        for path in [certificate, key, protection.clientAuthority].compactMap({ $0 }) { _ = try contents(path) }
        do {
            var settings = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
            settings.minimumTLSVersion = .tlsv12
            if let authority = protection.clientAuthority {
                settings.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authority))
                // A client has no host name to be checked.
                settings.certificateVerification = .noHostnameVerification
            }
            return try NIOSSLContext(configuration: settings)
        } catch {
            throw PeerFault(
                """
                \(certificate), \(key): no certificate and key in PEM that belong \
                together\(protection.clientAuthority.map { ", or \($0) no certificate" } ?? ""): \(error)
                """
            )
        }
    }

    private static func contents(_ path: String) throws(PeerFault) -> Data {
        do { return try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
            throw PeerFault("\(path): cannot be read: \((error as NSError).localizedDescription)")
        }
    }

    private static func lines(_ path: String) throws(PeerFault) -> [String] {
        let lines = String(decoding: try contents(path), as: UTF8.self).split(whereSeparator: \.isNewline).map {
            $0.trimmingCharacters(in: .whitespaces)
        }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
        guard !lines.isEmpty else { throw PeerFault("\(path): is empty") }
        return lines
    }
}
