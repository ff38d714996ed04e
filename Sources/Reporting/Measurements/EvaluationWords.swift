import Evaluation
import Foundation

/// How figures are said to people, the same on a terminal and on a page.
enum EvaluationWords {
    static let scale = "scores are natural logs, positive is synthetic"

    static func percent(_ value: Double) -> String { value.isNaN ? "none" : String(format: "%.1f %%", value * 100) }
    static func decimal(_ value: Double) -> String { value.isFinite ? String(format: "%.3f", value) : value.isNaN ? "none" : "infinite" }

    /// A threshold; the one that flags nothing has no number.
    static func score(_ value: Double) -> String {
        value.isFinite ? String(format: "%.3f", value) : value > 0 ? "(none: nothing is flagged)" : "(any: all is flagged)"
    }

    static func isShare(_ figure: Figure) -> Bool { [.eer, .eerROCCH, .detectionAt1, .detectionAt5].contains(figure) }

    static func value(_ value: Double, of figure: Figure) -> String { isShare(figure) ? percent(value) : decimal(value) }

    static func interval(_ interval: Interval, of figure: Figure) -> String {
        isShare(figure)
            ? String(format: "[%.1f, %.1f]", interval.low * 100, interval.high * 100)
            : String(format: "[%.3f, %.3f]", interval.low, interval.high)
    }

    static func name(_ figure: Figure) -> String {
        switch figure {
        case .eer: "EER"
        case .eerROCCH: "EER on the ROC convex hull"
        case .minDCF: "minDCF"
        case .actDCF: "actDCF"
        case .cllr: "Cllr, bits"
        case .minCllr: "min Cllr, bits"
        case .cllrScoredOnly: "Cllr of scored trials, bits"
        case .detectionAt1: "detected at 1 % false alarms"
        case .detectionAt5: "detected at 5 % false alarms"
        case .auc: "AUC"
        }
    }

    static func polarity(_ polarity: ScorePolarity) -> String {
        let way = polarity.higherIs == .human ? "higher is bona fide, turned" : "higher is synthetic, kept"
        switch polarity.ground {
        case .told: return "polarity: \(way), as told"
        case .own: return "polarity: \(way): the file is Falsetto's own"
        case .guessed:
            guard let eer = polarity.eer, let other = polarity.otherEER else { return "polarity: \(way): one class has no score to guess from" }
            let doubt = eer >= ScorePolarity.nearChance ? "; so near chance that this proves nothing: say which way they grow" : ""
            return "polarity: \(way), guessed from the labels: EER \(percent(eer)), the other way \(percent(other))\(doubt)"
        }
    }

    static func costs(_ costs: DetectionCosts) -> String {
        String(format: "pi %g, C_fa %g, C_miss %g; 1 is to flag none or all", costs.syntheticPrior, costs.falseAlarmCost, costs.missCost)
    }

    static func confidence(_ confidence: EvaluationReport.Confidence, _ options: SourceResampling.Options) -> String {
        let units = confidence.unit == "source" ? "sources" : "single trials (no source is known)"
        guard let redrawn = confidence.redrawn else {
            if confidence.isTooSmall {
                return
                    """
                    no intervals: too few trials, \(confidence.human) human and \(confidence.synthetic) synthetic; \
                    \(SourceResampling.leastTrials) of each are the least
                    """
            }
            return "no intervals: with \(confidence.units) \(confidence.units == 1 ? "source" : units) there is nothing to draw from"
        }
        return String(format: "%g %% intervals", options.level * 100)
            + ": \(options.draws) draws of \(confidence.units) \(units), seed \(options.seed)"
            + (redrawn == 0 ? "" : "; \(redrawn) more lacked a class and were drawn anew")
    }

    static func shares(_ shares: ClassShares) -> String {
        var text = "\(shares.unscored) of \(shares.trials) unscored (\(percent(shares.share(shares.unscored)))), each counted as an error"
        if shares.hasOutcomes {
            text += "; outcomes: synthetic \(percent(shares.share(shares.saidSynthetic))), human \(percent(shares.share(shares.saidHuman)))"
            text += ", inconclusive \(percent(shares.share(shares.inconclusive)))"
        }
        return text
    }

    static func null(_ null: NullFigures) -> String {
        let range = null.interval.map { interval($0, of: .eer) } ?? ""
        let side = null.higherIsSynthetic ? "more is synthetic" : "less is synthetic"
        let left = null.left == 0 ? "" : "; \(null.left) trials without a number left out"
        return padded(null.column, 18) + aligned(percent(null.eer), 8) + "  " + padded(range, 14) + "\(side)\(left)"
    }

    static func worst(_ report: EvaluationReport) -> [String] {
        let at5 = "at the threshold of 5 % pooled false alarms"
        return [
            ("people flagged at the pooled EER threshold", report.worst.humanAtEER),
            ("people flagged \(at5)", report.worst.humanAt5),
            ("machines missed at the pooled EER threshold", report.worst.syntheticAtEER),
            ("machines missed \(at5)", report.worst.syntheticAt5),
        ].compactMap { sentence, worst in
            worst.map { "\(sentence): \(percent($0.rate)) of \($0.trials), \($0.column) \($0.value)" }
        }
    }

    static func other(_ other: OtherLabelFigures) -> String {
        """
        \(other.label.rawValue): \(other.shares.trials) trials, \(other.shares.unscored) unscored; flagged \(percent(other.flaggedAtEER)) at the \
        pooled EER threshold, \(percent(other.flaggedAt5)) at that of 5 % false alarms
        """
    }

    static func remark(_ opponents: GroupFigures.Opponents) -> String {
        switch opponents {
        case .own: ""
        case .allHuman: " against all human"
        case .allSynthetic: " against all synthetic"
        }
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(text.isEmpty ? width : 1, width - text.count))
    }

    static func aligned(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
