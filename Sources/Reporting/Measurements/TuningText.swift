import Alerting
import Evaluation
import Foundation
import Tuning

extension TuningResult {
    /// The result for a terminal: plain text of at most 100 columns where names allow, no colour.
    public func text(groupsPerColumn: Int = 5) -> String {
        var lines = ["\(human) human and \(counted(synthetic, "synthetic call")); \(EvaluationWords.scale)"]
        lines.append(
            """
              people: \(TuningWords.hours(netSpeechHours)) of net speech in \(TuningWords.hours(lineHours)) of line \
            (\(TuningWords.percent(speechShare)) speech);
            """
        )
        lines.append("  in \(TuningWords.hours(exposedHours)) of it an alarm could be raised: beyond the first seconds of each call")
        lines += wrapped(TuningWords.division(division)).map { "  " + $0 }
        if let target { lines.append("  target: \(TuningWords.target(target, perHour: targetPerHour, speechShare: speechShare))") }
        lines.append("")
        lines += wrapped(TuningWords.finding(self))
        for warning in TuningWords.warnings(self) { lines += wrapped("Warning: " + warning) }
        if let point = operatingPoint { lines += pointLines(point) }
        lines += ["", "What these recordings support, from strict to lenient; measured on calls that were not chosen on"]
        lines += stepLines
        lines.append("")
        lines += wrapped("Recalibration: \(TuningWords.recalibration(self)).")
        lines += heldOutLines
        lines += groupLines(groupsPerColumn)
        for other in others {
            lines.append("\(other.label.rawValue): \(other.legsWithAlert) of \(counted(other.legs, "call")) alerted; they are in no bound")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func pointLines(_ point: OperatingPoint) -> [String] {
        let count = promise.count
        var lines = [""]
        func row(_ name: String, _ value: String) { lines.append("  " + EvaluationWords.padded(name, 26) + value) }
        row(
            "alert at",
            String(format: "window LLR %+.2f", point.alert.window.begins)
                + (point.alert.change.map { String(format: ", or change sum %.2f (drift %.3f)", $0.begins, point.changeDrift ?? 0) }
                    ?? "; no change test"))
        row("a leg is synthetic at", String(format: "LLR %+.2f, human below %+.2f", point.syntheticAtLLR, point.humanBelowLLR))
        row("false alarms promised", "at most \(TuningWords.rate(promise.perHour)) of people talking (95 %)")
        row(
            "",
            """
            Poisson \(TuningWords.number(promise.poissonBoundPerHour)), bootstrap by \(TuningWords.voices(promise)) \
            \(promise.bootstrapBoundPerHour.map(TuningWords.number) ?? "not possible")
            """
                + (promise.worstSourcePerHour.map { ", worst source \(TuningWords.number($0))" } ?? ""))
        row("", "\(TuningWords.number(promise.perHour * speechShare)) an hour of line at \(TuningWords.percent(speechShare)) speech")
        row("counted", "\(count.alarms) in \(TuningWords.hours(count.hours)) of \(TuningWords.voicesAndSources(promise))")
        row("per call", "\(count.callsWithAlarm) of \(counted(count.calls, "call")) (at most \(TuningWords.percent(count.perCallBound)))")
        for (name, time) in [("machine from the start", waits.wholeCall), ("machine in mid-call", waits.midCall)] where time.voices > 0 {
            row(name, "\(TuningWords.share(time.alerted, of: time.voices)) alerted, missed \(TuningWords.percent(time.neverShare))")
            row(
                "",
                """
                speech until the alert: median \(TuningWords.seconds(time.medianNetSpeechSeconds)), \
                90 % \(TuningWords.seconds(time.ninetiethNetSpeechSeconds))
                """
            )
            row("", "on the line: median \(TuningWords.seconds(time.medianLineSeconds)), 90 % \(TuningWords.seconds(time.ninetiethLineSeconds))")
        }
        for value in precision {
            row("right, 1 in \(TuningWords.odds(value.baseRate)) calls", TuningWords.right(value, falseAlarms: count.alarms))
        }
        row(
            "called human at the end",
            "\(TuningWords.percent(humansCalledHuman)) of people, \(TuningWords.percent(syntheticsCalledHuman)) of synthetic calls")
        return lines
    }

    private var stepLines: [String] {
        var lines = [
            "   window LLR  change sum  false alarms  promised an hour  caught from start  caught mid-call"
                + (steps.first?.cost == nil ? "" : "  cost a call")
        ]
        for step in steps {
            let cells = [
                String(format: "%+.2f", step.thresholds.window), step.thresholds.change.map { String(format: "%.2f", $0.sum) } ?? "-",
                "\(step.falseAlarms)", TuningWords.number(step.promisedPerHour), TuningWords.percent(step.wholeCall),
                TuningWords.percent(step.midCall),
            ]
            var line = (step.isChosen ? " >" : "  ") + zip(cells, [11, 12, 14, 18, 19, 17]).map { EvaluationWords.aligned($0, $1) }.joined()
            if let cost = step.cost { line += EvaluationWords.aligned(String(format: "%.4f", cost), 13) }
            lines.append(line)
        }
        return lines
    }

    private var heldOutLines: [String] {
        let sources = promise.heldOut.sources
        // Of sources that nobody named there is nothing to hold against the promise.
        guard !sources.isEmpty else { return [] }
        var lines = ["", "Promise against count by held-out source: \(TuningWords.heldOut(promise))"]
        for source in sources.prefix(10) {
            lines.append(
                "  " + EvaluationWords.padded(source.name, 30) + EvaluationWords.aligned("\(source.alarms)", 4) + " in "
                    + EvaluationWords.padded(TuningWords.hours(source.hours), 9) + "expected at most \(source.mostExpected)"
                    + (source.isInside ? "" : "  OUTSIDE"))
        }
        if sources.count > 10 { lines.append("  \(sources.count - 10) more with fewer an hour: in the JSON and on the page") }
        return lines
    }

    private func groupLines(_ groupsPerColumn: Int) -> [String] {
        var lines: [String] = []
        var columns: [String] = []
        for group in groups where !columns.contains(group.column) { columns.append(group.column) }
        // The rest is in the JSON and on the page.
        for column in columns where ["system_family", "channel", "language", "sex"].contains(column) {
            let members = groups.filter { $0.column == column }
            lines += ["", "By \(column), worst first"]
            for group in members.prefix(groupsPerColumn) {
                let alarms = group.hours > 0 ? "\(counted(group.falseAlarms, "false alarm")) in \(TuningWords.hours(group.hours))" : "no people"
                let missed = group.voices > 0 ? "\(group.voices - group.alerted) of \(counted(group.voices, "voice")) never alerted" : ""
                lines.append("  " + EvaluationWords.padded(group.value, 26) + EvaluationWords.padded(alarms, 30) + missed)
            }
            if members.count > groupsPerColumn { lines.append("  \(members.count - groupsPerColumn) more: in the JSON and on the page") }
        }
        return lines.map { $0.replacing(/\s+$/, with: "") }
    }

    private func wrapped(_ text: String, width: Int = 98) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if line.isEmpty {
                line = String(word)
            } else if line.count + word.count < width {
                line += " " + word
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        return lines + [line]
    }
}
