import Evaluation

/// Both classes' scores as inline SVG: the share of each class in every bar, and the thresholds.
struct EvaluationHistogramPlot {
    let report: EvaluationReport

    var svg: String {
        let histogram = report.histogram
        let human = shares(histogram.human), synthetic = shares(histogram.synthetic)
        let end = histogram.start + histogram.barWidth * Double(human.count)
        let highest = max(human.max() ?? 0, synthetic.max() ?? 0, 1e-9)
        let step = PlotFrame.Axis.roundStep(highest / 4)
        var scores = PlotFrame.Axis.linear("score, natural log, positive is synthetic", histogram.start...end)
        scores.isGrid = false
        let frame = PlotFrame(
            top: 34, height: 420, x: scores, y: .linear("% of the class", 0...(highest / step).rounded(.up) * step, step: step, factor: 100))
        return frame.svg(
            [outline(human, frame, class: "people"), outline(synthetic, frame, class: "made")] + thresholds(frame),
            label: "Histogram of the scores of both classes")
    }

    /// The lines of the pooled EER and of 5 % false alarms, where they lie within the bars; named one above the other.
    private func thresholds(_ frame: PlotFrame) -> [String] {
        [("EER", report.thresholds.eer.threshold, 12.0), ("5 % false alarms", report.thresholds.falseAlarms5.threshold, 26.0)]
            .filter { frame.x.range.contains($0.1) }
            .flatMap { name, threshold, height in
                let at = frame.placeX(threshold)
                let isRight = at > frame.left + frame.width * 0.75
                return [
                    SVG.line("threshold", at, height - 8, at, frame.bottom),
                    SVG.text(isRight ? "label end" : "label", at + (isRight ? -5 : 5), height, name),
                ]
            }
    }

    private func shares(_ counts: [Int]) -> [Double] {
        let total = max(1, counts.reduce(0, +))
        return counts.map { Double($0) / Double(total) }
    }

    private func outline(_ shares: [Double], _ frame: PlotFrame, class name: String) -> String {
        let (start, width) = (report.histogram.start, report.histogram.barWidth)
        let tops = shares.enumerated().flatMap { [(start + width * Double($0), $1), (start + width * Double($0 + 1), $1)] }
        return frame.area([(start, 0)] + tops + [(start + width * Double(shares.count), 0)], class: name)
    }
}
