import Evaluation
import Foundation

/// The page of `falsetto evaluate --report`: one file with nothing to load, light and dark, legible in print.
public enum EvaluationHTML {
    /// - Parameter madeBy: What the foot of the page names: program, model, command line. It is shown as it is.
    public static func page(_ report: EvaluationReport, madeBy: String = "") -> String {
        page(title: report.title, body: body(report), madeBy: madeBy)
    }

    /// The three headline figures, and below them the whole report of each, the product's claim first.
    public static func page(_ headline: HeadlineReport, madeBy: String = "") -> String {
        let parts = [
            ("Generator and speaker unseen", headline.generatorAndSpeakerUnseen), ("Generator unseen", headline.generatorUnseen),
            ("All", headline.all),
        ]
        let summary = parts.reversed().map { name, report -> (kind: String?, cells: [String]) in
            let figures = [Figure.eer, .detectionAt5, .detectionAt1].map { figure in
                let interval = report.intervals[figure].map { EvaluationWords.interval($0, of: figure) } ?? ""
                return "\(EvaluationWords.percent(report.pooled[figure]))<small>\(interval)</small>"
            }
            return (nil, [name] + figures + ["\(report.human.trials)", "\(report.synthetic.trials)"])
        }
        let table =
            "<h1>\(headline.all.title.escapedForHTML)</h1><p>Trials of \(headline.name.title), cut to \(HeadlineTrials.clipSeconds) s.</p>\n"
            + FigureTable(heads: ["trials", "EER", "detected at 5 % false alarms", "at 1 %", "human", "synthetic"], rows: summary).html
        return page(title: headline.all.title, body: table + parts.map { "<section>\(body($0.1, heading: $0.0))</section>" }.joined(), madeBy: madeBy)
    }

    /// - Parameter kind: what the page is, after its title.
    static func page(title: String, kind: String = "evaluation", body: String, madeBy: String) -> String {
        HTMLPage.report(title: "\(title): \(kind)", main: body, footer: "<p>\((madeBy.isEmpty ? "falsetto" : madeBy).escapedForHTML)</p>")
    }

    private static func body(_ report: EvaluationReport, heading: String? = nil) -> String {
        var parts = [
            "<h1>\((heading ?? report.title).escapedForHTML)</h1>",
            """
            <p>On \(report.trials.escapedForHTML): \(report.human.trials) human and \(counted(report.synthetic.trials, "synthetic trial")); \
            \(EvaluationWords.scale).\(report.polarity.map { " Their " + EvaluationWords.polarity($0).escapedForHTML + "." } ?? "") \
            \(EvaluationWords.confidence(report.confidence, report.options.resampling).escapedForHTML).</p>
            """,
            "<div class=\"figures\">\(figures(report))</div>",
            "<p>Human: \(EvaluationWords.shares(report.human)).<br>Synthetic: \(EvaluationWords.shares(report.synthetic)).</p>",
            """
            <div class="plots"><figure>\(EvaluationDETPlot(report: report).svg)<figcaption>Detection error trade-off. Lower left is better; \
            the band is the interval of the miss rate.</figcaption></figure>
            """,
            """
            <figure>\(EvaluationHistogramPlot(report: report).svg)<figcaption><span class="key"></span> human \
            <span class="key made"></span> synthetic, dashed. A trial is flagged right of the threshold. The end bars hold all that lies \
            beyond.</figcaption></figure></div>
            """,
        ]
        if !report.nulls.isEmpty {
            parts.append(
                """
                <h2>Nulls</h2><p>How well one column that is no voice separates the same trials, at the better of both polarities. \
                A system that is no better has shown nothing.</p>
                """
            )
            parts.append(
                FigureTable(
                    heads: ["column alone", "EER", "interval", "taken to be synthetic", "without a number"],
                    rows: report.nulls.map { null in
                        (
                            nil,
                            [
                                null.column.escapedForHTML, EvaluationWords.percent(null.eer),
                                null.interval.map { EvaluationWords.interval($0, of: .eer) } ?? "",
                                null.higherIsSynthetic ? "more" : "less", "\(null.left)",
                            ]
                        )
                    }
                ).html)
        }
        let worst = EvaluationWords.worst(report)
        if !worst.isEmpty {
            parts.append("<h2>Worst groups</h2><p>Of groups with at least \(report.options.worstGroupTrials) trials of the class.</p>")
            parts.append("<ul>\(worst.map { "<li>\($0.escapedForHTML)</li>" }.joined())</ul>")
        }
        if !report.others.isEmpty {
            parts.append("<h2>Outside the pooled figures</h2><ul>\(report.others.map { "<li>\(EvaluationWords.other($0))</li>" }.joined())</ul>")
        }
        parts += groups(report)
        return parts.joined(separator: "\n")
    }

    private static func figures(_ report: EvaluationReport) -> String {
        var shown: [Figure] = [.eer, .detectionAt1, .detectionAt5, .minDCF, .actDCF, .cllr, .minCllr, .auc]
        if !report.pooled.cllr.isFinite { shown.insert(.cllrScoredOnly, at: 6) }
        return shown.map { figure in
            let value = EvaluationWords.value(report.pooled[figure], of: figure)
            let interval =
                report.intervals[figure].map { EvaluationWords.interval($0, of: figure) }
                ?? (report.confidence.isTooSmall ? "too few trials" : "no interval")
            return "<div><span>\(EvaluationWords.name(figure))</span><b>\(value)</b><small>\(interval)</small></div>"
        }.joined()
    }

    private static func groups(_ report: EvaluationReport) -> [String] {
        var columns: [String] = []
        for group in report.groups where !columns.contains(group.column) { columns.append(group.column) }
        guard !columns.isEmpty else { return [] }
        func rate(_ value: Double?) -> String { value.map(EvaluationWords.percent) ?? "" }
        func count(_ shares: ClassShares) -> String {
            shares.trials == 0 ? "" : "\(shares.trials)" + (shares.unscored == 0 ? "" : "<small>\(shares.unscored) unscored</small>")
        }
        let tables = columns.flatMap { column in
            [
                "<h2>By \(column.escapedForHTML), worst first</h2>",
                FigureTable(
                    heads: [column, "human", "flagged at EER", "at 5 %", "synthetic", "missed at EER", "at 5 %", "EER"],
                    rows: report.groups.filter { $0.column == column }.map { group in
                        let few = max(group.human.trials, group.synthetic.trials) < report.options.worstGroupTrials
                        return (
                            few ? "few" : nil,
                            [
                                group.value.escapedForHTML, count(group.human), rate(group.falseAlarmRateAtEER), rate(group.falseAlarmRateAt5),
                                count(group.synthetic), rate(group.missRateAtEER), rate(group.missRateAt5),
                                "\(EvaluationWords.percent(group.eer))<small>\(EvaluationWords.remark(group.opponents))</small>",
                            ]
                        )
                    }, isFixed: true
                ).html,
            ]
        }
        return tables + [
            """
            <p>Rates are taken at the thresholds of the pooled EER and of 5 % pooled false alarms. Pale rows have fewer than \
            \(report.options.worstGroupTrials) trials of either class.</p>
            """
        ]
    }
}
