import Alerting

/// What a leg of a call was found to be.
public enum Outcome: String, Sendable, Codable, CaseIterable {
    case human, synthetic, inconclusive
}

/// Why an outcome is `inconclusive`.
public enum InconclusiveReason: String, Sendable, Codable, CaseIterable {
    /// Nothing on the leg was speech.
    case noSpeech
    /// Speech, but less than the operating point's minimum.
    case tooLittleSpeech
    /// The line is unlike anything that the error rates were measured on.
    case outsideMeasuredConditions
    /// One channel holds both parties, and which of them is the machine cannot be said. Not given yet: an alert on a mixed
    /// channel is `synthetic` with the mark `mixed?`, since it warns whoever listens.
    case mixedParties
    /// Enough speech, but the likelihood ratio lies between the two thresholds: to call it either way would be a guess.
    case weakEvidence
}

/// The band a leg was heard in; calibration and error rates are stated per band.
public enum Bandwidth: String, Sendable, Codable, CaseIterable {
    /// Up to about 3.4 kHz: a classic telephone line.
    case narrowband
    /// Up to about 7 kHz or more: HD voice, internet calls.
    case wideband
}

/// One hop (200 ms) of the score track.
public struct HopScore: Sendable, Equatable {
    /// The hop's first sample at 16 kHz.
    public var startSample: Int
    /// Raw, uncalibrated increment (network output, positive is synthetic); meaningless where `isSpeech` is false.
    public var evidence: Float
    /// Probability that somebody speaks in this hop, 0...1.
    public var speechProbability: Float
    /// Whether the hop adds to net speech.
    public var isSpeech: Bool
    /// Calibrated log likelihood ratio of the sliding window that ends with this hop (natural log, positive is
    /// synthetic); nil before the first speech.
    public var windowLLR: Double?
    /// Root mean square of the hop in dB relative to full scale; -infinity for digital silence.
    public var levelDBFS: Float

    public init(startSample: Int, evidence: Float, speechProbability: Float, isSpeech: Bool, windowLLR: Double?, levelDBFS: Float) {
        self.startSample = startSample
        self.evidence = evidence
        self.speechProbability = speechProbability
        self.isSpeech = isSpeech
        self.windowLLR = windowLLR
        self.levelDBFS = levelDBFS
    }
}

/// All that the screener found on one leg.
public struct LegResult: Sendable, Equatable {
    public var outcome: Outcome
    /// Set exactly when the outcome is `inconclusive`.
    public var reason: InconclusiveReason?
    /// Calibrated log likelihood ratio of all the leg's net speech (natural log, positive is synthetic); nil only for
    /// `noSpeech`.
    public var llr: Double?
    public var netSpeechSeconds: Double
    public var durationSeconds: Double
    public var bandwidth: Bandwidth
    /// In order of time.
    public var alerts: [Alert]
    /// The window with the highest `windowLLR`; nil where no window held the minimum of net speech.
    public var strongest: Stretch?
    /// The channel seems to hold more than one party, one of them machine-made (printed as `mixed?`).
    public var mayBeMixed: Bool
    /// The score track, one entry a hop; empty unless it was asked for.
    public var track: [HopScore]
    /// A small spectrogram, present when it was asked for.
    public var spectrogram: SpectrogramOverview?

    public init(
        outcome: Outcome, reason: InconclusiveReason?, llr: Double?, netSpeechSeconds: Double, durationSeconds: Double,
        bandwidth: Bandwidth, alerts: [Alert], strongest: Stretch?, mayBeMixed: Bool, track: [HopScore] = [],
        spectrogram: SpectrogramOverview? = nil
    ) {
        self.outcome = outcome
        self.reason = reason
        self.llr = llr
        self.netSpeechSeconds = netSpeechSeconds
        self.durationSeconds = durationSeconds
        self.bandwidth = bandwidth
        self.alerts = alerts
        self.strongest = strongest
        self.mayBeMixed = mayBeMixed
        self.track = track
        self.spectrogram = spectrogram
    }
}

/// A spectrogram small enough to print: one column a hop, `bandCount` linear bands from 0 to 8 kHz.
public struct SpectrogramOverview: Sendable, Equatable {
    /// Bands a column, lowest frequency first.
    public static let bandCount = 64
    /// Length of a column in seconds.
    public var columnSeconds: Double
    /// Level in dB relative to full scale, clamped to -120...0, stored as `dB + 120`; column after column.
    public var levels: [UInt8]

    public init(columnSeconds: Double, levels: [UInt8] = []) {
        self.columnSeconds = columnSeconds
        self.levels = levels
    }
}

/// What every result names, so that it can be made again.
public struct Provenance: Sendable, Equatable {
    /// The program's version.
    public var build: String
    /// The model's name and identity (the first 12 hexadecimal digits of its SHA-256 are enough to print).
    public var modelName: String
    public var modelIdentity: String
    /// The operating point and whether it is provisional.
    public var operatingPoint: OperatingPoint
    /// Which instruction level the network's kernels ran at.
    public var kernel: String

    public init(build: String, modelName: String, modelIdentity: String, operatingPoint: OperatingPoint, kernel: String) {
        self.build = build
        self.modelName = modelName
        self.modelIdentity = modelIdentity
        self.operatingPoint = operatingPoint
        self.kernel = kernel
    }
}
