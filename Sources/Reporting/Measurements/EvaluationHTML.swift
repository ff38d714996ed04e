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
        let summary = parts.reversed().map { name, report in
            let figures = [Figure.eer, .detectionAt5, .detectionAt1].map { figure in
                let interval = report.intervals[figure].map { EvaluationWords.interval($0, of: figure) } ?? ""
                return "<td>\(EvaluationWords.percent(report.pooled[figure]))<small>\(interval)</small></td>"
            }
            return "<tr><td>\(name)</td>\(figures.joined())<td>\(report.human.trials)</td><td>\(report.synthetic.trials)</td></tr>"
        }
        let table =
            "<h1>\(headline.all.title.escapedForHTML)</h1><p>Trials of \(headline.name.title), cut to \(HeadlineTrials.clipSeconds) s.</p>"
                + """
                <div class="scroll"><table><thead><tr><th>trials</th><th>EER</th><th>detected at 5 % false alarms</th><th>at 1 %</th><th>human</th>\
                <th>synthetic</th></tr></thead><tbody>
                """
            + summary.joined() + "</tbody></table></div>"
        return page(title: headline.all.title, body: table + parts.map { "<section>\(body($0.1, heading: $0.0))</section>" }.joined(), madeBy: madeBy)
    }

    /// - Parameter kind: what the page is, after its title.
    static func page(title: String, kind: String = "evaluation", body: String, madeBy: String) -> String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(title.escapedForHTML): \(kind)</title>
        <style>\(style)</style></head>
        <body><main>\(body)</main>
        <footer>\((madeBy.isEmpty ? "falsetto" : madeBy).escapedForHTML)</footer></body></html>

        """
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
            <figure>\(EvaluationHistogramPlot(report: report).svg)<figcaption><span class="key human"></span> human \
            <span class="key synthetic"></span> synthetic, dashed. A trial is flagged right of the threshold. The end bars hold all that lies \
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
                """
                <div class="scroll"><table><thead><tr><th>column alone</th><th>EER</th><th>interval</th><th>taken to be synthetic</th>\
                <th>without a number</th></tr></thead><tbody>
                """
            )
            for null in report.nulls {
                parts.append(
                    """
                    <tr><td>\(null.column.escapedForHTML)</td><td>\(EvaluationWords.percent(null.eer))</td>\
                    <td>\(null.interval.map { EvaluationWords.interval($0, of: .eer) } ?? "")</td>\
                    <td>\(null.higherIsSynthetic ? "more" : "less")</td><td>\(null.left)</td></tr>
                    """
                )
            }
            parts.append("</tbody></table></div>")
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
        var parts: [String] = []
        var column: String?
        for group in report.groups {
            if group.column != column {
                if column != nil { parts.append("</tbody></table></div>") }
                column = group.column
                parts.append("<h2>By \(group.column.escapedForHTML), worst first</h2>")
                parts.append(
                    """
                    <div class="scroll"><table class="groups"><thead><tr><th>\(group.column.escapedForHTML)</th><th>human</th><th>flagged at EER</th>\
                    <th>at 5 %</th><th>synthetic</th><th>missed at EER</th><th>at 5 %</th><th>EER</th></tr></thead><tbody>
                    """
                )
            }
            func rate(_ value: Double?) -> String { value.map(EvaluationWords.percent) ?? "" }
            func count(_ shares: ClassShares) -> String {
                shares.trials == 0 ? "" : "\(shares.trials)" + (shares.unscored == 0 ? "" : "<small>\(shares.unscored) unscored</small>")
            }
            let few = max(group.human.trials, group.synthetic.trials) < report.options.worstGroupTrials
            parts.append(
                """
                <tr\(few ? " class=\"few\"" : "")><td>\(group.value.escapedForHTML)</td><td>\(count(group.human))</td>\
                <td>\(rate(group.falseAlarmRateAtEER))</td><td>\(rate(group.falseAlarmRateAt5))</td><td>\(count(group.synthetic))</td>\
                <td>\(rate(group.missRateAtEER))</td><td>\(rate(group.missRateAt5))</td>\
                <td>\(EvaluationWords.percent(group.eer))<small>\(EvaluationWords.remark(group.opponents))</small></td></tr>
                """
            )
        }
        if column != nil {
            parts.append("</tbody></table></div>")
            parts.append(
                """
                <p>Rates are taken at the thresholds of the pooled EER and of 5 % pooled false alarms. Pale rows have fewer than \
                \(report.options.worstGroupTrials) trials of either class.</p>
                """
            )
        }
        return parts
    }

    private static let style = """
        :root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--soft:#5b6470;--line:#d9dde3;--field:#f7f8fa;--human:#1f6fb2;\
        --synthetic:#c2410c;--curve:#1b1f24}
        @media (prefers-color-scheme:dark){:root{--paper:#14171b;--ink:#e7eaee;--soft:#9aa4b0;--line:#333a43;--field:#1b1f25;--human:#5aa9e6;\
        --synthetic:#f4844a;--curve:#e7eaee}}
        @media print{:root{--paper:#fff;--ink:#000;--soft:#444;--line:#ccc;--field:#fff;--human:#1f6fb2;--synthetic:#c2410c;--curve:#000}\
        body{font-size:10pt}figure,tr,.figures{break-inside:avoid}.scroll{overflow:visible}.groups{min-width:0}\
        .plots{grid-template-columns:1fr 1fr!important}.figures{grid-template-columns:repeat(4,1fr)!important}.figures span{min-height:0!important}\
        main{padding:0}h2{break-after:avoid}thead{display:table-header-group}}
        body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
        main{max-width:1120px;margin:0 auto;padding:24px 20px}section{border-top:2px solid var(--line);margin-top:32px}
        h1{font-size:24px;margin:16px 0 4px;overflow-wrap:anywhere}h2{font-size:17px;margin:28px 0 6px}\
        p{color:var(--soft);margin:4px 0 12px;max-width:80ch}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(118px,1fr));gap:10px;margin:16px 0}
        .figures div{border:1px solid var(--line);border-radius:6px;padding:8px 10px;display:flex;flex-direction:column}
        .figures span,.figures small{color:var(--soft);font-size:12px}.figures span{min-height:3em}\
        .figures b{font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}
        .plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:20px;align-items:start}
        figure{margin:0}figcaption{color:var(--soft);font-size:13px}.plot{width:100%;height:auto;font-family:inherit}
        .field{fill:var(--field);stroke:var(--line)}.grid{stroke:var(--line);fill:none}.tick{fill:var(--soft);font-size:11px}\
        .axis{fill:var(--ink);font-size:13px}
        .diagonal{stroke:var(--soft);stroke-dasharray:2 4;fill:none}.band{fill:var(--human);fill-opacity:.18}\
        .curve{stroke:var(--curve);stroke-width:1.8;fill:none;stroke-linejoin:round}
        .mark{fill:var(--synthetic);stroke:var(--paper);stroke-width:1.5}\
        .label{fill:var(--ink);font-size:12px;paint-order:stroke;stroke:var(--field);stroke-width:3px}
        path.human{fill:var(--human);fill-opacity:.25;stroke:var(--human);stroke-width:1.5}\
        path.synthetic{fill:var(--synthetic);fill-opacity:.2;stroke:var(--synthetic);stroke-width:1.5;stroke-dasharray:5 2}
        .threshold{stroke:var(--ink);stroke-dasharray:3 3;fill:none}
        .key{display:inline-block;width:14px;height:10px;border:1.5px solid;vertical-align:-1px}\
        .key.human{border-color:var(--human);background:color-mix(in srgb,var(--human) 25%,transparent)}\
        .key.synthetic{border-color:var(--synthetic);border-style:dashed;\
        background:color-mix(in srgb,var(--synthetic) 20%,transparent);margin-left:10px}
        table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:13.5px}\
        th,td{text-align:right;padding:4px 8px;border-bottom:1px solid var(--line)}th{color:var(--soft);font-weight:500}
        td{white-space:nowrap}td:first-child{white-space:normal}td small{display:block;font-size:11px;line-height:1.2}.scroll{overflow-x:auto}\
        .groups{table-layout:fixed;min-width:680px}.groups th:first-child{width:26%}
        th:first-child,td:first-child{text-align:left;overflow-wrap:anywhere}td small{color:var(--soft)}tr.few td{color:var(--soft)}
        .warning{color:var(--ink);border-left:4px solid var(--synthetic);padding:4px 12px}\
        .finding{color:var(--ink);font-size:16px;border-left:4px solid var(--human);padding:4px 12px}.second{stroke-dasharray:6 4}\
        tr.chosen td{font-weight:600;background:var(--field)}tr.outside td{color:var(--synthetic)}
        footer{max-width:1120px;margin:0 auto;padding:12px 20px 28px;color:var(--soft);font-size:12px;overflow-wrap:anywhere}
        """
}
