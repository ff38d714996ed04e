/// What one trunk may cost; whoever exceeds it loses the own connection and no other.
public struct IngestLimits: Sendable, Equatable {
    /// Connections at a time, with or without a call.
    public var connections = 500
    /// Seconds from the connection until its call begins.
    public var firstSoundSeconds = 10.0
    /// Seconds without sound that end a connection.
    public var idleSeconds = 60.0
    /// Sound may come so far ahead of the clock; whoever sends faster is read no faster than the clock.
    public var leadSeconds = 60.0
    /// Hours that a call may last.
    public var callHours = 12.0
    /// Bytes of one message.
    public var messageBytes = 65_536

    public init() {}

    /// A copied RTP stream has no end but silence, and the next call may follow soon.
    public init(for kind: Trunk.Kind) { if kind == .rtp { idleSeconds = 10 } }
}
