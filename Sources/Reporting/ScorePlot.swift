import Alerting
import Screening

/// The drawing of a leg: score over spectrogram on one axis of time, with speech and alerts, as inline SVG.
///
/// Colours are classes of `HTMLStyle`, so that the drawing follows the page into the dark and onto paper.
struct ScorePlot {
    let result: LegResult
    let point: OperatingPoint

    private let left = 58.0
    private let plotWidth = 880.0
    private let scoreTop = 26.0
    private let scoreHeight = 170.0
    private let speechHeight = 8.0
    private let spectrogramHeight = 132.0
    private let gap = 11.0
    private let width = 1000.0

    private var speechTop: Double { scoreTop + scoreHeight + gap }
    private var spectrogramTop: Double { speechTop + speechHeight + gap }
    private var bottom: Double { image == nil ? speechTop + speechHeight : spectrogramTop + spectrogramHeight }
    private let image: SpectrogramImage?
    private let shownKilohertz: Double
    private let columns: TimelineColumns
    private let duration: Double
    private let span: Double

    init(_ result: LegResult, at point: OperatingPoint) {
        self.result = result
        self.point = point
        // Above 4 kHz a telephone line has nothing to show.
        let kilohertz = result.bandwidth == .narrowband ? 4 : 8
        shownKilohertz = Double(kilohertz)
        image = result.spectrogram.flatMap {
            SpectrogramImage($0, bands: SpectrogramOverview.bandCount * kilohertz / 8)
        }
        duration = max(result.durationSeconds, 0.1)
        columns = TimelineColumns(
            track: result.track, hopSeconds: result.hopSeconds, durationSeconds: duration,
            count: max(1, min(result.track.count, Int(880))))
        let extremes = columns.columns.flatMap { [abs($0.highestLLR ?? 0), abs($0.lowestLLR ?? 0)] }
        span = min(max((extremes.max() ?? 0).rounded(.up), 4, point.alert.window.begins + 1), 12)
    }

    /// Whether there is anything to draw.
    var isEmpty: Bool { result.track.isEmpty && image == nil }

    /// - Parameter id: unique on the page.
    func svg(id: String) -> String {
        let height = bottom + 30
        let summary = "Score and spectrogram over \(clock(duration)), \(result.alerts.count) "
            + (result.alerts.count == 1 ? "alert" : "alerts")
        return """
            <svg class="plot" viewBox="0 0 \(n(width)) \(n(height))" data-left="\(n(left))" data-width="\(n(plotWidth))" \
            data-seconds="\(fixed(duration, 3))" role="img" aria-labelledby="\(id)-title">
            <title id="\(id)-title">\(summary)</title>
            \(scorePanel)\(speechStrip)\(spectrogramPanel)\(alertSpans)\(timeAxis)</svg>
            """
    }

    // MARK: scales

