import Alerting
import Screening
import Text

/// What was found, for a person at a terminal: a few lines a leg with a timeline, or one line a leg for a batch.
///
/// Pure: text in, text out. Whether the reader is a terminal, how wide it is and whether it takes colour is the caller's
/// to know; `colourWanted` holds the convention.
public struct TextSummary: Sendable {
    /// How much to say about each leg.
    public enum Detail: Sendable { case full, oneLine }

    /// Columns of the terminal; used between 40 and 140.
    public var width: Int
    public var colour: Bool
    /// Whether each full summary ends with its thresholds; for several legs say them once with `threshold(_:)`.
    public var saysThreshold = true

    public init(width: Int = 80, colour: Bool = false) {
        self.width = min(max(width, 40), 140)
        self.colour = colour
    }

    /// Whether to colour: on a terminal, unless `NO_COLOR` is set to anything but nothing or `TERM` is `dumb`
    /// (https://no-color.org).
    public static func colourWanted(onTerminal: Bool, environment: [String: String]) -> Bool {
        onTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    var paint: Paint { Paint(on: colour) }

    /// One recording's result, ending with a newline.
    public func text(_ record: ReportRecord, detail: Detail = .full) -> String {
        switch (record, detail) {
        case (.unreadable(let record), .full):
            let message = wrapped(record.error.escapedForTerminal, indent: 4)
            return paint.bold(record.path.escapedForTerminal) + "\n  " + paint.red("✗ not screened") + "\n" + message
        case (.unreadable(let record), .oneLine):
            return "\(paint.red("✗")) not screened  \(record.path.escapedForTerminal): \(record.error.escapedForTerminal)\n"
        case (.analysis(let record), .full): return full(record)
        case (.analysis(let record), .oneLine): return oneLine(record)
        }
    }

    // MARK: a batch's line

    private func oneLine(_ record: AnalysisRecord) -> String {
        let result = record.result
        let llr = result.llr.map(signed) ?? "-"
        let words = padded(Wording.short(result, at: record.provenance.operatingPoint), 24)
        let numbers = "LLR " + leftPadded(llr, 6) + "  speech " + leftPadded(spoken(result.netSpeechSeconds), 8) + "  "
        let alert = result.alerts.first.map { "  alert at \(clock($0.atSeconds, tenths: true))" } ?? ""
        let leg = record.leg == "mono" ? "" : " (\(record.leg.escapedForTerminal))"
        return paint.outcome(result.outcome, "\(Wording.mark(result.outcome)) \(words)") + " "
            + numbers + record.path.escapedForTerminal + leg + alert + "\n"
    }

    // MARK: the full summary of a leg

    private func full(_ record: AnalysisRecord) -> String {
        let result = record.result
        let point = record.provenance.operatingPoint
        let leg = record.leg == "mono" ? "" : paint.dim(" · ") + record.leg.escapedForTerminal
        let title = paint.bold(record.path.escapedForTerminal) + leg
        let headline = "\(Wording.mark(result.outcome)) \(Wording.headline(result, at: point))"
        var text = title + "\n" + wrapped(headline, indent: 2, hanging: 2) { paint.outcome(result.outcome, paint.bold($0)) }
        text += wrapped(Wording.errors(result, at: point), indent: 4)
        if let reason = Wording.likelihood(result, at: point) { text += wrapped(reason, indent: 4) }
        text += wrapped(Wording.heard(result), indent: 4, style: paint.dim)
        if !result.track.isEmpty {
            text += "\n" + TimelineText(width: width - 4, paint: paint).rows(result, at: point).map { "  \($0)\n" }.joined() + "\n"
        }
        for (index, alert) in result.alerts.prefix(Self.alertsShown).enumerated() {
            let number = result.alerts.count > 1 ? " \(index + 1)" : ""
            text += wrapped("Alert\(number): " + Wording.alert(alert, at: point), indent: 4)
        }
        if result.alerts.count > Self.alertsShown {
            text += wrapped("… and \(counted(result.alerts.count - Self.alertsShown, "more alert")) (--format json lists them all)", indent: 4)
        }
        if let next = Wording.nextVoice(result) { text += wrapped(next, indent: 4) }
        if result.mayBeMixed { text += wrapped(Wording.mixed(result), indent: 4, style: paint.yellow) }
        if Wording.callsForAdvice(result) {
            text += wrapped(Wording.advice, indent: 4, style: paint.bold) + wrapped(Wording.caution, indent: 4)
        }
        for warning in record.warnings { text += wrapped("Warning: " + warning.escapedForTerminal, indent: 4, style: paint.yellow) }
        if saysThreshold { text += wrapped(Wording.thresholds(point), indent: 4, style: paint.dim) }
        return text
    }

    /// Where the lines were drawn, and where to read on what that rests.
    public func threshold(_ point: OperatingPoint) -> String {
        let more = point.isProvisional ? "" : " On what that was measured: falsetto policy show."
        return wrapped(Wording.thresholds(point) + more, indent: 0, style: paint.dim)
    }

    /// Both error rates of the operating point, for a batch whose legs have a line each.
    public func errors(_ point: OperatingPoint) -> String { wrapped(Wording.errors(point), indent: 0) }

    /// Running text, broken to the width of the terminal.
    public func paragraph(_ text: String) -> String { wrapped(text, indent: 0) }

    private static let alertsShown = 5

    /// One line that closes a batch: how many legs were found to be what.
    public func closing(_ records: [ReportRecord]) -> String {
        var tally = ScreeningTally()
        for record in records { tally.add(record) }
        return closing(tally)
    }

    /// The same from a running count, for a batch whose records are not kept.
    public func closing(_ tally: ScreeningTally) -> String {
        var parts = ["\(counted(tally.legs, "leg")) screened"]
        if tally.synthetic > 0 { parts.append(paint.outcome(.synthetic, "\(tally.synthetic) machine-made")) }
        if tally.human > 0 { parts.append(paint.outcome(.human, "\(tally.human) human")) }
        if tally.inconclusive > 0 { parts.append(paint.outcome(.inconclusive, "\(tally.inconclusive) no verdict")) }
        if tally.unreadable > 0 { parts.append(paint.red("\(tally.unreadable) not screened")) }
        return parts.joined(separator: paint.dim(" · ")) + "\n"
    }

    /// Words broken at spaces so that no line is wider than the terminal; a word longer than the line stays whole. Lines
    /// after the first are indented by `hanging` more.
    func wrapped(_ text: String, indent: Int, hanging: Int = 0, style: (String) -> String = { $0 }) -> String {
        let room = width - indent - hanging
        let margin = String(repeating: " ", count: indent)
        let deeper = String(repeating: " ", count: indent + hanging)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty && line.count + 1 + word.count > room {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        lines.append(line)
        return lines.enumerated().map { ($0 == 0 ? margin : deeper) + style($1) + "\n" }.joined()
    }
}

/// How many legs of a batch were found to be what.
public struct ScreeningTally: Sendable, Equatable {
    public var synthetic = 0
    public var human = 0
    public var inconclusive = 0
    public var unreadable = 0
    /// Legs with an outcome; `unreadable` counts recordings, not legs.
    public var legs: Int { synthetic + human + inconclusive }

    public init() {}

    public mutating func add(_ record: ReportRecord) {
        switch record {
        case .unreadable: unreadable += 1
        case .analysis(let record):
            switch record.result.outcome {
            case .synthetic, .syntheticDisclosed: synthetic += 1
            case .human: human += 1
            case .inconclusive: inconclusive += 1
            }
        }
    }
}

func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

func leftPadded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}
