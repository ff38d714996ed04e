import Alerting
import Screening

/// A leg drawn in rows of characters: speech, score (bars up and down from zero), alerts, time.
///
/// ```
///     speech  ▂▄▅▅▅▅▅▄  ▃▅▅▅▅▅▅▅▂
/// machine +6┤       ▁▃▅▇██████▇▅▃
///          0┼  ──────────────────
///   human −6┤  ▀▀▔
///     alerts        ━▲━━━━━━━━━━━
///            ╵0:00     ╵0:10
/// ```
///
/// What speaks for neither is the line alone. Downwards there are three heights: terminals have no finer blocks that hang.
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
        rows += scoreRows(columns.columns.map(\.highestLLR), at: point)
        if !result.alerts.isEmpty { rows.append(label("alerts") + " " + alertRow(result, columns)) }
        rows.append(label("") + paint.dim(" " + axis(columns, durationSeconds: result.durationSeconds)))
        return rows
    }

    /// Three rows: bars up for what leans to a machine, the line of zero under every score, bars down for what leans to a person.
    /// Red where the window reaches the alert's threshold, since that is what raises one.
    func scoreRows(_ scores: [Double?], at point: OperatingPoint) -> [String] {
        func row(_ name: String, _ axis: String, _ mark: (Double) -> String) -> String {
            var row = label(name) + paint.dim(axis)
            var run = (text: "", isAlert: false)
            func close() { row += run.isAlert ? paint.red(run.text) : run.text }
            for llr in scores {
                let isAlert = llr ?? -.infinity >= point.alert.window.begins
                if isAlert != run.isAlert {
                    close()
                    run = ("", isAlert)
                }
                run.text += llr.map(mark) ?? " "
            }
            close()
            return row
        }
        return [
            row("machine +\(fixed(span, 0))", "┤") { Self.bar($0 / span, lowest: false) }, row("0", "┼") { _ in "─" },
            row("human −\(fixed(span, 0))", "┤") { Self.hangingBar(-$0 / span) },
        ]
    }

    /// What hangs down from a line for 0...1: nothing, a sliver, half a block or a whole one.
    static func hangingBar(_ share: Double) -> String {
        switch share {
        case ..<0.0625: " "
        case ..<0.3: "▔"
        case ..<0.75: "▀"
        default: "█"
        }
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

    func label(_ text: String) -> String { paint.dim(leftPadded(text, Self.labelColumns - 1)) }
}

/// Round steps for an axis of time.
enum TimeAxis {
    /// The smallest round step (1, 2, 5, 10, 15, 30 s, minutes, hours) that cuts the duration into at most `atMost` parts.
    static func step(durationSeconds: Double, atMost: Int) -> Double {
        let steps: [Double] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400]
        return steps.first { durationSeconds / $0 <= Double(max(atMost, 1)) } ?? max(durationSeconds, 1)
    }
}
