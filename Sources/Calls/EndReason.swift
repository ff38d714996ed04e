/// Why a call ended.
public enum EndReason: String, Sendable, Equatable, CaseIterable {
    /// The line fell silent.
    case silence
    /// Nobody spoke for long.
    case noSpeech
    /// The device was away for too long.
    case away
    /// `falsetto call end`.
    case told
    /// Another call was begun from outside.
    case replaced
    /// The program was ended.
    case shutdown
    /// The telephone system said that it is over.
    case hungUp
    /// The telephone system's connection broke, stood still, sent what is not its protocol, or went on for longer than a call may.
    case connectionLost, idle, malformed, tooLong
}
