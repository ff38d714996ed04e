/// One run of evidence that the voice is machine-made.
///
/// Times are seconds from the start of the leg, derived from sample indices; likelihood ratios are natural logs,
/// positive is synthetic.
public struct Alert: Sendable, Equatable, Codable {
    /// Where the window that raised the alert begins: the earliest speech the alert rests on.
    public var startSeconds: Double
    /// The moment of decision, in line time.
    public var atSeconds: Double
    /// The moment of decision, in seconds of net speech heard since the leg began.
    public var atNetSpeechSeconds: Double
    /// `windowLLR` at the moment of decision.
    public var windowLLR: Double
    /// Where the evidence ended, in line time; nil while it lasts, or when the leg ended first.
    public var endSeconds: Double?
    /// The strongest window of the alert.
    public var strongest: Stretch

    public init(
        startSeconds: Double, atSeconds: Double, atNetSpeechSeconds: Double, windowLLR: Double,
        endSeconds: Double? = nil, strongest: Stretch
    ) {
        self.startSeconds = startSeconds
        self.atSeconds = atSeconds
        self.atNetSpeechSeconds = atNetSpeechSeconds
        self.windowLLR = windowLLR
        self.endSeconds = endSeconds
        self.strongest = strongest
    }
}

/// A window of line time and the likelihood ratio of the speech in it.
public struct Stretch: Sendable, Equatable, Codable {
    /// Seconds from the start of the leg.
    public var startSeconds: Double
    /// Seconds from the start of the leg.
    public var endSeconds: Double
    /// Natural log, positive is synthetic; calibrated for the net speech in the window.
    public var windowLLR: Double

    public init(startSeconds: Double, endSeconds: Double, windowLLR: Double) {
        self.startSeconds = startSeconds
        self.endSeconds = endSeconds
        self.windowLLR = windowLLR
    }
}
