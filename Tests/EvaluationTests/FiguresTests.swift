import Foundation
import Testing

@testable import Evaluation

/// Golden values: `python Tools/evaluation/reference.py` (numpy, scipy, scikit-learn).
@Suite struct FiguresTests {
    @Test func `figures of complete scores equal those of scipy and scikit-learn`() {
        let trials = referenceTrials()
        #expect(trials.count { $0.label == .human } == 301)
        let figures = Figures(RankedTrials(trials).bins)
        #expect(near(figures.eer, 0.2533361481794242))
        #expect(near(figures.eerROCCH, 0.2533333333333333))
        #expect(near(figures.minDCF, 0.6709741219346881))
        #expect(near(figures.actDCF, 0.8920076889743219))
        #expect(near(figures.cllr, 1.011290666214258))
        #expect(near(figures.minCllr, 0.7057260462382157))
        #expect(figures.cllr == figures.cllrScoredOnly)
        #expect(figures.minCllr == figures.minCllrScoredOnly)
        #expect(near(figures.detectionAt1, 0.13377926421404684))
        #expect(figures.detectionAt1Threshold == 5.53125)
        #expect(near(figures.detectionAt1FalseAlarmRate, 0.009966777408637828))
        #expect(near(figures.detectionAt5, 0.3377926421404682))
        #expect(figures.detectionAt5Threshold == 4.15625)
        #expect(near(figures.detectionAt5FalseAlarmRate, 0.04983388704318936))
        #expect(near(figures.auc, 0.8254925054722831))
    }

    @Test func `unscored trials count with the wrong extreme score, as in the reference`() {
        let figures = Figures(RankedTrials(referenceTrials(unscored: true)).bins)
        #expect(near(figures.eer, 0.3133257036189291))
        #expect(near(figures.eerROCCH, 0.30666666666666664))
        #expect(near(figures.minDCF, 0.7998566650740564))
        #expect(near(figures.actDCF, 1.0257413971266347))
        #expect(figures.cllr == .infinity)
        #expect(near(figures.minCllr, 0.8556337533324201))
        #expect(near(figures.cllrScoredOnly, 1.0212248060925373))
        #expect(near(figures.minCllrScoredOnly, 0.7089830464044089))
        #expect(figures.detectionAt1 == 0)
        #expect(figures.detectionAt1Threshold == .infinity)
        #expect(near(figures.detectionAt5, 0.10367892976588633) && figures.detectionAt5Threshold == 5.984375)
        #expect(near(figures.auc, 0.7160190668785209))
    }

    @Test func `leaving any one trial unscored makes no figure better`() {
        let trials = referenceTrials(count: 120)
        let whole = Figures(RankedTrials(trials).bins)
        for index in trials.indices {
            var abstained = trials
            abstained[index].score = nil
            let figures = Figures(RankedTrials(abstained).bins)
            for figure in Figure.allCases where figure != .cllrScoredOnly {
                let loss = (figures[figure] - whole[figure]) * (figure.lowerIsBetter ? 1 : -1)
                // The nearest point of a staircase may step to the side by half a trial of either class.
                #expect(loss >= (figure == .eer ? -1.0 / 120 : -rounding), "\(figure) without trial \(index)")
            }
        }
    }

    @Test func `separated classes are perfect, turned ones are entirely wrong`() {
        let right = Figures(ScoreBins(human: [-3, -2], synthetic: [2, 3]))
        #expect(right.eer == 0 && right.eerROCCH == 0 && right.minDCF == 0 && right.actDCF == 0)
        #expect(right.minCllr == 0 && right.detectionAt1 == 1 && right.auc == 1)
        let wrong = Figures(ScoreBins(human: [2, 3], synthetic: [-3, -2]))
        #expect(wrong.eer == 1 && wrong.auc == 0 && wrong.detectionAt1 == 0)
        // A monotone calibration cannot turn the scores round, only say nothing.
        #expect(wrong.eerROCCH == 0.5 && wrong.minDCF == 1 && near(wrong.minCllr, 1))
    }

    @Test func `scores that are all equal know nothing`() {
        let figures = Figures(ScoreBins(human: [0, 0, 0], synthetic: [0, 0]))
        #expect(figures.eer == 0.5 && figures.eerROCCH == 0.5 && figures.auc == 0.5 && figures.minDCF == 1)
        #expect(near(figures.cllr, 1) && near(figures.minCllr, 1))
        #expect(figures.detectionAt1 == 0)
    }

    @Test func `a score equal to the threshold is flagged`() {
        let bins = ScoreBins(human: [1, 2], synthetic: [1, 2])
        #expect(bins.falseAlarmRate(at: 2) == 0.5 && bins.missRate(at: 2) == 0.5)
        #expect(bins.falseAlarmRate(at: 1) == 1 && bins.missRate(at: 1) == 0)
        #expect(bins.falseAlarmRate(at: 2.5) == 0 && bins.missRate(at: 2.5) == 1)
    }

    @Test func `equal scores are flagged together at one per cent false alarms`() {
        // 200 people, of whom 2 may be flagged; three share the second highest score.
        let human = [5.0] + [4, 4, 4] + (0..<196).map { -Double($0) }
        let figures = Figures(ScoreBins(human: human, synthetic: [6, 5, 4.5, 4, 3]))
        #expect(figures.detectionAt1 == 0.6)
        #expect(figures.detectionAt1Threshold == 4.5)
        #expect(figures.detectionAt1FalseAlarmRate == 0.005)
        // Ten may be flagged at 5 %: the four above and 0 to -5.
        #expect(figures.detectionAt5 == 1 && figures.detectionAt5Threshold == -5 && figures.detectionAt5FalseAlarmRate == 0.05)
    }

    @Test func `the default costs cut a calibrated score at 0_642`() {
        #expect(near(DetectionCosts().bayesThreshold, 0.6418538861723947))
        #expect(DetectionCosts().cost(falseAlarmRate: 0, missRate: 1) == 1)
    }

    @Test func `cllr of huge scores neither overflows nor loses its size`() {
        let figures = Figures(ScoreBins(human: [1000], synthetic: [-1000, 1000]))
        #expect(near(figures.cllr, (1000 / log(2.0) + 500 / log(2.0)) / 2))
    }
}
