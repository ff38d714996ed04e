import Text

/// Which way a system's scores grow, and how that is known.
///
/// Rule: what is told counts; a file of our own is never turned; the polarity of any other is guessed from the labels and said
/// beside every figure. Why: published detectors differ, most of them write bona fide higher. Otherwise a good detector reads
/// as a bad one, or, where the guess is silent, one below chance as one above it.
public struct ScorePolarity: Sendable, Equatable {
    public enum Ground: String, Sendable, Codable {
        /// Whoever asked for the figures said so.
        case told
        /// The file is our own: positive is synthetic.
        case own
        /// The way with the lower EER over the trials that have a score; with equal ones the file stays as it is.
        case guessed
    }

    /// What a high score means: `human` or `synthetic`. Scores for which it is `human` have been negated.
    public var higherIs: Trial.Label
    public var ground: Ground
    /// The EER as read, and read the other way, fractions; nil where nothing was guessed.
    public var eer: Double?
    public var otherEER: Double?

    public init(higherIs: Trial.Label, ground: Ground, eer: Double? = nil, otherEER: Double? = nil) {
        self.higherIs = higherIs
        self.ground = ground
        self.eer = eer
        self.otherEER = otherEER
    }

    /// From this EER on a guess proves nothing: on other trials it could be the other way. Intervals by source reach ten
    /// points and more to either side, and a published detector that stands at 61 % on telephone calls is guessed to 39 %.
    public static let nearChance = 0.35
}

extension TrialTable {
    /// Joins a score file, see `join(_:higherIsHuman:)`, and brings its scores to our polarity, positive is synthetic.
    ///
    /// - Parameter told: What a high score means, where that is known.
    /// - Throws: `TableError` as `join` does.
    @discardableResult
    public mutating func join(_ file: ScoreFile, higherIs told: Trial.Label? = nil) throws(TableError) -> ScorePolarity {
        precondition(told == nil || told == .human || told == .synthetic, "a score grows with humanness or with being synthetic")
        try join(file.table)
        var result = ScorePolarity(higherIs: told ?? .synthetic, ground: told == nil ? .own : .told)
        if told == nil, !file.isOwn {
            let scored = trials.filter { $0.score != nil && ($0.label == .human || $0.label == .synthetic) }
            result.ground = .guessed
            // Without both classes there is nothing to guess from, and no figure either.
            if scored.contains(where: { $0.label == .human }), scored.contains(where: { $0.label == .synthetic }) {
                let kept = Figures.equalErrorRate(RankedTrials(scored).bins)
                let turned = Figures.equalErrorRate(RankedTrials(scored) { $0.score.map { -$0 } }.bins)
                result.higherIs = turned < kept ? .human : .synthetic
                (result.eer, result.otherEER) = (min(kept, turned), max(kept, turned))
            }
        }
        if result.higherIs == .human {
            for index in trials.indices { trials[index].score = trials[index].score.map { -$0 } }
        }
        return result
    }
}
