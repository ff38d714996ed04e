import Audio
import Glibc
import NIOCore

/// One connection's call: begins and feeds it, and holds the peer to its limits. Used on the connection's event loop only.
///
/// Rule: whatever a peer does ends here, in the end of its own call and connection. Why: the calls of one daemon are many, and each
/// must outlive all others' faults.
final class Peer {
    let door: Door
    /// As they were when it came.
    let limits: IngestLimits
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
    /// How much must have come, in bytes, before the system wakes the event loop for it.
    private var awaitedBytes = 1
    /// Sample rates of the legs, and how often they changed.
    private var rates: [Int] = []
    private var rateChanges = 0
    /// Says what the protocol wants said: a text in a call, or why it ends.
    var speak: ((String) -> Void)?
    var farewell: ((CallEnding) -> Void)?

    /// Each change of a leg's rate makes a resampler anew.
    private static let mostRateChanges = 100

    init(_ door: Door, _ channel: any Channel) {
        self.door = door
        limits = door.terms.limits
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
        if feed == nil, isLonger(connectedAt, than: limits.firstSoundSeconds) {
            close(.idle, "nothing of a call came within \(limits.firstSoundSeconds) s")
        } else if isLonger(heardAt, than: limits.idleSeconds) {
            close(.idle, "nothing came for \(limits.idleSeconds) s; the call has ended")
        } else if let begunAt, isLonger(begunAt, than: limits.callHours * 3600) {
            close(.tooLong, "the call lasted \(limits.callHours) h and has ended")
        } else if isHeldBack, leadNanoseconds <= 0 {
            isHeldBack = false
            channel.setOption(.autoRead, value: true).whenComplete { _ in }
        } else if isLonger(heardAt, than: Self.mostAwaitedSeconds) {
            // What came and is less than was waited for may be the last: a word that the call is over.
            awaitBytes(1)
        }
    }

    /// Longer than what is waited for takes to come.
    private static let mostAwaitedSeconds = 0.2

    /// How many more frames of the only leg it takes before anything comes of them.
    var framesNeeded: Int { feed?.framesNeeded(leg: 0) ?? 0 }

    /// Lets less than so much wait in the socket: of the packets of hundreds of calls each would wake the event loop. The end of the connection
    /// wakes it at once, and what stays behind is looked after within half a second.
    func awaitBytes(_ count: Int) {
        guard count != awaitedBytes, !isOver else { return }
        awaitedBytes = count
        try? channel.syncOptions?.setOption(.socketOption(NIOBSDSocket.Option(rawValue: SO_RCVLOWAT)), value: count)
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
                    try count(samples.count / 2, leg, rate)
                    try feed?.sound(samples, leg: leg, sampleRate: rate)
                case .missing(let frames, let leg, let rate, let cause):
                    try count(frames, leg, rate)
                    // What is missing costs its sender nothing, so it may not be ahead of the clock as sound may, which is then read slower.
                    guard leadNanoseconds <= Int64((limits.leadSeconds + 1) * 1e9) else { throw CallRefusal("a gap that runs ahead of the clock") }
                    try feed?.missing(frames: frames, leg: leg, sampleRate: rate, cause)
                case .reply(let text): speak?(text)
                case .end(let ending): close(ending, nil)
                case .fault(let fault): close(.malformed, fault.description)
                }
            } catch { close(.connectionLost, error.description) }
        }
        if !isHeldBack, leadNanoseconds > Int64(limits.leadSeconds * 1e9) {
            isHeldBack = true
            channel.setOption(.autoRead, value: false).whenComplete { _ in }
        }
    }

    private func begin(_ id: String?, _ legs: [OfferedLeg]) throws(CallRefusal) {
        guard feed == nil else { throw CallRefusal("a second call on one connection") }
        guard legs.allSatisfy({ AudioLimits.sampleRates.contains($0.sampleRate) }) else { throw CallRefusal(Self.rateRefusal) }
        feed = try door.taker.begin(CallOffer(trunk: door.trunk, outsideID: id, legs: legs), turn: door.turns.of(channel.eventLoop))
        begunAt = .now()
        heard = legs.map { _ in 0 }
        rates = legs.map(\.sampleRate)
    }

    private static let rateRefusal =
        "a sample rate that is not taken; from \(AudioLimits.sampleRates.lowerBound) to \(AudioLimits.sampleRates.upperBound) Hz are"

    private func count(_ frames: Int, _ leg: Int, _ rate: Int) throws(CallRefusal) {
        guard heard.indices.contains(leg) else { return }
        guard AudioLimits.sampleRates.contains(rate) else { throw CallRefusal(Self.rateRefusal) }
        if rate != rates[leg] {
            rates[leg] = rate
            rateChanges += 1
            guard rateChanges <= Self.mostRateChanges else { throw CallRefusal("the sample rate changed \(rateChanges) times, which is no call") }
        }
        heard[leg] += Int64(Double(frames) * 1e9 / Double(rate))
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
        farewell?(ending)
        (speak, farewell) = (nil, nil)
        channel.close(promise: nil)
    }
}
