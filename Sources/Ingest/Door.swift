import NIOCore
import Synchronization

/// What the connections of one trunk share: who takes their calls, what they may cost, how many there are.
final class Door: Sendable {
    let trunk: String
    let limits: IngestLimits
    let taker: any CallTaker
    private let say: @Sendable (String) -> Void
    private let connections = Atomic<Int>(0)
    /// The last complaint and how often it was left out since: a peer that is at fault a thousand times a second does not fill the log.
    private let complaints = Mutex<(saidAt: NIODeadline, leftOut: Int)>((.distantPast, 0))

    init(trunk: String, limits: IngestLimits, taker: any CallTaker, say: @escaping @Sendable (String) -> Void) {
        self.trunk = trunk
        self.limits = limits
        self.taker = taker
        self.say = say
    }

    /// Lets a connection in, or not; who came in must leave once.
    func enter() -> Bool {
        if connections.add(1, ordering: .relaxed).newValue <= limits.connections { return true }
        leave()
        complain("more than \(limits.connections) connections; one was closed")
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
