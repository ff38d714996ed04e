import Evaluation
import Foundation

/// The detection error trade-off as inline SVG: false alarms against misses on normal-deviate axes (A. Martin et al.,
/// "The DET curve in assessment of detection task performance", Eurospeech 1997), with the interval band of the miss
/// rate and the EER marked.
struct EvaluationDETPlot {
    let report: EvaluationReport

    /// A rate beyond the ends of an axis, such as none at all, is drawn at the edge.
    private static func axis(_ name: String) -> PlotFrame.Axis {
        let ticks = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99]
        return .init(
            name: name, range: 0.0008...0.995, ticks: ticks.map { ($0, fixed($0 * 100, $0 < 0.01 ? 1 : 0)) }, scale: { normalQuantile($0) })
    }

    var svg: String {
        let frame = PlotFrame(
            height: 440, x: Self.axis("false alarms: people flagged, %"), y: Self.axis("misses: synthetic voices passed, %"))
        var content = [frame.line([(0, 0), (1, 1)], class: "diagonal")]
        if !report.curveBand.isEmpty {
            let lower = report.curveBand.map { ($0.falseAlarmRate, $0.missRate.low) }
            let upper = report.curveBand.reversed().map { ($0.falseAlarmRate, $0.missRate.high) }
            content.append(frame.area(lower + upper, class: "band"))
        }
        content.append(frame.line(report.curve.map { ($0.falseAlarmRate, $0.missRate) }, class: "curve"))
        // The EER's point on the curve; its name stands on the side that has room.
        let point = report.thresholds.eer
        let (x, y) = (frame.placeX(point.falseAlarmRate), frame.placeY(point.missRate))
        let isRight = x > frame.left + frame.width * 0.6
        let eer = "EER \(EvaluationWords.percent(report.pooled.eer))"
        content += [
            SVG.circle("dot", x, y), SVG.text(isRight ? "label end" : "label", x + (isRight ? -12 : 12), y + (isRight ? 20 : -8), eer),
        ]
        return frame.svg(content, label: "Detection error trade-off; \(eer)")
    }
}
