import Alerting
import Policies

/// One hop of the score track: what the judge took, and what it made of it.
public struct HopScore: Sendable, Equatable {
    public var hop: Hop
    /// Probability that somebody speaks in this hop, 0...1.
    public var speechProbability: Float
    /// Calibrated log likelihood ratio of the sliding window that ends with this hop (natural log, positive is
    /// synthetic); nil while the window is empty: before the first speech, and after an alert has ended.
    public var windowLLR: Double?
    /// The change test's sum, in units of evidence, no LLR; nil where there is no change test.
    public var changeSum: Double?
    public var level: Level

    public init(hop: Hop, speechProbability: Float, windowLLR: Double?, changeSum: Double? = nil, level: Level = .clear) {
        self.hop = hop
        self.speechProbability = speechProbability
        self.windowLLR = windowLLR
        self.changeSum = changeSum
        self.level = level
    }

    public var startSample: Int { hop.startSample }
    public var startSeconds: Double { LegTime.seconds(hop.startSample) }
    /// Raw, uncalibrated increment; meaningless where `isSpeech` is false.
    public var evidence: Float { hop.evidence }
    /// Whether the hop adds to net speech.
    public var isSpeech: Bool { hop.isSpeech }
    /// Root mean square of the hop in dB relative to full scale; -infinity for digital silence.
    public var levelDBFS: Float { hop.levelDBFS }
}

/// All that the screener found on one leg; the verdict's members are its own.
@dynamicMemberLookup
public struct LegResult: Sendable, Equatable {
    public var verdict: Verdict
    public var durationSeconds: Double
    /// The score track, one entry a hop; empty unless it was asked for.
    public var track: [HopScore]
    /// A small spectrogram, present when it was asked for.
    public var spectrogram: SpectrogramOverview?

    public init(_ verdict: Verdict, durationSeconds: Double, track: [HopScore] = [], spectrogram: SpectrogramOverview? = nil) {
        self.verdict = verdict
        self.durationSeconds = durationSeconds
        self.track = track
        self.spectrogram = spectrogram
    }

    public subscript<Member>(dynamicMember path: WritableKeyPath<Verdict, Member>) -> Member {
        get { verdict[keyPath: path] }
        set { verdict[keyPath: path] = newValue }
    }

    public var bandwidth: Bandwidth { verdict.bandwidth }
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
    /// The policy that the operating point comes from; nil without one.
    public var policy: AppliedPolicy.Reference?
    /// Which instruction level the network's kernels ran at.
    public var kernel: String

    public init(
        build: String, modelName: String, modelIdentity: String, operatingPoint: OperatingPoint,
        policy: AppliedPolicy.Reference? = nil, kernel: String
    ) {
        self.build = build
        self.modelName = modelName
        self.modelIdentity = modelIdentity
        self.operatingPoint = operatingPoint
        self.policy = policy
        self.kernel = kernel
    }
}
