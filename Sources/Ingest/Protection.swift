/// What shows a trunk's peers that they are the ones, and keeps others from listening. Files, so that no secret stands in the configuration.
public struct Protection: Sendable, Equatable {
    /// PEM: the certificate with those that it rests on, and its key. Both or none.
    public var certificate: String?
    public var key: String?
    /// PEM: who signs the certificates that peers must show.
    public var clientAuthority: String?
    /// One token a line; a WebSocket peer must bring one.
    public var tokens: String?
    /// One AudioHook key a line: the API key, a space, the client secret in base64. A peer's request must be signed with one.
    public var signatureKeys: String?

    public init() {}

    /// Peers are known: by a certificate, a token or a signature.
    public var knowsPeers: Bool { clientAuthority != nil || tokens != nil || signatureKeys != nil }
    public var isEncrypted: Bool { certificate != nil && key != nil }
}
