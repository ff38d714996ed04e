import Alerting
import Evaluation
import Foundation
import Tuning

/// The page of `falsetto tune --report`: one file with nothing to load, light and dark, legible in print.
public enum TuningHTML {
    /// - Parameters:
    ///   - title: what was tuned on.
    ///   - windows: the evaluation of `result.strongestWindows`, and `legs` that of `result.legLLRs`.
    ///   - madeBy: what the foot of the page names: program, model, command line.
    public static func page(
        _ result: TuningResult, title: String, windows: EvaluationReport, legs: EvaluationReport?, madeBy: String = ""
    ) -> String {
        var parts = [
            "<h1>\(result.operatingPoint.map { "Operating point \($0.name.escapedForHTML)" } ?? "Nothing was set")</h1>",
            """
            <p>On \(title.escapedForHTML): \(result.human) human and \(counted(result.synthetic, "synthetic call")); \(EvaluationWords.scale). \
            \(TuningWords.division(result.division)).</p>
            """,
        ]
        if let target = result.target {
            parts.append("<p>Target: \(TuningWords.target(target, perHour: result.targetPerHour, speechShare: result.speechShare)).</p>")
        }
        parts.append("<p class=\"finding\">\(TuningWords.finding(result).escapedForHTML)</p>")
        parts += TuningWords.warnings(result).map { "<p class=\"warning\"><b>Warning.</b> \($0.escapedForHTML)</p>" }
        parts.append("<div class=\"figures\">\(figures(result))</div>")
        parts.append(
            """
            <p>People: \(TuningWords.hours(result.netSpeechHours)) of net speech in \(TuningWords.hours(result.lineHours)) of line; \
            in \(TuningWords.hours(result.exposedHours)) of it an alarm could be raised, beyond the first seconds of each call. \
            Counted: \(counted(result.promise.count.alarms, "false alarm")) on \(TuningWords.voicesAndSources(result.promise)).</p>
            """
        )
        parts.append("<div class=\"plots\">")
        parts.append(
            figure(
                EvaluationDETPlot(report: windows).svg,
                """
                Detection error trade-off of the calls' strongest windows, on normal-deviate axes. Lower left is better; \
                the band is the interval of the miss rate.
                """
            ))
        parts.append(
            figure(TuningPlots.roc(windows), "The same as a receiver operating characteristic; area \(EvaluationWords.decimal(windows.pooled.auc))."))
        parts.append(
            figure(
                EvaluationHistogramPlot(report: windows).svg,
                """
                Strongest window of each call: <span class="key"></span> people <span class="key made"></span> synthetic, dashed. \
                The end bars hold all that lies beyond.
                """
            ))
        parts.append(
            figure(
                TuningPlots.timeToAlert(result.waits),
                """
                Synthetic voices alerted after so much of their speech: solid from the start of the call (\(result.waits.wholeCall.voices)), \
                dashed in mid-call (\(result.waits.midCall.voices)); at thresholds that were not chosen on them.
                """
            ))
        if let plot = TuningPlots.calibration(result.legLLRs) {
            parts.append(figure(plot, "Calibration of the call's LLR. On the dotted line it says what it should."))
        }
        parts.append("</div>")
        parts.append("<h2>Calibration</h2><p>\(TuningWords.recalibration(result).escapedForHTML).\(calibrationLoss(legs))</p>")
        parts.append(
            """
            <h2>What these recordings support</h2><p>From strict to lenient; measured on calls that the thresholds were not chosen on.</p>\
            \(steps(result))
            """
        )
        if !result.promise.heldOut.sources.isEmpty {
            parts.append(
                "<h2>Promise against count, by held-out source</h2><p>\(TuningWords.heldOut(result.promise)).</p>\(heldOut(result.promise.heldOut))")
        }
        parts += groups(result)
        if !result.others.isEmpty {
            parts.append(
                """
                <h2>In no bound</h2><ul>\
                \(result.others.map { "<li>\($0.label.rawValue): \($0.legsWithAlert) of \($0.legs) calls alerted</li>" }.joined())</ul>
                """
            )
        }
        return EvaluationHTML.page(
            title: result.operatingPoint?.name ?? "falsetto", kind: "tuning", body: parts.joined(separator: "\n"), madeBy: madeBy)
    }

    private static func figure(_ svg: String, _ caption: String) -> String { "<figure>\(svg)<figcaption>\(caption)</figcaption></figure>" }

