import Foundation
import Text

/// Everything that `falsetto evaluate` says of one score set: a value that rooms above print.
///
/// Scores and thresholds are natural logs, positive is synthetic; rates are fractions; Cllr is in bits.
public struct EvaluationReport: Sendable {
    /// What was measured, such as the name of the score file.
    public var title: String
    /// What it was measured on, such as the name of the manifest.
    public var trials: String
    public var options: EvaluationOptions
    /// Which way the scores grew in the file they were read from; nil where the program scored the recordings itself.
    public var polarity: ScorePolarity?
    /// Over all human and synthetic trials.
    public var pooled: Figures
    /// Intervals of the pooled figures; a figure without one is missing.
    public var intervals: [Figure: Interval]
    public var confidence: Confidence
    public var human: ClassShares
    public var synthetic: ClassShares
    public var thresholds: PooledThresholds
    public var groups: [GroupFigures]
    public var worst: WorstGroups
    public var others: [OtherLabelFigures]
    public var nulls: [NullFigures]
    /// The detection error trade-off, every point that differs from the one before.
    public var curve: [CurvePoint]
    /// The interval of P_miss at some false-alarm rates.
    public var curveBand: [CurveBand]
    public var histogram: ScoreHistogram

    /// How the intervals were made.
    public struct Confidence: Sendable, Equatable {
        /// What was drawn again: `source`, or `trial` where no source is known.
        public var unit: String
        public var units: Int
        /// Trials of each class.
        public var human: Int
        public var synthetic: Int
        /// Draws that lacked a class, thrown away and drawn anew; nil when no interval could be made.
        public var redrawn: Int?
        /// Too few of a class for any interval.
        public var isTooSmall: Bool { min(human, synthetic) < SourceResampling.leastTrials }

        init(_ resampling: SourceResampling, redrawn: Int?) {
            unit = resampling.unit
            units = resampling.unitCount
            human = resampling.humanTrials
            synthetic = resampling.syntheticTrials
            self.redrawn = redrawn
        }
    }

    /// The interval of the miss rate where at most `falseAlarmRate` of the human trials are flagged.
    public struct CurveBand: Sendable, Equatable {
        public var falseAlarmRate: Double
        public var missRate: Interval
    }

    /// Evaluates a table of scored trials.
    ///
    /// - Throws: `TableError` when the table has no human or no synthetic trial, or no trial at all has a score, or
    ///   a column of the options is not there.
    /// - Complexity: n log n, and linear in n for each draw.
    public init(_ table: TrialTable, title: String, options: EvaluationOptions = EvaluationOptions()) throws(TableError) {
        let trials = table.trials.filter { $0.label == .human || $0.label == .synthetic }
        human = ClassShares(trials.filter { $0.label == .human })
        synthetic = ClassShares(trials.filter { $0.label == .synthetic })
        guard human.trials > 0, synthetic.trials > 0 else {
            throw TableError(
                "\(table.name): \(human.trials) human and \(synthetic.trials) synthetic trials; an evaluation needs both")
        }
        guard human.unscored + synthetic.unscored < trials.count else {
            throw TableError("\(table.name): no trial has a score")
        }
        let wanted = (options.groupColumns ?? []) + (options.nullColumns ?? [])
        for column in wanted where !table.groupColumns.contains(column) {
            throw TableError(
                "\(table.name): no column \"\(column)\"; there are \(table.groupColumns.joined(separator: ", "))")
        }
        self.title = title
        self.trials = table.name
        self.options = options

        let ranked = RankedTrials(trials)
        let pooled = Figures(ranked.bins, costs: options.costs)
        let thresholds = PooledThresholds(ranked.bins, figures: pooled)
        self.pooled = pooled
        self.thresholds = thresholds

        let resampling = SourceResampling(trials, options: options.resampling)
        var samples: [Figure: [Double]] = [:]
        var missRates = Array(repeating: [Double](), count: Self.bandGrid.count)
        var bins = ranked.bins
        let redrawn = resampling.forEachDraw { picked in
            ranked.count(picked, unitOfTrial: resampling.unitOfTrial, into: &bins)
            let figures = Figures(bins, costs: options.costs)
            for figure in Figure.allCases { samples[figure, default: []].append(figures[figure]) }
            for (index, rate) in bins.missRates(atFalseAlarmRates: Self.bandGrid).enumerated() {
                missRates[index].append(rate)
            }
        }
        confidence = Confidence(resampling, redrawn: redrawn)
        intervals = [:]
        for (figure, sample) in samples where redrawn != nil {
            switch figure {
            case .eer, .eerROCCH: intervals[figure] = resampling.errorInterval(of: sample)
            case .detectionAt1, .detectionAt5: intervals[figure] = resampling.detectionInterval(of: sample)
            default: intervals[figure] = resampling.interval(of: sample)
            }
        }
        curveBand =
            redrawn == nil
            ? []
            : zip(Self.bandGrid, missRates).compactMap { rate, sample in
                resampling.interval(of: sample).map { CurveBand(falseAlarmRate: rate, missRate: $0) }
            }

        let columns = options.groupColumns ?? EvaluationOptions.usualGroupColumns.filter(table.groupColumns.contains)
        let groups = columns.flatMap {
            GroupFigures.groups(
                by: $0, of: trials, pooled: ranked.bins, thresholds: thresholds, atLeast: options.worstGroupTrials)
        }
        self.groups = groups
        worst = WorstGroups(groups, atLeast: options.worstGroupTrials)
        others = OtherLabelFigures.all(in: table, thresholds: thresholds)
        nulls = (options.nullColumns ?? EvaluationOptions.usualNullColumns.filter(table.groupColumns.contains))
            .compactMap { NullFigures($0, of: trials, options: options.resampling) }
        curve = ranked.bins.curve.reduce(into: []) { kept, point in
            if kept.last?.falseAlarmRate != point.falseAlarmRate || kept.last?.missRate != point.missRate { kept.append(point) }
        }
        histogram = ScoreHistogram(ranked.bins)
    }

    /// False-alarm rates of the band, ascending: dense where a telephone line is to be run.
    static let bandGrid: [Double] = [
        0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.35,
        0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995,
    ]
}

extension ScoreBins {
    /// P_miss at the lowest threshold whose P_fa does not exceed each rate.
    ///
    /// - Parameter rates: Ascending.
    func missRates(atFalseAlarmRates rates: [Double]) -> [Double] {
        let humans = Double(humanCount)
        let synthetics = Double(syntheticCount)
        var result = [Double](repeating: 1, count: rates.count)
        var flagged = 0
        var caught = 0
        var rate = 0
        // From the threshold that flags none downwards: the last threshold passed is the lowest that still holds.
        for index in scores.indices.reversed() {
            let next = Double(flagged + human[index]) / humans
            while rate < rates.count, next > rates[rate] {
                result[rate] = 1 - Double(caught) / synthetics
                rate += 1
            }
            flagged += human[index]
            caught += synthetic[index]
        }
        while rate < rates.count {
            result[rate] = 1 - Double(caught) / synthetics
            rate += 1
        }
        return result
    }
}
