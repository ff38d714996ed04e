/// One recording whose truth is known, and what a system said of it.
public struct Trial: Sendable, Equatable {
    /// What the recording is.
    public enum Label: String, Sendable, Codable, CaseIterable {
        /// A person's recording; written `bonafide` (or `bona-fide`), `human`, `real` or `genuine`.
        case human
        /// Any synthesis, conversion or resynthesis; written `spoof`, `synthetic` or `fake`.
        case synthetic
        /// A person's recording after neural speech enhancement; in no pooled figure.
        case enhanced
        /// No speech at all; in no pooled figure.
        case nonspeech

        /// The label a manifest's word stands for, or nil.
        public init?(word: String) {
            switch word.lowercased() {
            case "bonafide", "bona-fide", "real", "genuine": self = .human
            case "spoof", "fake": self = .synthetic
            case let word: self.init(rawValue: word)
            }
        }

        /// What error lines say may be written.
        package static let words = "bonafide (or human), spoof (or synthetic), enhanced, nonspeech"
    }

    /// What the program decided, as in its analysis records.
    public enum Outcome: String, Sendable, Codable, CaseIterable {
        case human, synthetic, inconclusive
    }

    /// The recording, as the manifest names it: the key that scores are joined by.
    public var path: String
    public var label: Label
    /// Natural log, positive is synthetic; always finite. nil: the system gave none.
    public var score: Double?
    public var outcome: Outcome?
    /// Every other column of the manifest that is not empty on this row, by the column's name.
    public var groups: [String: String]
    /// The line of the manifest the trial stands on.
    public var line: Int

    public init(
        path: String, label: Label, score: Double? = nil, outcome: Outcome? = nil, groups: [String: String] = [:],
        line: Int = 0
    ) {
        precondition(score?.isFinite ?? true, "a score must be finite")
        self.path = path
        self.label = label
        self.score = score
        self.outcome = outcome
        self.groups = groups
        self.line = line
    }

    /// The page or data set the recording is from; empty when unknown.
    public var source: String { groups["source"] ?? "" }
    /// Empty when unknown.
    public var speaker: String { groups["speaker"] ?? "" }
}
