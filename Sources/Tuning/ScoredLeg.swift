import Alerting
import Evaluation

/// A leg with its truth and its score track: all that tuning needs, and nothing of its sound.
public struct ScoredLeg: Sendable {
    /// What the leg is to the count.
    public enum Kind: Sendable, Equatable {
        /// People only. Alarms on it are false, and its speech is exposure.
        case human
        /// A synthetic voice begins at a sample; before it a person spoke, or nobody.
        case synthetic(startSample: Int, isMidCall: Bool)
        /// People after speech enhancement, or no speech at all: told apart, in no bound.
        case other(Trial.Label)
    }

    /// The recording and the leg, for the one line that names what is wrong with it.
    public var name: String
    public var kind: Kind
    /// Samples of the stretches that count: human ones of a human leg, synthetic ones of a synthetic leg. In order.
    public var counted: [Range<Int>]
    /// Empty when unknown.
    public var speaker: String
    public var source: String
    public var recording: String
    public var groups: [String: String]
    public var hops: [Hop]
    /// It is its recording's only channel.
    public var mayHoldBothParties: Bool
    /// Nothing is chosen or fitted on it.
    public var isMeasuredOnly: Bool

    public init(
        name: String, kind: Kind, counted: [Range<Int>], speaker: String = "", source: String = "", recording: String = "",
        groups: [String: String] = [:], hops: [Hop], mayHoldBothParties: Bool = false, isMeasuredOnly: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.counted = counted
        self.speaker = speaker
        self.source = source
        self.recording = recording
        self.groups = groups
        self.hops = hops
        self.mayHoldBothParties = mayHoldBothParties
        self.isMeasuredOnly = isMeasuredOnly
    }

    /// - Parameter hopSamples: length of a hop; the last one is whole.
    public init(_ leg: LabelledLeg, name: String, hops: [Hop], hopSamples: Int, mayHoldBothParties: Bool) {
        let end = (hops.last?.startSample ?? 0) + hopSamples
        func samples(_ stretch: LabelledLeg.Stretch) -> Range<Int> {
            func sample(_ seconds: Double) -> Int { Int((min(seconds, 1e9) * Double(LegTime.sampleRate)).rounded()) }
            let start = min(sample(stretch.startSeconds), end)
            // The last hop may reach past the end of the recording: what is said to last to the end holds it too.
            let last = stretch.endSeconds.map(sample).map { $0 + hopSamples > end ? end : $0 } ?? end
            return start..<max(start, last)
        }
        let label = leg.label
        let kind: Kind =
            switch label {
            case .human: .human
            case .synthetic:
                .synthetic(
                    startSample: samples(leg.stretches.first { $0.label == .synthetic }!).lowerBound,
                    isMidCall: leg.stretches.contains { $0.label == .human || $0.label == .enhanced })
            case .enhanced, .nonspeech: .other(label)
            }
        self.init(
            name: name, kind: kind, counted: leg.stretches.filter { $0.label == label }.map(samples), speaker: leg.speaker,
            source: leg.source, recording: leg.recording, groups: leg.groups, hops: hops, mayHoldBothParties: mayHoldBothParties,
            isMeasuredOnly: leg.isMeasuredOnly)
    }

    public var isHuman: Bool { kind == .human }
    public var isSynthetic: Bool { if case .synthetic = kind { true } else { false } }

    /// Whether what ends at a sample lies in a stretch that counts.
    func counts(endSample: Int) -> Bool { counted.contains { $0.lowerBound < endSample && endSample <= $0.upperBound } }
}
