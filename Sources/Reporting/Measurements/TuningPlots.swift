import Evaluation
import Foundation
import Tuning

/// The plots of a tuning that an evaluation does not have: ROC, time to alert, calibration.
enum TuningPlots {
    /// The receiver operating characteristic of the calls' strongest windows.
    static func roc(_ report: EvaluationReport) -> String {
        let frame = PlotFrame(
            height: 440, x: .linear("people with an alert, % of calls", 0...1, step: 0.2, factor: 100),
            y: .linear("synthetic voices alerted, % of calls", 0...1, step: 0.2, factor: 100))
        return frame.svg(
            [
                frame.line([(0, 0), (1, 1)], class: "diagonal"),
                frame.line(report.curve.map { ($0.falseAlarmRate, 1 - $0.missRate) }, class: "curve"),
            ],
            label: "Receiver operating characteristic; area \(EvaluationWords.decimal(report.pooled.auc))")
    }

    /// How many synthetic voices were alerted after so many seconds of their speech.
    static func timeToAlert(_ waits: TuningResult.Waits) -> String {
        let longest = max(waits.all.netSpeechWaits.last ?? 0, 6)
        let step = PlotFrame.Axis.roundStep(longest / 6)
        let frame = PlotFrame(
            x: .linear("net speech of the synthetic voice, s", 0...(longest / step).rounded(.up) * step, step: step),
            y: .linear("alerted by then, %", 0...1, step: 0.2, factor: 100))
        var content: [String] = []
        if waits.wholeCall.voices > 0 { content.append(frame.steps(waits.wholeCall.netSpeechWaits, of: waits.wholeCall.voices, class: "curve")) }
        if waits.midCall.voices > 0 { content.append(frame.steps(waits.midCall.netSpeechWaits, of: waits.midCall.voices, class: "curve second")) }
        return frame.svg(content, label: "Share of synthetic voices alerted against their net speech")
    }

    /// What the LLR says against what it should say: bins of equal counts, the LLR that the share of synthetic calls in each
    /// supports. A calibrated score lies on the diagonal. nil with too few calls for three bins.
    static func calibration(_ table: TrialTable) -> String? {
        let scored = table.trials.compactMap { trial in trial.score.map { (score: $0, isSynthetic: trial.label == .synthetic) } }.sorted {
            $0.score < $1.score
        }
        let synthetics = Double(scored.count { $0.isSynthetic })
        let humans = Double(scored.count) - synthetics
        let bins = min(12, scored.count / 15)
        guard bins >= 3, synthetics > 0, humans > 0 else { return nil }
        let points = (0..<bins).map { bin -> (said: Double, shown: Double) in
            let own = scored[scored.count * bin / bins..<scored.count * (bin + 1) / bins]
            let s = Double(own.count { $0.isSynthetic })
            // Half a call more of each class: a bin of one class alone supports no infinite ratio.
            let shown = log((s + 0.5) / (Double(own.count) - s + 0.5) * humans / synthetics)
            return (own.reduce(0) { $0 + $1.score } / Double(own.count), shown)
        }
        let reach = max(1, (points.flatMap { [abs($0.said), abs($0.shown)] }.max() ?? 1).rounded(.up))
        let step = PlotFrame.Axis.roundStep(reach / 4)
        let frame = PlotFrame(
            x: .linear("LLR as stated, mean of a bin", -reach...reach, step: step),
            y: .linear("LLR that the bin supports", -reach...reach, step: step))
        return frame.svg(
            [frame.line([(-reach, -reach), (reach, reach)], class: "diagonal"), frame.line(points.map { ($0.said, $0.shown) }, class: "curve")]
                + points.map { frame.dot($0.said, $0.shown) },
            label: "Calibration: stated against supported log likelihood ratio")
    }
}
