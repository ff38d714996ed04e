import Foundation

/// How well something that is no voice separates the classes: one column's value taken as the score.
///
/// A headline means nothing unless it beats these. A null has no direction of its own: the better of both polarities is
/// taken, so it never exceeds one half by more than the grain of the trials.
public struct NullFigures: Sendable, Equatable {
    public var column: String
    /// A fraction.
    public var eer: Double
    /// By source, at the polarity chosen on the whole.
    public var interval: Interval?
    /// Whether larger values were taken to be synthetic.
    public var higherIsSynthetic: Bool
    public var human: Int
    public var synthetic: Int
    /// Trials whose field is empty or no number; they are left out.
    public var left: Int

    /// nil where a class has no value in the column.
    init?(_ column: String, of trials: [Trial], options: SourceResampling.Options) {
        let valued = trials.filter { Self.value($0.groups[column]) != nil }
        let human = valued.count { $0.label == .human }
        guard human > 0, valued.count > human else { return nil }
        let up = RankedTrials(valued) { Self.value($0.groups[column]) }
        let down = RankedTrials(valued) { Self.value($0.groups[column]).map { -$0 } }
        let upEER = Figures.equalErrorRate(up.bins)
        let downEER = Figures.equalErrorRate(down.bins)
        self.column = column
        higherIsSynthetic = upEER <= downEER
        eer = min(upEER, downEER)
        self.human = human
        synthetic = valued.count - human
        left = trials.count - valued.count

        let ranked = higherIsSynthetic ? up : down
        let resampling = SourceResampling(valued, options: options)
        var bins = ranked.bins
        var draws: [Double] = []
        let redrawn = resampling.forEachDraw { picked in
            ranked.count(picked, unitOfTrial: resampling.unitOfTrial, into: &bins)
            draws.append(Figures.equalErrorRate(bins))
        }
        interval = redrawn == nil ? nil : resampling.errorInterval(of: draws)
    }

    /// A field as a number; the two bandwidths of the analysis records are ordered.
    private static func value(_ field: String?) -> Double? {
        switch field {
        case nil: nil
        case "narrowband"?: 0
        case "wideband"?: 1
        case let field?: Double(field).flatMap { $0.isFinite ? $0 : nil }
        }
    }
}

extension Figures {
    /// `eer` alone, for the many sets that need no other figure. Complexity: linear.
    ///
    /// - Precondition: both classes have a trial.
    public static func equalErrorRate(_ bins: ScoreBins) -> Double {
        let humans = bins.humanCount
        let synthetics = bins.syntheticCount
        precondition(humans > 0 && synthetics > 0, "an equal error rate needs trials of both classes")
        var flagged = humans
        var missed = 0
        var nearest = Int.max
        var rate = Double.nan
        for index in 0...bins.scores.count {
            let distance = abs(flagged * synthetics - missed * humans)
            if distance < nearest {
                nearest = distance
                rate = (Double(flagged) / Double(humans) + Double(missed) / Double(synthetics)) / 2
            }
            guard index < bins.scores.count else { break }
            flagged -= bins.human[index]
            missed += bins.synthetic[index]
        }
        return rate
    }
}
