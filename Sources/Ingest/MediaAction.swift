/// What a peer's message means for its call; each protocol's reading turns bytes into these, and knows no sockets.
enum MediaAction: Equatable {
    /// Sound comes next.
    case begin(outsideID: String?, legs: [OfferedLeg])
    /// Native 16-bit samples.
    case sound([UInt8], leg: Int, sampleRate: Int)
    /// So many frames of the line have no samples.
    case missing(frames: Int, leg: Int, sampleRate: Int, MissingSound)
    /// A text that the protocol wants in answer.
    case reply(String)
    /// Nothing more is expected of the peer.
    case end(CallEnding)
    /// What comes here is not the protocol; what stands before it is heard all the same.
    case fault(PeerFault)
}

/// What came is not the protocol; the connection is closed. The line names no content.
struct PeerFault: Error, Equatable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
