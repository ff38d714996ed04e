import Alerting
import Screening

/// The drawing of a leg: score over spectrogram on one axis of time, with speech and alerts, as inline SVG.
///
/// The zones are drawn by the rules that give the verdict: in the panel of the window LLR the zone in which an alert is raised, in the
/// strip beside it, which holds the LLR of the whole leg, those of synthetic and human. Colours are classes of `page.css`, so that the
/// drawing follows the page into the dark and onto paper; it is made twice, for wide and for narrow pages.
struct ScorePlot {
    /// Where things stand, in units of the drawing; text is as large in both, so a narrow page reads it as well.
    struct Layout {
        var width: Double
        var left: Double
        /// From the panel's right edge: names of the alert's thresholds, then the strip of the whole leg.
        var plotWidth: Double
        var stripLeft: Double
        var stripWidth: Double
        /// Ticks of time at most.
        var ticks: Int
        /// The class of the page that shows it.
        var name: String

        static let wide = Layout(width: 1000, left: 58, plotWidth: 806, stripLeft: 914, stripWidth: 38, ticks: 11, name: "wide")
        static let narrow = Layout(width: 390, left: 56, plotWidth: 230, stripLeft: 328, stripWidth: 26, ticks: 4, name: "narrow")
    }

    let result: LegResult
    let point: OperatingPoint
    let layout: Layout

    private var left: Double { layout.left }
    private var plotWidth: Double { layout.plotWidth }
    private let scoreTop = 26.0
    private let scoreHeight = 170.0
    private let speechHeight = 8.0
    private let spectrogramHeight = 132.0
    private let gap = 11.0
    private var width: Double { layout.width }

    private var speechTop: Double { scoreTop + scoreHeight + gap }
    private var spectrogramTop: Double { speechTop + speechHeight + gap }
    private var bottom: Double { picture == nil ? speechTop + speechHeight : spectrogramTop + spectrogramHeight }
    private let picture: Picture?
    private let shownKilohertz: Double
    private let columns: TimelineColumns
    private let duration: Double
    private let span: Double
    /// The field of the score, over the time of the leg.
    private let score: PlotFrame

    /// A spectrogram that the plot shows and does not hold.
    struct Picture {
        /// Where the picture is, from 0 Hz to `ScorePlot.kilohertz`.
        var href: String
        /// The length of line time that it covers.
        var seconds: Double
    }

    /// How far up a spectrogram goes: above 4 kHz a telephone line has nothing to show.
    static func kilohertz(_ bandwidth: Bandwidth) -> Int { bandwidth == .narrowband ? 4 : 8 }

    /// - Parameter picture: of the leg's sound; nil for the result's own overview, if it has one.
    init(_ result: LegResult, at point: OperatingPoint, layout: Layout = .wide, picture: Picture? = nil) {
        self.result = result
        self.point = point
        self.layout = layout
        let kilohertz = Self.kilohertz(result.bandwidth)
        shownKilohertz = Double(kilohertz)
        self.picture =
            picture
            ?? result.spectrogram.flatMap {
                SpectrogramImage($0, bands: SpectrogramOverview.bandCount * kilohertz / 8)
            }.map { Picture(href: $0.dataURI, seconds: $0.seconds) }
        duration = max(result.durationSeconds, 0.1)
        columns = TimelineColumns(
            track: result.track, hopSeconds: result.hopSeconds, durationSeconds: duration,
            count: max(1, min(result.track.count, Int(layout.plotWidth))))
        let extremes = columns.columns.flatMap { [abs($0.highestLLR ?? 0), abs($0.lowestLLR ?? 0)] }
        span = min(max((extremes.max() ?? 0).rounded(.up), 4, point.alert.window.begins + 1), 12)
        let step = TimeAxis.step(durationSeconds: duration, atMost: layout.ticks)
        let times = stride(from: 0, through: duration, by: step).map { (value: $0, name: clock($0)) }
        var llr = PlotFrame.Axis.linear("human ◂ LLR ▸ machine", -span...span, step: span > 8 ? 4 : 2)
        llr.ticks = llr.ticks.map { ($0.value, $0.value > 0 ? "+" + $0.name : $0.name.replacing("-", with: "−")) }
        score = PlotFrame(
            left: layout.left, top: scoreTop, width: layout.plotWidth, height: scoreHeight,
            x: .init(range: 0...duration, ticks: times, isGrid: false), y: llr)
    }

    /// Whether there is anything to draw.
    var isEmpty: Bool { result.track.isEmpty && picture == nil }

    /// - Parameter id: unique on the page.
    func svg(id: String) -> String {
        let height = bottom + 30
        let summary = "Score and spectrogram over \(clock(duration)), \(counted(result.alerts.count, "alert"))"
        return """
            <svg class="plot \(layout.name)" viewBox="0 0 \(n(width)) \(n(height))" data-left="\(n(left))" data-width="\(n(plotWidth))" \
            data-seconds="\(fixed(duration, 3))" role="img" aria-labelledby="\(id)-\(layout.name)">
            <title id="\(id)-\(layout.name)">\(summary)</title>
            \(scorePanel)\(legStrip)\(speechStrip)\(spectrogramPanel(id: id))\(alertSpans)\(timeAxis)\(labels)</svg>
            """
    }

    /// The picture that both layouts show, put on the page once; empty where there is none.
    func sharedPicture(id: String) -> String {
        guard let picture else { return "" }
        return """
            <svg class="defs" aria-hidden="true"><symbol id="\(id)-sound" viewBox="0 0 100 100" preserveAspectRatio="none">\
            <image class="spectrogram" width="100" height="100" preserveAspectRatio="none" href="\(picture.href.escapedForHTML)"/></symbol></svg>

            """
    }

