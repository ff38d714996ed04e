import Audio
import NIOCore
import Synchronization

/// What the connections of one trunk share: who takes their calls, what they may cost, how many there are.
final class Door: Sendable {
    let trunk: String
    let taker: any CallTaker
    let turns: LoopTurns
    private let held: Mutex<Terms>
    private let say: @Sendable (String) -> Void
    private let connections = Atomic<Int>(0)
    /// The last complaint and how often it was left out since: a peer that is at fault a thousand times a second does not fill the log.
    private let complaints = Mutex<(saidAt: NIODeadline, leftOut: Int)>((.distantPast, 0))

    /// What holds for whoever comes in from here on.
    struct Terms: Sendable {
        var limits: IngestLimits
        var credentials: Credentials
        /// What samples are where a protocol does not say it.
        var unsaid: RawFormat
    }

    init(trunk: String, terms: Terms, taker: any CallTaker, turns: LoopTurns, say: @escaping @Sendable (String) -> Void) {
        self.trunk = trunk
        held = Mutex(terms)
        self.taker = taker
        self.turns = turns
        self.say = say
    }

    var terms: Terms {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }

    /// Lets a connection in, or not; who came in must leave once.
    func enter() -> Bool {
        if connections.add(1, ordering: .relaxed).newValue <= terms.limits.connections { return true }
        leave()
        complain("more than \(terms.limits.connections) connections; one was closed")
        return false
    }

    func leave() { connections.subtract(1, ordering: .relaxed) }

    func complain(_ words: String) {
        let leftOut = complaints.withLock { state -> Int? in
            if NIODeadline.now() - state.saidAt < .seconds(1) {
                state.leftOut += 1
                return nil
            }
            defer { state = (.now(), 0) }
            return state.leftOut
        }
        guard let leftOut else { return }
        say("trunk \(trunk): \(words)" + (leftOut > 0 ? " (and \(leftOut) faults before it)" : ""))
    }
}
