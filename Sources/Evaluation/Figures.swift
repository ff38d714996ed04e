import Foundation

/// The figures of one score set on one set of trials.
///
/// Rates are fractions, thresholds natural logs with positive meaning synthetic, Cllr is in bits. Unscored trials count
/// with the wrong extreme score in every figure but those whose name ends in `ScoredOnly`. A figure that does not exist
/// for the trials is NaN; `cllr` is infinite as soon as one trial is unscored.
public struct Figures: Sendable, Equatable {
    /// Where P_fa and P_miss are nearest over all thresholds, their mean. Of two points equally near, the one with the
    /// lower threshold. This is the formula of the ASVspoof evaluation packages, except that equal scores are flagged or
    /// passed together, since no threshold can part them (theirs parts them by the order of the input).
    public var eer: Double
    /// The lowest score flagged at that point; +infinity when nothing is.
    public var eerThreshold: Double
    /// P_fa = P_miss on the ROC convex hull.
    public var eerROCCH: Double
    /// The least detection cost over all thresholds, those that flag all and none included: never above 1.
    public var minDCF: Double
    public var minDCFThreshold: Double
    /// The detection cost at the Bayes threshold of the costs.
    public var actDCF: Double
    /// Half the sum of mean log2(1 + e^-s) over synthetic and mean log2(1 + e^s) over human trials, in bits.
    public var cllr: Double
    /// `cllr` after the best monotone calibration (PAV).
    public var minCllr: Double
    /// `cllr` over the trials that have a score.
    public var cllrScoredOnly: Double
    /// `minCllr` over the trials that have a score.
    public var minCllrScoredOnly: Double
    /// 1 - P_miss at the lowest threshold with P_fa <= 0.01. Equal scores are flagged together, so P_fa may stay below
    /// 0.01; nothing is interpolated. With fewer than 100 human trials this means no false alarm at all.
    public var detectionAt1: Double
    public var detectionAt1Threshold: Double
    /// P_fa at that threshold.
    public var detectionAt1FalseAlarmRate: Double
    /// The same at P_fa <= 0.05: fewer false alarms decide it, so it moves less from set to set.
    public var detectionAt5: Double
    public var detectionAt5Threshold: Double
    /// P_fa at that threshold.
    public var detectionAt5FalseAlarmRate: Double
    /// The chance that a synthetic trial scores above a human one, ties counted half (Mann-Whitney).
    public var auc: Double

    /// Cllr - min Cllr.
    public var calibrationLoss: Double { cllr - minCllr }
    public var calibrationLossScoredOnly: Double { cllrScoredOnly - minCllrScoredOnly }

    /// All figures in one walk over the bins. Complexity: linear.
    ///
    /// - Precondition: both classes have a trial.
    public init(_ bins: ScoreBins, costs: DetectionCosts = DetectionCosts()) {
        let humans = bins.humanCount
        let synthetics = bins.syntheticCount
        precondition(humans > 0 && synthetics > 0, "figures need trials of both classes")
        let count = bins.scores.count
        let bayes = costs.bayesThreshold

        var flagged = humans
        var missed = 0
        var nearest = Int.max
        var flaggedAtEER = 0, missedAtEER = 0, eerIndex = 0
        var least = Double.infinity
        var leastIndex = 0
        var actual = Double.nan
        var at1: (flagged: Int, missed: Int, index: Int)?
        var at5: (flagged: Int, missed: Int, index: Int)?
        var pairsTwice = 0
        var humanBits = 0.0, syntheticBits = 0.0
        var scoredHumans = 0, scoredSynthetics = 0
        for index in 0...count {
            let distance = abs(flagged * synthetics - missed * humans)
            if distance < nearest {
                (nearest, flaggedAtEER, missedAtEER, eerIndex) = (distance, flagged, missed, index)
            }
            let cost = costs.cost(
                falseAlarmRate: Double(flagged) / Double(humans), missRate: Double(missed) / Double(synthetics))
            if cost < least { (least, leastIndex) = (cost, index) }
            if actual.isNaN, index == count || bins.scores[index] >= bayes { actual = cost }
            if at5 == nil, flagged * 20 <= humans { at5 = (flagged, missed, index) }
            if at1 == nil, flagged * 100 <= humans { at1 = (flagged, missed, index) }
            guard index < count else { break }
            let h = bins.human[index]
            let s = bins.synthetic[index]
            flagged -= h
            pairsTwice += h * (2 * (synthetics - missed - s) + s)
            missed += s
            if bins.scores[index].isFinite {
                humanBits += Double(h) * bins.humanBits[index]
                syntheticBits += Double(s) * bins.syntheticBits[index]
                scoredHumans += h
                scoredSynthetics += s
            }
        }
        func threshold(_ index: Int) -> Double { index < count ? bins.scores[index] : .infinity }

        eer = (Double(flaggedAtEER) / Double(humans) + Double(missedAtEER) / Double(synthetics)) / 2
        eerThreshold = threshold(eerIndex)
        minDCF = least
        minDCFThreshold = threshold(leastIndex)
        actDCF = actual
        detectionAt1 = 1 - Double(at1!.missed) / Double(synthetics)
        detectionAt1Threshold = threshold(at1!.index)
        detectionAt1FalseAlarmRate = Double(at1!.flagged) / Double(humans)
        detectionAt5 = 1 - Double(at5!.missed) / Double(synthetics)
        detectionAt5Threshold = threshold(at5!.index)
        detectionAt5FalseAlarmRate = Double(at5!.flagged) / Double(humans)
        auc = Double(pairsTwice) / 2 / Double(humans) / Double(synthetics)

        let allScored = scoredHumans == humans && scoredSynthetics == synthetics
        let blocks = IsotonicBlocks(bins)
        eerROCCH = blocks.equalErrorRate
        minCllr = blocks.minimumCllr
        cllrScoredOnly =
            scoredHumans > 0 && scoredSynthetics > 0
            ? (humanBits / Double(scoredHumans) + syntheticBits / Double(scoredSynthetics)) / 2 : .nan
        cllr = allScored ? cllrScoredOnly : .infinity
        minCllrScoredOnly = allScored ? minCllr : IsotonicBlocks(bins.scoredOnly).minimumCllr
    }
}

/// The figures that carry an interval.
public enum Figure: String, Sendable, Codable, CaseIterable {
    case eer, eerROCCH, minDCF, actDCF, cllr, minCllr, cllrScoredOnly, detectionAt1, detectionAt5, auc

    /// Whether less of it is better.
    public var lowerIsBetter: Bool { self != .detectionAt1 && self != .detectionAt5 && self != .auc }
}

extension Figures {
    public subscript(figure: Figure) -> Double {
        switch figure {
        case .eer: eer
        case .eerROCCH: eerROCCH
        case .minDCF: minDCF
        case .actDCF: actDCF
        case .cllr: cllr
        case .minCllr: minCllr
        case .cllrScoredOnly: cllrScoredOnly
        case .detectionAt1: detectionAt1
        case .detectionAt5: detectionAt5
        case .auc: auc
        }
    }
}
