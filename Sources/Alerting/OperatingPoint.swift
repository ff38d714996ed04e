/// Where the screener draws its lines, and how often those lines were measured to be wrong.
///
/// All likelihood ratios are natural logs, positive is synthetic. An operating point belongs to one model: a threshold
/// means nothing without the scores it was chosen on.
public struct OperatingPoint: Sendable, Equatable, Codable {
    /// The name that results carry, such as `provisional`.
    public var name: String
    /// A window at or above this `windowLLR` raises an alert.
    public var alertAtWindowLLR: Double
    /// An alert ends when `windowLLR` falls below this; never above `alertAtWindowLLR`.
    public var alertEndsBelowWindowLLR: Double
    /// A leg at or above this `llr` is called synthetic even if no window alerted.
    public var syntheticAtLLR: Double
    /// A leg below this `llr` (and with no alert) is called human; between the two the evidence is too weak to say.
    public var humanBelowLLR: Double
    /// Net speech that the sliding window holds, in seconds.
    public var windowNetSpeechSeconds: Double
    /// Net speech below which there is no verdict and no alert, in seconds.
    public var minimumNetSpeechSeconds: Double
    /// What the false-alarm rate was measured to be at these thresholds; nil as long as nobody measured it.
    public var measurement: Measurement?

    /// Nobody has measured this point: its thresholds are provisional, and whoever prints it says so.
    public var isProvisional: Bool { measurement == nil }

    /// Whether some net speech is enough for a verdict. Net speech is a count of hops times their length, which may miss a
    /// round number by a rounding error; a microsecond of slack takes that up.
    public func isEnough(netSpeechSeconds: Double) -> Bool { netSpeechSeconds >= minimumNetSpeechSeconds - 1e-6 }

    /// The measured false alarms of an operating point and what they were measured on.
    public struct Measurement: Sendable, Equatable, Codable {
        /// Alerts raised on human legs.
        public var falseAlarms: Int
        /// Hours of human net speech listened to.
        public var netSpeechHours: Double
        /// The promised upper bound, in alerts per hour of net speech (95 %, one-sided).
        public var falseAlarmsPerHourBound: Double
        /// What was listened to, in one sentence.
        public var description: String

        public init(falseAlarms: Int, netSpeechHours: Double, falseAlarmsPerHourBound: Double, description: String) {
            self.falseAlarms = falseAlarms
            self.netSpeechHours = netSpeechHours
            self.falseAlarmsPerHourBound = falseAlarmsPerHourBound
            self.description = description
        }
    }

    public init(
        name: String, alertAtWindowLLR: Double, alertEndsBelowWindowLLR: Double, syntheticAtLLR: Double,
        humanBelowLLR: Double, windowNetSpeechSeconds: Double, minimumNetSpeechSeconds: Double,
        measurement: Measurement? = nil
    ) {
        precondition(alertEndsBelowWindowLLR <= alertAtWindowLLR, "an alert cannot end above the level that raises it")
        precondition(humanBelowLLR <= syntheticAtLLR, "a leg cannot be human and synthetic at one llr")
        precondition(windowNetSpeechSeconds >= minimumNetSpeechSeconds, "the window must be able to hold the minimum")
        self.name = name
        self.alertAtWindowLLR = alertAtWindowLLR
        self.alertEndsBelowWindowLLR = alertEndsBelowWindowLLR
        self.syntheticAtLLR = syntheticAtLLR
        self.humanBelowLLR = humanBelowLLR
        self.windowNetSpeechSeconds = windowNetSpeechSeconds
        self.minimumNetSpeechSeconds = minimumNetSpeechSeconds
        self.measurement = measurement
    }

    /// The point used until one is measured on whole calls: 20 to 1 for an alert, since a person wrongly flagged is the worse
    /// error as long as nobody knows how often it happens; 7 to 1 for human, since a false all-clear is an error too.
    public static let provisional = OperatingPoint(
        name: "provisional", alertAtWindowLLR: 3, alertEndsBelowWindowLLR: 1.5, syntheticAtLLR: 3, humanBelowLLR: -2,
        windowNetSpeechSeconds: 6, minimumNetSpeechSeconds: 3)
}
