import Evaluation
import Foundation

/// The detection error trade-off as inline SVG: false alarms against misses on normal-deviate axes (A. Martin et al.,
/// "The DET curve in assessment of detection task performance", Eurospeech 1997), with the interval band of the miss
/// rate and the EER marked.
struct EvaluationDETPlot {
    private static let side = 440.0
    private static let left = 64.0
    private static let top = 16.0
    /// The ends of both axes, in probit units. A rate beyond them, such as none at all, is drawn at the edge.
    private static let low = normalQuantile(0.0008)
    private static let high = normalQuantile(0.995)
    private static let ticks = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99]

    let report: EvaluationReport

    var svg: String {
        let side = Self.side
        var parts = [
            """
            <svg class="plot" viewBox="0 0 \(Int(Self.left + side + 16)) \(Int(Self.top + side + 52))" role="img" \
            aria-label="Detection error trade-off; EER \(EvaluationWords.percent(report.pooled.eer))">
            """,
            "<rect class=\"field\" x=\"\(Self.left)\" y=\"\(Self.top)\" width=\"\(side)\" height=\"\(side)\"/>",
        ]
        for tick in Self.ticks {
            let x = Self.x(tick)
            let y = Self.y(tick)
            let name = tick < 0.01 ? String(format: "%.1f", tick * 100) : String(format: "%.0f", tick * 100)
            parts.append(
                "<path class=\"grid\" d=\"M\(Self.number(x)) \(Self.top)V\(Self.top + side)M\(Self.left) \(Self.number(y))H\(Self.left + side)\"/>")
            parts.append("<text class=\"tick\" x=\"\(Self.number(x))\" y=\"\(Self.top + side + 16)\" text-anchor=\"middle\">\(name)</text>")
            parts.append("<text class=\"tick\" x=\"\(Self.left - 6)\" y=\"\(Self.number(y + 4))\" text-anchor=\"end\">\(name)</text>")
        }
        parts.append("<path class=\"diagonal\" d=\"M\(Self.left) \(Self.top + side)L\(Self.left + side) \(Self.top)\"/>")
        if !report.curveBand.isEmpty {
            let lower = report.curveBand.map { ($0.falseAlarmRate, $0.missRate.low) }
            let upper = report.curveBand.reversed().map { ($0.falseAlarmRate, $0.missRate.high) }
            parts.append("<path class=\"band\" d=\"\(Self.path(lower + upper))Z\"/>")
        }
        parts.append("<path class=\"curve\" d=\"\(Self.path(report.curve.map { ($0.falseAlarmRate, $0.missRate) }))\"/>")
        parts.append(mark)
        let middle = Self.left + side / 2
        parts.append(
            "<text class=\"axis\" x=\"\(middle)\" y=\"\(Self.top + side + 40)\" text-anchor=\"middle\">false alarms: people flagged, %</text>")
        parts.append(
            """
            <text class="axis" transform="translate(16 \(Self.top + side / 2)) rotate(-90)" text-anchor="middle">\
            misses: synthetic voices passed, %</text>
            """
        )
        return (parts + ["</svg>"]).joined(separator: "\n")
    }

    /// The EER's point on the curve; its name stands on the side that has room.
    private var mark: String {
        let point = report.thresholds.eer
        let x = Self.x(point.falseAlarmRate)
        let y = Self.y(point.missRate)
        let isRight = x > Self.left + Self.side * 0.6
        return "<circle class=\"mark\" cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"5\"/>"
            + """
            <text class="label" x="\(Self.number(x + (isRight ? -12 : 12)))" y="\(Self.number(y + (isRight ? 20 : -8)))" \
            text-anchor="\(isRight ? "end" : "start")">EER \(EvaluationWords.percent(report.pooled.eer))</text>
            """
    }

    /// Points nearer than a third of a unit to the last one drawn are left out, the ends excepted.
    private static func path(_ points: [(Double, Double)]) -> String {
        var path = ""
        var last = (x: -1.0, y: -1.0)
        for (index, point) in points.enumerated() {
            let next = (x: x(point.0), y: y(point.1))
            guard index == 0 || index == points.count - 1 || hypot(next.x - last.x, next.y - last.y) > 0.34 else { continue }
            path += "\(path.isEmpty ? "M" : "L")\(number(next.x)) \(number(next.y))"
            last = next
        }
        return path
    }

    private static func place(_ rate: Double) -> Double { (min(max(normalQuantile(min(max(rate, 0), 1)), low), high) - low) / (high - low) }
    private static func x(_ rate: Double) -> Double { left + side * place(rate) }
    private static func y(_ rate: Double) -> Double { top + side * (1 - place(rate)) }
    private static func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
