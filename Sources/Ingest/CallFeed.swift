/// One party of a call, as the telephone system offers it.
public struct OfferedLeg: Sendable, Equatable {
    /// `far` for the caller, `near` for whoever is called.
    public var name: String
    /// Of the samples that will come at first, in Hz.
    public var sampleRate: Int
    /// The stream is the call's only one, so it may hold both parties.
    public var isOnlyChannel: Bool

    public init(name: String, sampleRate: Int, isOnlyChannel: Bool) {
        self.name = name
        self.sampleRate = sampleRate
        self.isOnlyChannel = isOnlyChannel
    }
}

/// What is known of a call before any of it is heard.
public struct CallOffer: Sendable, Equatable {
    /// The trunk that it came by, as the configuration calls it.
    public var trunk: String
    /// What the other side calls it; nil where the protocol carries no id. May hold a telephone number: never to be stored, shown or
    /// logged as it is.
    public var outsideID: String?
    /// The far end first.
    public var legs: [OfferedLeg]

    public init(trunk: String, outsideID: String?, legs: [OfferedLeg]) {
        self.trunk = trunk
        self.outsideID = outsideID
        self.legs = legs
    }
}

/// Why a stretch of a call has no samples.
public enum MissingSound: Sendable, Equatable {
    /// It was sent and did not arrive.
    case lost
    /// The other side sent nothing, as a telephone does in silence.
    case notSent
    /// The other side had paused the stream.
    case paused
}

/// Why the other side's call is over.
public enum CallEnding: Sendable, Equatable, CaseIterable {
    case hungUp
    /// The connection broke.
    case connectionLost
    /// Nothing came for too long.
    case idle
    /// What came was not the protocol.
    case malformed
    /// It ran for longer than a call may.
    case tooLong
    case shutdown
}

/// Takes one call as it is heard: samples and gaps of each leg, in the order of the line, then its end.
///
/// Used by one event loop or thread only, and never after its end.
public protocol CallFeed: AnyObject {
    /// - Parameter samples: 16-bit samples of one channel in the machine's byte order, whole ones.
    func sound(_ samples: [UInt8], leg: Int, sampleRate: Int) throws(CallRefusal)
    func missing(frames: Int, leg: Int, sampleRate: Int, _ cause: MissingSound) throws(CallRefusal)
    func end(_ ending: CallEnding)
    /// How many more frames of a leg it takes, at its present rate, before anything comes of them: whoever waits for so many delays nothing but
    /// what a sender's system holds back meanwhile. 0 where that is not known, or not worth it.
    func framesNeeded(leg: Int) -> Int
}

extension CallFeed {
    public func framesNeeded(leg: Int) -> Int { 0 }
}

/// Takes the calls that come in, from several event loops at a time.
public protocol CallTaker: Sendable {
    /// - Parameter turn: of the event loop that the call is on; nil where it has a thread to itself.
    func begin(_ offer: CallOffer, turn: LoopTurn?) throws(CallRefusal) -> any CallFeed
}

extension CallTaker {
    /// A call that has a thread to itself.
    public func begin(_ offer: CallOffer) throws(CallRefusal) -> any CallFeed { try begin(offer, turn: nil) }
}

/// Why a call is not heard, or not any more: one line without anything of the caller.
public struct CallRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
