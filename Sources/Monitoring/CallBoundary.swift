import Calls

/// Says when a call begins and ends on a line that is heard all the time: a pure state machine, without clock or audio.
///
/// It is told each hop whether somebody spoke and how loud the line was. A call begins when enough of the last hops are
/// speech: ringing, tones and music are none. It ends when the line has fallen dead, when nobody has spoken for long (music
/// on hold), or when the device has been away for longer still.
public struct CallBoundary: Sendable {
    public struct Options: Sendable, Equatable {
        /// Speech within `startWithinSeconds` that begins a call.
        public var startAfterSpeechSeconds = 0.6
        public var startWithinSeconds = 2.0
        /// Silence of the line that ends a call: hung up.
        public var endAfterSilenceSeconds = 10.0
        /// The level below which the line is silent, in dB relative to full scale.
        public var silenceBelowDBFS = -65.0
        /// Time without speech that ends a call though the line is not silent.
        public var endAfterNoSpeechSeconds = 90.0
        /// Time without any sound from the device that ends a call.
        public var endAfterAwaySeconds = 300.0

        public init() {}
    }

    /// What was heard in one hop, on all legs together.
    public struct Heard: Sendable, Equatable {
        public var isSpeech: Bool
        /// Of the loudest leg.
        public var levelDBFS: Double
        /// Sound was missing on every leg.
        public var isAway: Bool

        public init(isSpeech: Bool, levelDBFS: Double, isAway: Bool = false) {
            self.isSpeech = isSpeech
            self.levelDBFS = levelDBFS
            self.isAway = isAway
        }
    }

    public enum Action: Sendable, Equatable {
        case begin
        case end(EndReason)
    }

    public var options: Options
    private let hopSeconds: Double
    /// Newest last; `startWithinSeconds` long.
    private var recentSpeech: [Bool] = []
    private var silentHops = 0
    private var speechlessHops = 0
    private var awayHops = 0
    public private(set) var isInCall = false

    public init(options: Options = Options(), hopSeconds: Double) {
        precondition(hopSeconds > 0, "a hop takes time")
        self.options = options
        self.hopSeconds = hopSeconds
    }

    /// Takes one more hop.
    public mutating func push(_ heard: Heard) -> Action? {
        isInCall ? pushInCall(heard) : pushWaiting(heard)
    }

    /// A call was begun or ended from outside.
    public mutating func set(inCall: Bool) {
        isInCall = inCall
        (silentHops, speechlessHops, awayHops) = (0, 0, 0)
        recentSpeech = []
    }

    private mutating func pushWaiting(_ heard: Heard) -> Action? {
        recentSpeech.append(heard.isSpeech)
        let most = max(hops(options.startWithinSeconds), 1)
        if recentSpeech.count > most { recentSpeech.removeFirst(recentSpeech.count - most) }
        guard recentSpeech.count(where: { $0 }) >= max(hops(options.startAfterSpeechSeconds), 1) else { return nil }
        set(inCall: true)
        return .begin
    }

    private mutating func pushInCall(_ heard: Heard) -> Action? {
        if heard.isAway {
            // Nobody knows whether anybody speaks, so the other two clocks stand still.
            awayHops += 1
            return awayHops >= hops(options.endAfterAwaySeconds) ? end(.away) : nil
        }
        awayHops = 0
        speechlessHops = heard.isSpeech ? 0 : speechlessHops + 1
        silentHops = heard.isSpeech || heard.levelDBFS >= options.silenceBelowDBFS ? 0 : silentHops + 1
        if silentHops >= hops(options.endAfterSilenceSeconds) { return end(.silence) }
        return speechlessHops >= hops(options.endAfterNoSpeechSeconds) ? end(.noSpeech) : nil
    }

    private mutating func end(_ reason: EndReason) -> Action {
        set(inCall: false)
        return .end(reason)
    }

    private func hops(_ seconds: Double) -> Int { Int((seconds / hopSeconds).rounded(.up)) }
}
