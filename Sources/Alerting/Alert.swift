/// One run of evidence that the voice is machine-made, and how often such an alert was measured to be wrong.
///
/// Likelihood ratios are natural logs, positive is synthetic.
public struct Alert: Sendable, Equatable, Codable {
    /// The kind of evidence that raised an alert. Where both reach their thresholds in one hop, the window is named.
    public enum Evidence: String, Sendable, Codable, CaseIterable {
        /// The last seconds of net speech, all of them.
        case window
        /// A change: what was heard since some moment, unlike what came before.
        case change
    }

    public var raisedBy: Evidence
    /// The earliest speech that the alert rests on: where the window begins, or the likeliest moment of the change.
    public var startSample: Int
    /// The moment of decision, in line time.
    public var atSample: Int
    /// The moment of decision, in seconds of net speech heard since the leg began.
    public var atNetSpeechSeconds: Double
    /// `windowLLR` at the moment of decision; of an alert by a change, with what was heard before the change still in it.
    public var windowLLR: Double
    /// The change test's sum at the moment of decision, in units of evidence; nil where there is no change test.
    public var changeSum: Double?
    /// Where the evidence ended, in line time; nil while it lasts, or when the leg ended first.
    public var endSample: Int?
    /// The strongest window of the alert.
    public var strongest: Stretch
    /// It rests on the leg's first speech: if it ends, that was an announcement.
    public var isOpening: Bool
    /// In what the line, at the moment of decision, was unlike those that the false alarms were measured on; empty where it
    /// was like them. An alert with an entry here carries no promise.
    public var outside: [Condition]
    /// What the line was like at that moment; nil where it was like the measured ones, and of alerts stored before it was kept.
    public var line: LineConditions?
    /// The name of the operating point.
    public var operatingPoint: String
    /// What was measured at that point; nil while it is provisional.
    public var measurement: OperatingPoint.Measurement?

    public init(
        raisedBy: Evidence = .window, startSample: Int, atSample: Int, atNetSpeechSeconds: Double, windowLLR: Double,
        changeSum: Double? = nil, endSample: Int? = nil, strongest: Stretch, isOpening: Bool = false, outside: [Condition] = [],
        line: LineConditions? = nil, operatingPoint: String, measurement: OperatingPoint.Measurement? = nil
    ) {
        self.raisedBy = raisedBy
        self.startSample = startSample
        self.atSample = atSample
        self.atNetSpeechSeconds = atNetSpeechSeconds
        self.windowLLR = windowLLR
        self.changeSum = changeSum
        self.endSample = endSample
        self.strongest = strongest
        self.isOpening = isOpening
        self.outside = outside
        self.line = line
        self.operatingPoint = operatingPoint
        self.measurement = measurement
    }

    public var startSeconds: Double { LegTime.seconds(startSample) }
    public var atSeconds: Double { LegTime.seconds(atSample) }
    public var endSeconds: Double? { endSample.map(LegTime.seconds) }
}

/// A window of line time and the likelihood ratio of the speech in it.
public struct Stretch: Sendable, Equatable, Codable {
    public var startSample: Int
    public var endSample: Int
    /// Natural log, positive is synthetic; calibrated for the net speech in the window.
    public var windowLLR: Double

    public init(startSample: Int, endSample: Int, windowLLR: Double) {
        self.startSample = startSample
        self.endSample = endSample
        self.windowLLR = windowLLR
    }

    public var startSeconds: Double { LegTime.seconds(startSample) }
    public var endSeconds: Double { LegTime.seconds(endSample) }
}