    // MARK: scales

    /// The field of the sound, below that of the score over the same time.
    private var sound: PlotFrame {
        var kilohertz = PlotFrame.Axis.linear("kHz", 0...shownKilohertz, step: shownKilohertz / 4)
        kilohertz.isGrid = false
        return PlotFrame(left: left, top: spectrogramTop, width: plotWidth, height: spectrogramHeight, x: score.x, y: kilohertz)
    }

    private func x(_ seconds: Double) -> Double { score.placeX(seconds) }
    private func y(_ llr: Double) -> Double { score.placeY(llr) }
    private func n(_ value: Double) -> String { SVG.number(value) }

    // MARK: panels

    private var scorePanel: String {
        let alert = point.alert.window
        return score.field + SVG.rect("zone-machine", left, scoreTop, plotWidth, y(alert.begins) - scoreTop) + score.ticksY
            + SVG.line("threshold", left, y(alert.begins), score.right, y(alert.begins))
            + SVG.line("release", left, y(alert.endsBelow), score.right, y(alert.endsBelow)) + curve
    }

    /// The LLR of the whole leg as a dot over the zones of the verdict.
    private var legStrip: String {
        let (x, width, bottom) = (layout.stripLeft, layout.stripWidth, scoreTop + scoreHeight)
        var svg = SVG.rect("panel", x, scoreTop, width, scoreHeight)
        svg += SVG.rect("zone-machine", x, scoreTop, width, y(point.syntheticAtLLR) - scoreTop)
        svg += SVG.rect("zone-human", x, y(point.humanBelowLLR), width, bottom - y(point.humanBelowLLR))
        svg += SVG.line("zero", x, y(0), x + width, y(0))
        guard let llr = result.llr else { return svg }
        return svg + SVG.circle("dot", x + width / 2, y(llr))
    }

    /// All words that stand on or beside the panels, drawn last and on a halo of the page's colour, so that no line runs through one.
    private var labels: String {
        let right = left + plotWidth
        var svg = score.names
        svg += SVG.text("threshold-label", right + 5, y(point.alert.window.begins) + 4, "alert")
        if abs(y(point.alert.window.endsBelow) - y(point.alert.window.begins)) >= 11 {
            svg += SVG.text("release-label", right + 5, y(point.alert.window.endsBelow) + 4, "ends")
        }
        let middle = layout.stripLeft + layout.stripWidth / 2
        svg += SVG.text("tick middle", middle, scoreTop - 10, "all of it")
        if let llr = result.llr { svg += SVG.text("tick middle", middle, scoreTop + scoreHeight + 14, signed(llr)) }
        return svg + alertLabels
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
            svg += "<polyline class=\"curve\" points=\"\(run.map { "\(n($0.x)),\(n($0.high))" }.joined(separator: " "))\"/>\n"
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
        var svg = SVG.rect("panel", left, speechTop, plotWidth, speechHeight)
        // One path, not one element a stretch: a three-hour call has thousands.
        let path = result.speechIntervals.map { interval in
            let (from, to) = (x(interval.startSeconds), x(interval.endSeconds))
            return "M\(n(from)) \(n(speechTop))h\(n(max(to - from, 0.4)))v\(n(speechHeight))h-\(n(max(to - from, 0.4)))z"
        }
        svg += "<path class=\"speech\" d=\"\(path.joined())\"/>\n"
        return svg + SVG.text("tick end", left - 7, speechTop + speechHeight, "speech")
    }

    private func spectrogramPanel(id: String) -> String {
        guard let picture else { return "" }
        let imageWidth = plotWidth * picture.seconds / duration
        return sound.field
            + """
            <svg x="\(n(left))" y="\(n(spectrogramTop))" width="\(n(plotWidth))" height="\(n(spectrogramHeight))">\
            <use href="#\(id)-sound" width="\(n(imageWidth))" height="\(n(spectrogramHeight))"/></svg>

            """ + sound.ticksY + sound.names
    }

    private var alertSpans: String {
        result.alerts.map { alert in
            let (from, to) = (x(alert.startSeconds), x(alert.endSeconds ?? result.durationSeconds))
            return SVG.rect("alert", from, scoreTop, max(to - from, 1), bottom - scoreTop, title: "Alert: " + Wording.alert(alert, at: point))
                + SVG.line("decision", x(alert.atSeconds), scoreTop, x(alert.atSeconds), bottom)
        }.joined()
    }

    /// Each alert's name beside the flag on top of its line, on the side that has room; one that would run into the one before it is
    /// left out, for the table below names every alert.
    private var alertLabels: String {
        var svg = ""
        var taken = left - 8
        for (index, alert) in result.alerts.enumerated() {
            let name = result.alerts.count > 1 ? "▲ \(index + 1) at " : "▲ alert at "
            let label = name + clock(alert.atSeconds, tenths: true)
            let labelWidth = Double(label.count) * 7.2
            let at = x(alert.atSeconds)
            let isRight = at + 5 + labelWidth <= left + plotWidth
            let (from, to) = isRight ? (at, at + 5 + labelWidth) : (at - 5 - labelWidth, at)
            guard from >= taken + 4 else { continue }
            svg += SVG.line("decision", at, scoreTop - 18, at, scoreTop)
            svg += SVG.text(isRight ? "alert-label" : "alert-label end", isRight ? at + 5 : at - 5, scoreTop - 9, label)
            taken = to
        }
        return svg
    }

    /// Below the lowest panel.
    private var timeAxis: String { PlotFrame(left: left, top: scoreTop, width: plotWidth, height: bottom - scoreTop, x: score.x, y: score.y).ticksX }
}
