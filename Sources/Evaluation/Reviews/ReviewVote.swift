/// What one person said of one call.
public struct ReviewVote: Sendable, Equatable {
    public enum Verdict: String, Sendable, CaseIterable { case human, synthetic, disclosed, unsure }

    public var call: String
    public var reviewer: String
    /// The day on which it was said, such as `2026-11-30`.
    public var day: String
    public var verdict: Verdict
    /// Its place among all votes, ascending: of two by one person of one call the later counts.
    public var number: Int64

    public init(call: String, reviewer: String, day: String, verdict: Verdict, number: Int64) {
        self.call = call
        self.reviewer = reviewer
        self.day = day
        self.verdict = verdict
        self.number = number
    }

    /// What it says of how the voice was made; nil for `unsure`. A machine's voice that said so is a machine's voice.
    public var isSynthetic: Bool? {
        switch verdict {
        case .human: false
        case .synthetic, .disclosed: true
        case .unsure: nil
        }
    }
}
