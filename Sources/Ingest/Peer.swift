import NIOCore

/// One connection's call: begins and feeds it, and holds the peer to its limits. Used on the connection's event loop only.
///
/// Rule: whatever a peer does ends here, in the end of its own call and connection. Why: the calls of one daemon are many, and each
/// must outlive all others' faults.
final class Peer {
    let door: Door
    private let channel: any Channel
    private var feed: (any CallFeed)?
    private var timer: RepeatedTask?
    private let connectedAt: NIODeadline
    private var heardAt: NIODeadline
    private var begunAt: NIODeadline?
    /// Of the leg that has most, in nanoseconds.
    private var heard: [Int64] = []
    private var isOver = false
    private var isHeldBack = false

    init(_ door: Door, _ channel: any Channel) {
        self.door = door
        self.channel = channel
        connectedAt = .now()
        heardAt = connectedAt
    }

    /// Looks at its limits from here on.
    func watch() {
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        timer = channel.eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(250), delay: .milliseconds(250)) { _ in bound.value.look() }
    }

    private func look() {
        let now = NIODeadline.now()
        func isLonger(_ since: NIODeadline, than seconds: Double) -> Bool { now - since > .nanoseconds(Int64(seconds * 1e9)) }
        if feed == nil, isLonger(connectedAt, than: door.limits.firstSoundSeconds) {
            close(.idle, "nothing of a call came within \(door.limits.firstSoundSeconds) s")
        } else if isLonger(heardAt, than: door.limits.idleSeconds) {
            close(.idle, "nothing came for \(door.limits.idleSeconds) s; the call has ended")
        } else if let begunAt, isLonger(begunAt, than: door.limits.callHours * 3600) {
            close(.tooLong, "the call lasted \(door.limits.callHours) h and has ended")
        } else if isHeldBack, leadNanoseconds <= 0 {
            isHeldBack = false
            channel.setOption(.autoRead, value: true).whenComplete { _ in }
        }
    }

    private var leadNanoseconds: Int64 {
        guard let begunAt, let most = heard.max() else { return 0 }
        return most - (NIODeadline.now() - begunAt).nanoseconds
    }

    /// Does what the messages mean.
    func perform(_ actions: [MediaAction]) {
        // Bytes alone are no progress: only what is whole counts.
        if !actions.isEmpty { heardAt = .now() }
        for action in actions where !isOver {
            do throws(CallRefusal) {
                switch action {
                case .begin(let id, let legs): try begin(id, legs)
                case .sound(let samples, let leg, let rate):
                    try feed?.sound(samples, leg: leg, sampleRate: rate)
                    count(samples.count / 2, leg, rate)
                case .end(let ending): close(ending, nil)
                case .fault(let fault): close(.malformed, fault.description)
                }
            } catch { close(.connectionLost, error.description) }
        }
        if !isHeldBack, leadNanoseconds > Int64(door.limits.leadSeconds * 1e9) {
            isHeldBack = true
            channel.setOption(.autoRead, value: false).whenComplete { _ in }
        }
    }

    private func begin(_ id: String?, _ legs: [OfferedLeg]) throws(CallRefusal) {
        guard feed == nil else { throw CallRefusal("a second call on one connection") }
        feed = try door.taker.begin(CallOffer(trunk: door.trunk, outsideID: id, legs: legs))
        begunAt = .now()
        heard = legs.map { _ in 0 }
    }

    private func count(_ frames: Int, _ leg: Int, _ rate: Int) {
        guard heard.indices.contains(leg) else { return }
        heard[leg] += Int64(frames) * 1_000_000_000 / Int64(rate)
    }

    /// Ends the call and the connection; `words` for whoever looks after the machine.
    func close(_ ending: CallEnding, _ words: String?) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        timer = nil
        feed?.end(ending)
        feed = nil
        if let words { door.complain(words) }
        channel.close(promise: nil)
    }
}
