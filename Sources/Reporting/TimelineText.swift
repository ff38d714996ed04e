import Alerting
import Screening

/// A leg drawn in rows of characters: speech, score (two rows, sixteen levels), alerts, time.
///
/// ```
///     speech  ▂▄▅▅▅▅▅▄  ▃▅▅▅▅▅▅▅▂
/// machine +6┤       ▁▃▅▇██████▇▅▃
///   human −6┤  ▃▅▇███████████████
///     alerts        ━▲━━━━━━━━━━━
///            ╵0:00     ╵0:10
/// ```
struct TimelineText: Sendable {
    /// Columns in all, labels included.
    var width: Int
    var paint: Paint
    /// The score axis goes from `-span` to `span`; what lies outside is drawn at the edge.
    var span = 6.0

    static let labelColumns = 11

    func rows(_ result: LegResult, at point: OperatingPoint) -> [String] {
        let count = max(width - Self.labelColumns, 8)
        let columns = TimelineColumns(
            track: result.track, hopSeconds: result.hopSeconds, durationSeconds: result.durationSeconds, count: count)
        // Five eighths at most, so that a full row of speech does not run into the score below it.
        let speech = paint.blue(columns.columns.map { Self.bar($0.speechShare * 0.625, lowest: $0.speechShare > 0) }.joined())
        var rows = [label("speech") + " " + speech]
        rows.append(label("machine +\(fixed(span, 0))") + paint.dim("┤") + scoreRow(columns, point, upper: true))
        rows.append(label("human −\(fixed(span, 0))") + paint.dim("┤") + scoreRow(columns, point, upper: false))
        if !result.alerts.isEmpty { rows.append(label("alerts") + " " + alertRow(result, columns)) }
        rows.append(label("") + paint.dim(" " + axis(columns, durationSeconds: result.durationSeconds)))
        return rows
    }

    /// The upper row holds 0 to `span`, the lower one `-span` to 0: whatever reaches the upper row leans to machine-made.
    private func scoreRow(_ columns: TimelineColumns, _ point: OperatingPoint, upper: Bool) -> String {
        var row = ""
        var run = (text: "", outcome: Outcome.inconclusive)
        for column in columns.columns {
            guard let llr = column.highestLLR else {
                run.text += " "
                continue
            }
            let height = upper ? llr / span : (llr + span) / span
            let outcome: Outcome =
                llr >= point.alert.window.begins ? .synthetic : llr < point.humanBelowLLR ? .human : .inconclusive
            if outcome != run.outcome {
                row += paint.outcome(run.outcome, run.text)
                run = ("", outcome)
            }
            // The lowest sliver marks a hop that has a score, however low; an empty column has none.
            run.text += Self.bar(height, lowest: !upper)
        }
        return row + paint.outcome(run.outcome, run.text)
    }

    /// A block of 0 to 8 eighths for 0...1; `lowest` keeps it from vanishing.
    static func bar(_ share: Double, lowest: Bool) -> String {
        let eighths = Int((min(max(share, 0), 1) * 8).rounded())
        return [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"][max(eighths, lowest ? 1 : 0)]
    }

    private func alertRow(_ result: LegResult, _ columns: TimelineColumns) -> String {
        var marks = Array(repeating: " ", count: columns.columns.count)
        func column(_ seconds: Double) -> Int {
            min(max(Int(seconds / columns.secondsPerColumn), 0), marks.count - 1)
        }
        for alert in result.alerts {
            for index in column(alert.startSeconds)...column(max(alert.startSeconds, alert.endSeconds ?? result.durationSeconds)) {
                marks[index] = "━"
            }
        }
        for alert in result.alerts { marks[column(alert.atSeconds)] = "▲" }
        return paint.red(marks.joined())
    }

    /// Times at round steps, each beginning at its column, never closer than two columns apart.
    private func axis(_ columns: TimelineColumns, durationSeconds: Double) -> String {
        let step = TimeAxis.step(durationSeconds: durationSeconds, atMost: max(columns.columns.count / 10, 1))
        var text = ""
        var mark = 0
        while Double(mark) * step <= durationSeconds {
            let label = "╵" + clock(Double(mark) * step)
            let column = Int((Double(mark) * step / columns.secondsPerColumn).rounded(.down))
            if column >= text.count + (text.isEmpty ? 0 : 1), column + label.count <= columns.columns.count {
                text = padded(text, column) + label
            }
            mark += 1
        }
        return text
    }

    private func label(_ text: String) -> String { paint.dim(leftPadded(text, Self.labelColumns - 1)) }
}

/// Round steps for an axis of time.
enum TimeAxis {
    /// The smallest round step (1, 2, 5, 10, 15, 30 s, minutes, hours) that cuts the duration into at most `atMost` parts.
    static func step(durationSeconds: Double, atMost: Int) -> Double {
        let steps: [Double] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400]
        return steps.first { durationSeconds / $0 <= Double(max(atMost, 1)) } ?? max(durationSeconds, 1)
    }
}
