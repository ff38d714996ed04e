import Evaluation
import Foundation

/// Both classes' scores as inline SVG: the share of each class in every bar, and the thresholds.
struct EvaluationHistogramPlot {
    private static let width = 458.0
    private static let height = 320.0
    private static let left = 46.0
    private static let top = 34.0

    let report: EvaluationReport

    var svg: String {
        let histogram = report.histogram
        let human = shares(histogram.human)
        let synthetic = shares(histogram.synthetic)
        let highest = max(human.max() ?? 0, synthetic.max() ?? 0, 1e-9)
        let step = Self.niceStep(highest / 4)
        let top = (highest / step).rounded(.up) * step
        let bottom = Self.top + Self.height
        func y(_ share: Double) -> Double { bottom - Self.height * share / top }

        var parts = [
            """
            <svg class="plot" viewBox="0 0 \(Int(Self.left + Self.width + 16)) \(Int(bottom + 52))" role="img" \
            aria-label="Histogram of the scores of both classes">
            """,
            "<rect class=\"field\" x=\"\(Self.left)\" y=\"\(Self.top)\" width=\"\(Self.width)\" height=\"\(Self.height)\"/>",
        ]
        for line in stride(from: 0, through: top + step / 2, by: step) {
            parts.append("<path class=\"grid\" d=\"M\(Self.left) \(Self.number(y(line)))h\(Self.width)\"/>")
            parts.append(
                """
                <text class="tick" x="\(Self.left - 6)" y="\(Self.number(y(line) + 4))" text-anchor="end">\
                \(String(format: "%g", (line * 1000).rounded() / 10))</text>
                """
            )
        }
        let end = histogram.start + histogram.barWidth * Double(human.count)
        let tickStep = Self.niceStep((end - histogram.start) / 6)
        for tick in stride(from: (histogram.start / tickStep).rounded(.up) * tickStep, through: end, by: tickStep) {
            // Six digits: what adding steps of a decimal leaves behind is not printed.
            let name = String(format: "%g", abs(tick) < tickStep / 1000 ? 0 : tick)
            parts.append("<path class=\"grid\" d=\"M\(Self.number(x(tick))) \(Self.number(bottom))v5\"/>")
            parts.append("<text class=\"tick\" x=\"\(Self.number(x(tick)))\" y=\"\(Self.number(bottom + 18))\" text-anchor=\"middle\">\(name)</text>")
        }
        parts.append("<path class=\"human\" d=\"\(outline(human, y))\"/>")
        parts.append("<path class=\"synthetic\" d=\"\(outline(synthetic, y))\"/>")
        parts += thresholds
        parts.append(
            """
            <text class="axis" x="\(Self.left + Self.width / 2)" y="\(Self.number(bottom + 42))" text-anchor="middle">\
            score, natural log, positive is synthetic</text>
            """
        )
        parts.append(
            "<text class=\"axis\" transform=\"translate(12 \(Self.top + Self.height / 2)) rotate(-90)\" text-anchor=\"middle\">% of the class</text>")
        return (parts + ["</svg>"]).joined(separator: "\n")
    }

    /// The lines of the pooled EER and of 5 % false alarms, where they lie within the bars; named one above the other.
    private var thresholds: [String] {
        let end = report.histogram.start + report.histogram.barWidth * Double(report.histogram.human.count)
        return [("EER", report.thresholds.eer.threshold, 12.0), ("5 % false alarms", report.thresholds.falseAlarms5.threshold, 26.0)]
            .filter { $0.1 >= report.histogram.start && $0.1 <= end }
            .map { name, threshold, height in
                let place = x(threshold)
                let isRight = place > Self.left + Self.width * 0.75
                return "<path class=\"threshold\" d=\"M\(Self.number(place)) \(height - 8)V\(Self.top + Self.height)\"/>"
                    + """
                    <text class="label" x="\(Self.number(place + (isRight ? -5 : 5)))" y="\(height)" \
                    text-anchor="\(isRight ? "end" : "start")">\(name)</text>
                    """
            }
    }

    private func x(_ score: Double) -> Double {
        Self.left + Self.width * (score - report.histogram.start) / (report.histogram.barWidth * Double(report.histogram.human.count))
    }

    private func shares(_ counts: [Int]) -> [Double] {
        let total = max(1, counts.reduce(0, +))
        return counts.map { Double($0) / Double(total) }
    }

    private func outline(_ shares: [Double], _ y: (Double) -> Double) -> String {
        let bar = Self.width / Double(shares.count)
        var path = "M\(Self.left) \(Self.number(y(0)))"
        for (index, share) in shares.enumerated() {
            path += "V\(Self.number(y(share)))H\(Self.number(Self.left + bar * Double(index + 1)))"
        }
        return path + "V\(Self.number(y(0)))Z"
    }

    /// 1, 2 or 5 times a power of ten, at least as large as the value.
    private static func niceStep(_ value: Double) -> Double {
        let power = pow(10, floor(log10(value)))
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= value * (1 - 1e-9) } ?? 10 * power
    }

    private static func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
