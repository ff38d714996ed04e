import Audio

/// A way in for calls: which protocol, where, and what its peers may cost.
public struct Trunk: Sendable, Equatable {
    public enum Kind: String, Sendable, Equatable, CaseIterable {
        /// Asterisk's AudioSocket.
        case audiosocket
        /// Twilio Media Streams, jambonz and FreeSWITCH's mod_audio_fork, Asterisk's WebSocket channel, Genesys AudioHook.
        case websocket
        /// A recorder's or media proxy's copy of RTP streams.
        case rtp
    }

    /// Stored with each call in place of a device's label.
    public var name: String
    public var kind: Kind
    public var address: ListenAddress
    public var limits: IngestLimits
    public var protection = Protection()
    /// What samples are where the protocol does not say it (the bare mod_audio_fork).
    public var unsaid = RawFormat(.s16le, sampleRate: 8000, channelCount: 1)
    public var rtp = RTPSettings()
    /// The operator said in words that the network is to be trusted.
    public var isUnprotected = false

    public init(name: String, kind: Kind, address: ListenAddress) {
        self.name = name
        self.kind = kind
        self.address = address
        limits = IngestLimits(for: kind)
    }

    /// What is missing before it may listen where others reach it; nil where all is well.
    ///
    /// Beyond this machine it takes encryption and a peer that shows who it is. AudioSocket has certificates alone for that, RTP nothing, so
    /// there it can be the operator's word.
    public var exposure: String? {
        if protection.tokens != nil || protection.signatureKeys != nil, kind != .websocket {
            return "\(kind.rawValue) carries no token or signature; peers can show a certificate (tls-clients)"
        }
        if protection != Protection(), kind == .rtp { return "RTP is neither encrypted nor signed here; take the tls and token settings out" }
        if address.isLoopback || isUnprotected || protection.isEncrypted && protection.knowsPeers { return nil }
        let way =
            switch kind {
            case .websocket: "give tls-certificate and tls-key, and token-file, signature-file or tls-clients"
            case .audiosocket: "give tls-certificate, tls-key and tls-clients, or listen on 127.0.0.1 behind a tunnel (stunnel, WireGuard)"
            case .rtp: "listen on 127.0.0.1 behind a tunnel (WireGuard)"
            }
        return "\(address) is reached by other machines and its peers are not known; \(way), or say unprotected = true on a network that you trust"
    }
}
