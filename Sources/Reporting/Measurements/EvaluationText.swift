import Evaluation
import Foundation

extension EvaluationReport {
    /// The report for a terminal: plain text of at most 100 columns where names allow, no colour.
    ///
    /// - Parameter groupsPerColumn: How many groups of each column are listed, worst first; the rest are counted.
    public func text(groupsPerColumn: Int = 5) -> String {
        var lines = ["\(title) on \(trials)"]
        lines.append("  \(human.trials) human and \(counted(synthetic.trials, "synthetic trial")); \(EvaluationWords.scale)")
        if let polarity { lines.append("  \(EvaluationWords.polarity(polarity))") }
        lines.append("  \(EvaluationWords.confidence(confidence, options.resampling))")
        lines.append("")
        lines.append(row("EER", EvaluationWords.percent(pooled.eer), .eer, "flagging scores >= \(EvaluationWords.score(pooled.eerThreshold))"))
        lines.append(row("EER on the ROC convex hull", EvaluationWords.percent(pooled.eerROCCH), .eerROCCH))
        lines.append(detection(.detectionAt1, at: pooled.detectionAt1Threshold, falseAlarms: pooled.detectionAt1FalseAlarmRate))
        lines.append(detection(.detectionAt5, at: pooled.detectionAt5Threshold, falseAlarms: pooled.detectionAt5FalseAlarmRate))
        lines.append(row("minDCF", EvaluationWords.decimal(pooled.minDCF), .minDCF, EvaluationWords.costs(options.costs)))
        lines.append(
            row(
                "actDCF", EvaluationWords.decimal(pooled.actDCF), .actDCF,
                "at the Bayes threshold \(EvaluationWords.decimal(options.costs.bayesThreshold))"))
        if pooled.cllr.isFinite {
            lines.append(
                row("Cllr, bits", EvaluationWords.decimal(pooled.cllr), .cllr, "calibration loss \(EvaluationWords.decimal(pooled.calibrationLoss))"))
        } else {
            lines.append(row("Cllr, bits", "infinite", .cllr, "as soon as one trial is unscored"))
            lines.append(
                row(
                    "  of scored trials", EvaluationWords.decimal(pooled.cllrScoredOnly), .cllrScoredOnly,
                    "calibration loss \(EvaluationWords.decimal(pooled.calibrationLossScoredOnly))"))
        }
        lines.append(row("min Cllr, bits", EvaluationWords.decimal(pooled.minCllr), .minCllr))
        lines.append(row("AUC", EvaluationWords.decimal(pooled.auc), .auc))
        lines.append("")
        lines.append("  human:     \(EvaluationWords.shares(human))")
        lines.append("  synthetic: \(EvaluationWords.shares(synthetic))")
        if !nulls.isEmpty {
            lines.append("\nNulls: the EER of one column alone, the better of both polarities")
            for null in nulls { lines.append("  " + EvaluationWords.null(null)) }
        }
        let worst = EvaluationWords.worst(self)
        if !worst.isEmpty {
            lines.append("\nWorst groups of at least \(options.worstGroupTrials) trials of the class")
            lines += worst.map { "  \($0)" }
        }
        if !others.isEmpty {
            lines.append("\nOutside the pooled figures")
            for other in others { lines.append("  " + EvaluationWords.other(other)) }
        }
        lines += groupLines(groupsPerColumn)
        return lines.joined(separator: "\n") + "\n"
    }

    private func detection(_ figure: Figure, at threshold: Double, falseAlarms: Double) -> String {
        row(
            EvaluationWords.name(figure), EvaluationWords.percent(pooled[figure]), figure,
            "flagging scores >= \(EvaluationWords.score(threshold)), false alarms \(EvaluationWords.percent(falseAlarms))")
    }

    private func row(_ name: String, _ value: String, _ figure: Figure, _ remark: String = "") -> String {
        let interval = intervals[figure].map { EvaluationWords.interval($0, of: figure) } ?? (confidence.isTooSmall ? "too few trials" : "")
        let line = "  " + EvaluationWords.padded(name, 30) + EvaluationWords.aligned(value, 9) + "  " + EvaluationWords.padded(interval, 16)
        return (line + "  " + remark).replacing(/\s+$/, with: "")
    }

