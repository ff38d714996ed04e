/// How much of one class was left without an answer, and what was decided on the rest.
///
/// Abstaining must never win: these shares stand beside every figure.
public struct ClassShares: Sendable, Equatable, Codable {
    public var trials: Int
    /// Trials without a score. They count with the wrong extreme score.
    public var unscored: Int
    /// The program's outcomes, where the table has them. An inconclusive trial is not detected.
    public var saidHuman: Int
    public var saidSynthetic: Int
    public var inconclusive: Int

    init<Trials: Sequence>(_ trials: Trials) where Trials.Element == Trial {
        self.trials = 0
        unscored = 0
        saidHuman = 0
        saidSynthetic = 0
        inconclusive = 0
        for trial in trials {
            self.trials += 1
            if trial.score == nil { unscored += 1 }
            switch trial.outcome {
            case .human: saidHuman += 1
            case .synthetic: saidSynthetic += 1
            case .inconclusive: inconclusive += 1
            case nil: break
            }
        }
    }

    /// Whether any trial carries an outcome.
    public var hasOutcomes: Bool { saidHuman + saidSynthetic + inconclusive > 0 }

    /// A count as a fraction of the class; NaN when it is empty.
    public func share(_ count: Int) -> Double { Double(count) / Double(trials) }
}
