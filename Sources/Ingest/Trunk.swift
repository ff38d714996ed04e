/// A way in for calls: which protocol, where, and what its peers may cost.
public struct Trunk: Sendable, Equatable {
    public enum Kind: String, Sendable, Equatable, CaseIterable {
        /// Asterisk's AudioSocket.
        case audiosocket
    }

    /// Stored with each call in place of a device's label.
    public var name: String
    public var kind: Kind
    public var address: ListenAddress
    public var limits = IngestLimits()
    /// The operator said in words that the network is to be trusted.
    public var isUnprotected = false

    public init(name: String, kind: Kind, address: ListenAddress) {
        self.name = name
        self.kind = kind
        self.address = address
    }

    /// What is missing before it may listen where others reach it; nil where all is well.
    ///
    /// AudioSocket knows neither encryption nor a token, so beyond this machine it needs the operator's word.
    public var exposure: String? {
        address.isLoopback || isUnprotected
            ? nil
            : "\(address) is reached by other machines and the protocol is not protected; listen on 127.0.0.1 behind a tunnel (stunnel, WireGuard), or give unprotected = true on a network that you trust"
    }
}
