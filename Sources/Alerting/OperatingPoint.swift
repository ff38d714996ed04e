/// Where the judge draws its lines, on which lines that holds, and how often it was measured to be wrong.
///
/// All likelihood ratios are natural logs, positive is synthetic. An operating point belongs to one model: a threshold
/// means nothing without the scores it was chosen on.
public struct OperatingPoint: Sendable, Equatable, Codable {
    /// The name that results carry, such as `provisional`.
    public var name: String
    /// Net speech that the sliding window holds, in seconds.
    public var windowNetSpeechSeconds: Double
    /// What the change test takes off the evidence of every hop of speech; nil for no change test.
    public var changeDrift: Double?
    public var watch: LevelRule
    public var alert: LevelRule
    /// Evidence near `alert.window.begins` that raises an alert by staying; nil where only the threshold itself does, as in policies
    /// written before there was this.
    public var steady: Steady?
    /// A leg at or above this `llr` is called synthetic even if nothing alerted.
    public var syntheticAtLLR: Double
    /// A leg below this `llr` (and with no alert) is called human; between the two the evidence is too weak to say.
    public var humanBelowLLR: Double
    /// Net speech below which there is no verdict, in seconds.
    public var minimumNetSpeechSeconds: Double
    /// The lines that it holds for.
    public var conditions: MeasuredConditions
    /// What the false-alarm rate was measured to be at these thresholds; nil as long as nobody measured it.
    public var measurement: Measurement?

    /// Nobody has measured this point: its thresholds are provisional, and whoever prints it says so.
    public var isProvisional: Bool { measurement == nil }

    /// - Precondition: `fault` is nil for what is given.
    public init(
        name: String, windowNetSpeechSeconds: Double, changeDrift: Double? = nil, watch: LevelRule, alert: LevelRule,
        syntheticAtLLR: Double, humanBelowLLR: Double, minimumNetSpeechSeconds: Double,
        conditions: MeasuredConditions = .unlimited, measurement: Measurement? = nil
    ) {
        self.name = name
        self.windowNetSpeechSeconds = windowNetSpeechSeconds
        self.changeDrift = changeDrift
        self.watch = watch
        self.alert = alert
        self.syntheticAtLLR = syntheticAtLLR
        self.humanBelowLLR = humanBelowLLR
        self.minimumNetSpeechSeconds = minimumNetSpeechSeconds
        self.conditions = conditions
        self.measurement = measurement
        precondition(fault == nil, fault ?? "")
    }

    /// What is wrong with the numbers, in one sentence; nil when they make an operating point.
    public var fault: String? {
        if name.isEmpty { return "the name is empty" }
        guard windowNetSpeechSeconds.isFinite, 0.2...600 ~= windowNetSpeechSeconds else {
            return "windowNetSpeechSeconds is not within 0.2...600"
        }
        if let changeDrift, !changeDrift.isFinite { return "changeDrift is not finite" }
        for (name, rule) in [("watch", watch), ("alert", alert)] {
            if let fault = rule.fault { return "\(name): \(fault)" }
            if rule.change != nil, changeDrift == nil { return "\(name) has a change threshold, but there is no changeDrift" }
            if rule.minimumNetSpeechSeconds > windowNetSpeechSeconds { return "\(name): the window cannot hold the minimum of net speech" }
        }
        if watch.window.begins > alert.window.begins { return "watch begins above alert" }
        if let fault = steady?.fault(for: alert) { return "steady: \(fault)" }
        if let watch = watch.change, let alert = alert.change, watch.begins > alert.begins { return "watch begins above alert on the change" }
        guard minimumNetSpeechSeconds.isFinite, minimumNetSpeechSeconds > 0 else { return "minimumNetSpeechSeconds is not positive" }
        if alert.minimumNetSpeechSeconds < minimumNetSpeechSeconds { return "an alert needs at least the net speech of a verdict" }
        if syntheticAtLLR.isNaN || humanBelowLLR.isNaN { return "a threshold of the leg is not a number" }
        if humanBelowLLR > syntheticAtLLR { return "a leg would be human and synthetic at one llr" }
        if let fault = conditions.fault { return "conditions: \(fault)" }
        if let fault = measurement?.fault { return "measurement: \(fault)" }
        return nil
    }

    /// The point used until one is measured on whole calls: 20 to 1 for an alert, since a person wrongly flagged is the worse
    /// error as long as nobody knows how often it happens; 7 to 1 for human, since a false all-clear is an error too. No
    /// change test: its threshold has no scale of its own, so it means nothing before it is measured.
    public static let provisional = OperatingPoint(
        name: "provisional", windowNetSpeechSeconds: 6,
        watch: LevelRule(window: Hysteresis(begins: 1.5, endsBelow: 0.5), minimumNetSpeechSeconds: 2),
        alert: LevelRule(window: Hysteresis(begins: 3, endsBelow: 1.5), minimumNetSpeechSeconds: 3),
        syntheticAtLLR: 3, humanBelowLLR: -2, minimumNetSpeechSeconds: 3, conditions: .undistorted)
}
