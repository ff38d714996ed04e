/// How much the evidence of the moment speaks for a machine-made voice.
public enum Level: String, Sendable, Codable, CaseIterable {
    case clear
    /// Worth an eye, not a warning: nobody is told, and no false-alarm rate is promised for it.
    case watch
    /// A warning: the false alarms of this level are what an operating point promises.
    case alert
}

/// The two thresholds between which a level holds once it has begun.
public struct Hysteresis: Sendable, Equatable, Codable {
    /// The level begins at this value or above.
    public var begins: Double
    /// The level has ended below this value; never above `begins`.
    public var endsBelow: Double

    public init(begins: Double, endsBelow: Double) {
        self.begins = begins
        self.endsBelow = endsBelow
    }
}

/// When a level begins and when it ends. It begins when either kind of evidence reaches it, and ends when both have left it.
public struct LevelRule: Sendable, Equatable, Codable {
    /// On `windowLLR`: calibrated, natural log, positive is synthetic.
    public var window: Hysteresis
    /// On the sum of the change test: uncalibrated evidence, no LLR scale; nil where the change test does not count.
    public var change: Hysteresis?
    /// Net speech of the present voice below which the level cannot begin, in seconds.
    public var minimumNetSpeechSeconds: Double
    /// Net speech for which the evidence must stay away before the level ends, in seconds: 0 ends it at once.
    public var holdNetSpeechSeconds: Double

    public init(
        window: Hysteresis, change: Hysteresis? = nil, minimumNetSpeechSeconds: Double, holdNetSpeechSeconds: Double = 0
    ) {
        self.window = window
        self.change = change
        self.minimumNetSpeechSeconds = minimumNetSpeechSeconds
        self.holdNetSpeechSeconds = holdNetSpeechSeconds
    }

    /// What is wrong with the numbers, in one sentence; nil when they make a rule.
    var fault: String? {
        for (name, thresholds) in [("window", window), ("change", change)] {
            guard let thresholds else { continue }
            if thresholds.begins.isNaN || thresholds.endsBelow.isNaN { return "\(name) has a threshold that is not a number" }
            if thresholds.endsBelow > thresholds.begins { return "\(name) ends above the threshold at which it begins" }
        }
        if let change, change.begins <= 0 || change.endsBelow < 0 { return "change thresholds lie at or below the floor, 0" }
        guard minimumNetSpeechSeconds.isFinite, minimumNetSpeechSeconds >= 0 else { return "minimumNetSpeechSeconds is no duration" }
        guard 0...3600 ~= holdNetSpeechSeconds else { return "holdNetSpeechSeconds is not within an hour" }
        return nil
    }
}
