import Foundation
import Text

/// Two score sets on the same trials, and by how much they differ.
///
/// Whether their own intervals overlap says nothing: both are drawn from the same sources. Here each draw of sources
/// gives both figures and their difference, and the interval is that of the difference.
public struct PairedComparison: Sendable {
    public var firstName: String
    public var secondName: String
    public var trials: String
    /// As in `EvaluationReport`.
    public var firstPolarity: ScorePolarity?
    public var secondPolarity: ScorePolarity?
    public var humanTrials: Int
    public var syntheticTrials: Int
    public var confidence: EvaluationReport.Confidence
    public var resampling: SourceResampling.Options
    /// One for each figure that both sets have.
    public var differences: [Difference]

    /// One figure of both sets. All fractions, Cllr in bits.
    public struct Difference: Sendable, Equatable {
        public var figure: Figure
        public var first: Double
        public var second: Double
        /// Of first - second; nil where none could be made.
        public var interval: Interval?

        public var difference: Double { first - second }

        /// Which set the interval shows to be better; nil when it holds zero.
        public var better: Side? {
            guard let interval, !interval.contains(0) else { return nil }
            return (difference < 0) == figure.lowerIsBetter ? .first : .second
        }
    }

    public enum Side: String, Sendable, Codable {
        case first, second
    }

    /// Compares two tables of the same manifest, each joined with its own scores.
    ///
    /// - Throws: `TableError` when their human and synthetic trials are not the same paths with the same labels and
    ///   sources in the same order, or one class is missing.
    public init(
        _ first: TrialTable, named firstName: String, _ second: TrialTable, named secondName: String,
        options: EvaluationOptions = EvaluationOptions()
    ) throws(TableError) {
        let firstTrials = first.trials.filter { $0.label == .human || $0.label == .synthetic }
        let secondTrials = second.trials.filter { $0.label == .human || $0.label == .synthetic }
        guard firstTrials.count == secondTrials.count,
            zip(firstTrials, secondTrials).allSatisfy({ $0.path == $1.path && $0.label == $1.label && $0.source == $1.source })
        else {
            throw TableError(
                "\(firstName) and \(secondName): a paired comparison needs the same trials; join both score files to one manifest")
        }
        humanTrials = firstTrials.count { $0.label == .human }
        syntheticTrials = firstTrials.count - humanTrials
        guard humanTrials > 0, syntheticTrials > 0 else {
            throw TableError(
                "\(first.name): \(humanTrials) human and \(syntheticTrials) synthetic trials; a comparison needs both")
        }
        self.firstName = firstName
        self.secondName = secondName
        trials = first.name
        resampling = options.resampling

        let rankedFirst = RankedTrials(firstTrials)
        let rankedSecond = RankedTrials(secondTrials)
        let sources = SourceResampling(firstTrials, options: options.resampling)
        var samples: [Figure: [Double]] = [:]
        var firstBins = rankedFirst.bins
        var secondBins = rankedSecond.bins
        let redrawn = sources.forEachDraw { picked in
            rankedFirst.count(picked, unitOfTrial: sources.unitOfTrial, into: &firstBins)
            rankedSecond.count(picked, unitOfTrial: sources.unitOfTrial, into: &secondBins)
            let first = Figures(firstBins, costs: options.costs)
            let second = Figures(secondBins, costs: options.costs)
            for figure in Figure.allCases { samples[figure, default: []].append(first[figure] - second[figure]) }
        }
        confidence = EvaluationReport.Confidence(sources, redrawn: redrawn)
        let figuresOfFirst = Figures(rankedFirst.bins, costs: options.costs)
        let figuresOfSecond = Figures(rankedSecond.bins, costs: options.costs)
        differences = Figure.allCases.compactMap { figure in
            let first = figuresOfFirst[figure]
            let second = figuresOfSecond[figure]
            guard first.isFinite, second.isFinite else { return nil }
            let interval = redrawn == nil ? nil : sources.interval(of: samples[figure] ?? [])
            return Difference(figure: figure, first: first, second: second, interval: interval)
        }
    }

    /// What the EERs show, in one sentence.
    public var verdict: String {
        guard let eer = differences.first(where: { $0.figure == .eer }) else { return "No EER could be compared." }
        func points(_ value: Double) -> String { String(format: "%.1f", abs(value) * 100) }
        guard let interval = eer.interval else {
            return "The EERs differ by \(points(eer.difference)) points; no interval can be stated, so neither is shown to be better."
        }
        let range = String(format: "[%.1f, %.1f]", interval.low * 100, interval.high * 100)
        switch eer.better {
        case nil:
            return "The EER of \(firstName) minus that of \(secondName) is \(String(format: "%+.1f", eer.difference * 100)) points, \(range): "
                + "the interval holds zero, so neither is shown to be better on these trials."
        case .first?:
            return "\(firstName) is better: its EER is \(points(eer.difference)) points lower than that of \(secondName); difference \(range)."
        case .second?:
            return "\(secondName) is better: its EER is \(points(eer.difference)) points lower than that of \(firstName); difference \(range)."
        }
    }
}
