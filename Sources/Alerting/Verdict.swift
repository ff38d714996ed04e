/// What a leg of a call was found to be.
public enum Outcome: String, Sendable, Codable, CaseIterable {
    case human, synthetic, inconclusive
    /// A machine voice that said so: not judged further.
    case syntheticDisclosed
}

/// Why an outcome is `inconclusive`.
public enum InconclusiveReason: String, Sendable, Codable, CaseIterable {
    /// Nothing on the leg was speech.
    case noSpeech
    /// Speech, but less than the operating point's minimum.
    case tooLittleSpeech
    /// The line is unlike those that the error rates were measured on.
    case outsideMeasuredConditions
    /// One channel holds both parties, and which of them is the machine cannot be said. Not given yet: an alert on a mixed
    /// channel is `synthetic` with the mark `mixed?`, since it warns whoever listens.
    case mixedParties
    /// Enough speech, but the likelihood ratio lies between the two thresholds: to call it either way would be a guess.
    case weakEvidence
}

/// What was heard on a leg after the announcement that opened it.
public struct NextVoice: Sendable, Equatable, Codable {
    /// Where the announcement's evidence had ended.
    public var startSample: Int
    public var netSpeechSeconds: Double
    /// Calibrated for the net speech since the announcement; natural log, positive is synthetic.
    public var llr: Double

    public init(startSample: Int, netSpeechSeconds: Double, llr: Double) {
        self.startSample = startSample
        self.netSpeechSeconds = netSpeechSeconds
        self.llr = llr
    }

    public var startSeconds: Double { LegTime.seconds(startSample) }
}

/// All that the judge found on one leg.
public struct Verdict: Sendable, Equatable, Codable {
    public var outcome: Outcome
    /// Set exactly when the outcome is `inconclusive`.
    public var reason: InconclusiveReason?
    /// Calibrated log likelihood ratio of all the leg's net speech (natural log, positive is synthetic); nil only without
    /// speech.
    public var llr: Double?
    /// The same of the leg's first speech alone, as much as a verdict needs (`OperatingPoint.minimumNetSpeechSeconds`); nil with less. An LLR grows
    /// with the speech behind it, so legs of any length can be compared by this one only.
    public var openingLLR: Double?
    public var netSpeechSeconds: Double
    /// What the line was like.
    public var conditions: LineConditions
    /// In what it was unlike the lines that the operating point was measured on; empty where it was like them.
    public var outside: [Condition]
    /// In order of time.
    public var alerts: [Alert]
    /// The window with the highest `windowLLR`; nil where no window held the minimum of net speech.
    public var strongest: Stretch?
    /// The channel seems to hold more than one party, one of them machine-made (printed as `mixed?`).
    public var mayBeMixed: Bool
    /// Set where the outcome is that of the voice that followed an announcement.
    public var nextVoice: NextVoice?
    /// Where the caller's voice was said to be a machine's; nil where nobody said so.
    public var disclosedAtSample: Int?

    public init(
        outcome: Outcome, reason: InconclusiveReason? = nil, llr: Double?, netSpeechSeconds: Double, conditions: LineConditions,
        outside: [Condition] = [], alerts: [Alert] = [], strongest: Stretch? = nil, mayBeMixed: Bool = false,
        nextVoice: NextVoice? = nil, disclosedAtSample: Int? = nil, openingLLR: Double? = nil
    ) {
        self.outcome = outcome
        self.reason = reason
        self.llr = llr
        self.openingLLR = openingLLR
        self.netSpeechSeconds = netSpeechSeconds
        self.conditions = conditions
        self.outside = outside
        self.alerts = alerts
        self.strongest = strongest
        self.mayBeMixed = mayBeMixed
        self.nextVoice = nextVoice
        self.disclosedAtSample = disclosedAtSample
    }

    public var bandwidth: Bandwidth { conditions.bandwidth }

    /// How often a person on this leg would have been called a machine: the alerts, and where none was raised an outcome of
    /// `synthetic` by the leg's `llr`. This is what false alarms are counted in, so that no path to `synthetic` is left out
    /// of the promise.
    public var alarmCount: Int { alerts.isEmpty && outcome == .synthetic ? 1 : alerts.count }
}
