import Foundation

/// What somebody who knows says a call was.
public struct Judgement: Sendable, Equatable {
    public enum Verdict: String, Sendable, CaseIterable {
        case human, synthetic
        /// A machine's voice that said so.
        case disclosed
        case unsure
    }

    public var verdict: Verdict
    /// Who judged: a name or initials of the reviewer.
    public var judge: String
    /// The judge had seen Falsetto's own score: such a judgement leans on it, and is no independent label.
    public var sawScore: Bool
    public var judgedAt: Date
    /// What the judge adds in words.
    public var note: String?
    /// Its place among all judgements of the store, ascending.
    public var number: Int64

    public init(verdict: Verdict, judge: String, sawScore: Bool, judgedAt: Date, note: String? = nil, number: Int64 = 0) {
        self.verdict = verdict
        self.judge = judge
        self.sawScore = sawScore
        self.judgedAt = judgedAt
        self.note = note
        self.number = number
    }
}