    private static func figures(_ result: TuningResult) -> String {
        let promise = result.promise
        var boxes: [(String, String, String)] = [
            ("false alarms promised", TuningWords.number(promise.perHour), "an hour of people talking, at most (95 %)"),
            ("on the line", TuningWords.number(promise.perHour * result.speechShare), "an hour at \(TuningWords.percent(result.speechShare)) speech"),
            (
                "calls of people with an alarm", "at most \(TuningWords.percent(promise.count.perCallBound))",
                "\(promise.count.callsWithAlarm) of \(promise.count.calls) counted"
            ),
        ]
        for (name, time) in [("from the start", result.waits.wholeCall), ("mid-call", result.waits.midCall)] where time.voices > 0 {
            let bounds = ExactBounds.clopperPearson(time.alerted, of: time.voices)
            boxes.append(
                (
                    "synthetic \(name), missed", TuningWords.percent(time.neverShare),
                    """
                    \(time.neverAlerted) of \(time.voices), 95 %: \(TuningWords.percent(1 - bounds.high)) to \(TuningWords.percent(1 - bounds.low)); \
                    alerted after: median \(TuningWords.seconds(time.medianNetSpeechSeconds)) of speech, \
                    90 % \(TuningWords.seconds(time.ninetiethNetSpeechSeconds)), on the line \(TuningWords.seconds(time.medianLineSeconds))
                    """
                ))
        }
        for value in result.precision {
            boxes.append(
                (
                    "right alerts where 1 in \(TuningWords.odds(value.baseRate)) calls is synthetic",
                    "at least \(TuningWords.percent(value.atLeast))",
                    promise.count.alarms > 0 ? "\(TuningWords.percent(value.counted)) as counted" : "no false alarm was counted"
                ))
        }
        return boxes.map { "<div><span>\($0.0)</span><b>\($0.1)</b><small>\($0.2)</small></div>" }.joined()
    }

    private static func calibrationLoss(_ legs: EvaluationReport?) -> String {
        guard let legs, legs.pooled.cllrScoredOnly.isFinite else { return "" }
        return
            """
             On all calls with enough speech: Cllr \(EvaluationWords.decimal(legs.pooled.cllrScoredOnly)) bits, calibration loss \
            \(EvaluationWords.decimal(legs.pooled.calibrationLossScoredOnly)).
            """
    }

    private static func steps(_ result: TuningResult) -> String {
        FigureTable(
            heads: ["alert at window LLR", "change sum", "false alarms", "promised an hour", "caught from the start", "caught mid-call"],
            rows: result.steps.map { step in
                (
                    step.isChosen ? "chosen" : nil,
                    [
                        String(format: "%+.2f", step.thresholds.window) + (step.isChosen ? " (set)" : ""),
                        step.thresholds.change.map { String(format: "%.2f", $0.sum) } ?? "none", "\(step.falseAlarms)",
                        TuningWords.number(step.promisedPerHour), TuningWords.percent(step.wholeCall), TuningWords.percent(step.midCall),
                    ]
                )
            }
        ).html
    }

    private static func heldOut(_ sources: HeldOutSources) -> String {
        FigureTable(
            heads: ["source", "hours", "false alarms", "expected at most", "an hour"],
            rows: sources.sources.map {
                (
                    $0.isInside ? nil : "outside",
                    [
                        $0.name.escapedForHTML, TuningWords.number($0.hours), "\($0.alarms)", "\($0.mostExpected)\($0.isInside ? "" : " (outside)")",
                        TuningWords.number($0.perHour),
                    ]
                )
            }
        ).html
    }

    private static func groups(_ result: TuningResult) -> [String] {
        var columns: [String] = []
        for group in result.groups where !columns.contains(group.column) { columns.append(group.column) }
        return columns.map { column in
            "<h2>By \(column.escapedForHTML), worst first</h2>"
                + FigureTable(
                    heads: [column, "hours of people", "false alarms", "an hour", "synthetic voices", "never alerted"],
                    rows: result.groups.filter { $0.column == column }.map { group in
                        (
                            group.perHour == nil && group.voices < 5 ? "few" : nil,
                            [
                                group.value.escapedForHTML, group.hours > 0 ? TuningWords.number(group.hours) : "",
                                group.hours > 0 ? "\(group.falseAlarms)" : "",
                                group.perHour.map(TuningWords.number) ?? "", group.voices > 0 ? "\(group.voices)" : "",
                                group.neverShare.map(EvaluationWords.percent) ?? "",
                            ]
                        )
                    }
                ).html
        }
    }
}