    /// Groups too small to say anything are counted, not listed.
    private func groupLines(_ groupsPerColumn: Int) -> [String] {
        var lines: [String] = []
        for column in Set(groups.map(\.column)).sorted(by: { first, second in
            groups.firstIndex { $0.column == first }! < groups.firstIndex { $0.column == second }!
        }) {
            let members = groups.filter { $0.column == column }
            let shown = members.filter { $0.worstRate(atLeast: options.worstGroupTrials) != nil }.prefix(groupsPerColumn)
            lines.append("\nBy \(column), worst first; rates at the pooled EER threshold")
            for group in shown {
                let flagged = group.falseAlarmRateAtEER.map { "\(EvaluationWords.percent($0)) of \(group.human.trials)" } ?? "-"
                let missed = group.missRateAtEER.map { "\(EvaluationWords.percent($0)) of \(group.synthetic.trials)" } ?? "-"
                lines.append(
                    "  " + EvaluationWords.padded(group.value, 24) + "flagged " + EvaluationWords.padded(flagged, 17) + "missed "
                        + EvaluationWords.padded(missed, 17) + "EER \(EvaluationWords.percent(group.eer))\(EvaluationWords.remark(group.opponents))")
            }
            if members.count > shown.count {
                lines.append(
                    """
                      \(members.count - shown.count) \(shown.isEmpty ? "groups, all" : "more, better or") of fewer than \(options.worstGroupTrials) \
                    trials of a class: in the JSON and on the page
                    """
                )
            }
        }
        return lines
    }
}

extension HeadlineReport {
    /// The three figures, then the whole report of the product's claim.
    public func text() -> String {
        var lines = ["\(all.title): \(name.title), cut to \(HeadlineTrials.clipSeconds) s; \(EvaluationWords.scale)"]
        for (name, report) in [
            ("all", all), ("generator unseen", generatorUnseen), ("generator and speaker unseen", generatorAndSpeakerUnseen),
        ] {
            func figure(_ figure: Figure, _ title: String) -> String {
                let interval = report.intervals[figure].map { EvaluationWords.interval($0, of: figure) } ?? ""
                let value = EvaluationWords.aligned(EvaluationWords.percent(report.pooled[figure]), 7)
                return "\(title) \(value) " + EvaluationWords.padded(interval, 14)
            }
            func count(_ shares: ClassShares, _ name: String) -> String { "\(shares.trials) \(name) (\(shares.unscored) unscored)" }
            lines.append(
                "  " + EvaluationWords.padded(name, 30) + figure(.eer, "EER")
                    + " \(count(report.human, "human")), \(count(report.synthetic, "synthetic"))")
            let detected = figure(.detectionAt5, "detected at 5 % false alarms") + figure(.detectionAt1, "at 1 %")
            lines.append("    " + detected.replacing(/\s+$/, with: ""))
            if !report.nulls.isEmpty {
                lines.append("    nulls: " + report.nulls.map { "\($0.column) \(EvaluationWords.percent($0.eer))" }.joined(separator: ", "))
            }
        }
        return lines.joined(separator: "\n") + "\n\n" + generatorAndSpeakerUnseen.text()
    }
}

extension PairedComparison {
    /// The comparison for a terminal; its last line says which side is better, or that none is.
    public func text() -> String {
        var lines = ["\(firstName) and \(secondName) on \(trials)"]
        lines.append("  \(humanTrials) human and \(counted(syntheticTrials, "synthetic trial")); \(EvaluationWords.scale)")
        for (name, polarity) in [(firstName, firstPolarity), (secondName, secondPolarity)] {
            if let polarity { lines.append("  \(name): \(EvaluationWords.polarity(polarity))") }
        }
        lines.append("  \(EvaluationWords.confidence(confidence, resampling)), the same for both")
        lines.append("")
        lines.append("  " + EvaluationWords.padded("", 30) + ["first", "second", "first - second"].map { EvaluationWords.aligned($0, 16) }.joined())
        for difference in differences {
            let interval = difference.interval.map { EvaluationWords.interval($0, of: difference.figure) } ?? ""
            lines.append(
                "  " + EvaluationWords.padded(EvaluationWords.name(difference.figure), 30)
                    + [difference.first, difference.second, difference.difference].map {
                        EvaluationWords.aligned(EvaluationWords.value($0, of: difference.figure), 16)
                    }.joined() + "  " + interval)
        }
        return (lines + ["", verdict]).joined(separator: "\n") + "\n"
    }
}