    private func x(_ seconds: Double) -> Double { left + plotWidth * min(max(seconds / duration, 0), 1) }
    private func y(_ llr: Double) -> Double { scoreTop + scoreHeight * (span - min(max(llr, -span), span)) / (2 * span) }
    private func n(_ value: Double) -> String {
        let text = fixed(value, 1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private func rect(_ kind: String, _ x: Double, _ y: Double, _ width: Double, _ height: Double, title: String? = nil) -> String {
        let inside = title.map { "><title>\($0.escapedForHTML)</title></rect>\n" } ?? "/>\n"
        return "<rect class=\"\(kind)\" x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(max(width, 0)))\" height=\"\(n(max(height, 0)))\"" + inside
    }

    private func line(_ kind: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
        "<line class=\"\(kind)\" x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\"/>\n"
    }

    private func text(_ kind: String, _ x: Double, _ y: Double, _ words: String) -> String {
        "<text class=\"\(kind)\" x=\"\(n(x))\" y=\"\(n(y))\">\(words.escapedForHTML)</text>\n"
    }

    // MARK: panels

    private var scorePanel: String {
        let right = left + plotWidth
        var svg = rect("panel", left, scoreTop, plotWidth, scoreHeight)
        svg += rect("zone-machine", left, scoreTop, plotWidth, y(point.alert.window.begins) - scoreTop)
        svg += rect("zone-human", left, y(point.humanBelowLLR), plotWidth, scoreTop + scoreHeight - y(point.humanBelowLLR))
        let step = span > 8 ? 4.0 : 2.0
        var tick = -(span / step).rounded(.down) * step
        while tick <= span {
            svg += line(tick == 0 ? "zero" : "grid", left, y(tick), right, y(tick))
            svg += text("tick end", left - 7, y(tick) + 4, tick > 0 ? "+\(fixed(tick, 0))" : tick < 0 ? "−\(fixed(-tick, 0))" : "0")
            tick += step
        }
        svg += text("side", left + 8, scoreTop + 16, "▲ machine-made") + text("side", left + 8, scoreTop + scoreHeight - 8, "▼ human")
        svg += "<text class=\"axis\" transform=\"translate(14 \(n(scoreTop + scoreHeight / 2))) rotate(-90)\">window LLR</text>\n"
        svg += line("threshold", left, y(point.alert.window.begins), right, y(point.alert.window.begins))
        svg += text("threshold-label", right + 5, y(point.alert.window.begins) + 4, "alert")
        svg += line("release", left, y(point.alert.window.endsBelow), right, y(point.alert.window.endsBelow))
        if abs(y(point.alert.window.endsBelow) - y(point.alert.window.begins)) >= 11 {
            svg += text("release-label", right + 5, y(point.alert.window.endsBelow) + 4, "ends")
        }
        return svg + curve
    }

    /// A line through each column's highest score; where a column stands for several hops, a band down to the lowest.
    private var curve: String {
        var svg = ""
        var run: [(x: Double, high: Double, low: Double)] = []
        let columnWidth = plotWidth / Double(columns.columns.count)
        func close() {
            guard !run.isEmpty else { return }
            if columns.columns.count < result.track.count {
                let upper = run.map { "\(n($0.x)),\(n($0.high))" }
                let lower = run.reversed().map { "\(n($0.x)),\(n($0.low))" }
                svg += "<polygon class=\"band\" points=\"\((upper + lower).joined(separator: " "))\"/>\n"
            }
            // A lone column is drawn as a dash: a line of one point would not show.
            if run.count == 1 { run.append((run[0].x + columnWidth, run[0].high, run[0].low)) }
            svg += "<polyline class=\"score\" points=\"\(run.map { "\(n($0.x)),\(n($0.high))" }.joined(separator: " "))\"/>\n"
            run = []
        }
        for (index, column) in columns.columns.enumerated() {
            guard let high = column.highestLLR, let low = column.lowestLLR else {
                close()
                continue
            }
            run.append((left + columnWidth * (Double(index) + 0.5), y(high), y(low)))
        }
        close()
        return svg
    }

    private var speechStrip: String {
        guard !result.track.isEmpty else { return "" }
        var svg = rect("panel", left, speechTop, plotWidth, speechHeight)
        // One path, not one element a stretch: a three-hour call has thousands.
        let path = result.speechIntervals.map { interval in
            let (from, to) = (x(interval.startSeconds), x(interval.endSeconds))
            return "M\(n(from)) \(n(speechTop))h\(n(max(to - from, 0.4)))v\(n(speechHeight))h-\(n(max(to - from, 0.4)))z"
        }
        svg += "<path class=\"speech\" d=\"\(path.joined())\"/>\n"
        return svg + text("tick end", left - 7, speechTop + speechHeight, "speech")
    }

    private var spectrogramPanel: String {
        guard let image else { return "" }
        let imageWidth = plotWidth * image.seconds / duration
        var svg = rect("panel", left, spectrogramTop, plotWidth, spectrogramHeight)
        svg += """
            <svg x="\(n(left))" y="\(n(spectrogramTop))" width="\(n(plotWidth))" height="\(n(spectrogramHeight))">\
            <image class="spectrogram" width="\(n(imageWidth))" height="\(n(spectrogramHeight))" preserveAspectRatio="none" \
            href="\(image.dataURI)"/></svg>

            """
        for kilohertz in stride(from: 0.0, through: shownKilohertz, by: shownKilohertz / 4) {
            let y = spectrogramTop + spectrogramHeight * (1 - kilohertz / shownKilohertz)
            svg += line("mark", left - 4, y, left, y)
            svg += text("tick end", left - 7, y + 4, fixed(kilohertz, 0))
        }
        svg += "<text class=\"axis\" transform=\"translate(14 \(n(spectrogramTop + spectrogramHeight / 2))) rotate(-90)\">kHz</text>\n"
        return svg
    }

    private var alertSpans: String {
        var svg = ""
        var labelEnd = 0.0
        for (index, alert) in result.alerts.enumerated() {
            let (from, to) = (x(alert.startSeconds), x(alert.endSeconds ?? result.durationSeconds))
            svg += rect("alert", from, scoreTop, max(to - from, 1), bottom - scoreTop, title: "Alert: " + Wording.alert(alert))
            svg += line("decision", x(alert.atSeconds), scoreTop - 6, x(alert.atSeconds), bottom)
            let name = result.alerts.count > 1 ? "▲ alert \(index + 1), " : "▲ alert raised at "
            let label = name + clock(alert.atSeconds, tenths: true)
            let labelWidth = Double(label.count) * 7
            let at = min(max(x(alert.atSeconds), left), left + plotWidth - labelWidth)
            // A label that would run into the one before it is left out; the table below names every alert.
            if at >= labelEnd + 8 {
                svg += text("alert-label", at, scoreTop - 10, label)
                labelEnd = at + labelWidth
            }
        }
        return svg
    }

    private var timeAxis: String {
        let step = TimeAxis.step(durationSeconds: duration, atMost: 11)
        var svg = ""
        var mark = 0.0
        while mark <= duration {
            svg += line("mark", x(mark), bottom, x(mark), bottom + 5)
            svg += text("tick middle", x(mark), bottom + 19, clock(mark))
            mark += step
        }
        return svg
    }
}
