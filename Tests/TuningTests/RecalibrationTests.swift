import Alerting
import Evaluation
import Foundation
import Testing

@testable import Tuning

@Suite struct RecalibrationTests {
    private let human = (0..<40).map { Double($0 * 37 % 40) / 10 - 3 }
    private let synthetic = (0..<25).map { Double($0 * 23 % 40) / 8 - 1.5 }
    private var scores: [Double] { human + synthetic }
    private var labels: [Bool] { human.map { _ in false } + synthetic.map { _ in true } }

    /// The same objective by scipy.optimize.minimize (BFGS, then Nelder-Mead to 1e-13): scores and weights as here, targets
    /// 26/27 and 1/42, ridge `0.5 * 1e-3 / 65 * (scale - 1)**2`.
    @Test func `The affine fit is that of logistic regression with both classes weighted alike`() throws {
        guard case .affine(let scale, let offset) = try #require(RecalibrationFit.affine(scores, labels)) else {
            Issue.record("not affine")
            return
        }
        #expect(abs(scale - 0.8946185) < 1e-7)
        #expect(abs(offset - 0.11751251) < 1e-7)
    }

    /// `sklearn.isotonic.IsotonicRegression().fit(scores, labels)` has the levels 0, 0.323529, 0.5 and 1.
    @Test func `The blocks are those of isotonic regression, each with half a trial more of a class`() throws {
        guard case .knots(let knots) = try #require(RecalibrationFit.pav(scores, labels)) else {
            Issue.record("no knots")
            return
        }
        #expect(knots.count == 4)
        // 0.323529 is 11 of 34, so the other blocks hold 18 human at least; the second block: ln(11.5 / 23.5 / (25 / 40)).
        #expect(abs(knots[1].to - log(11.5 / 23.5 / 0.625)) < 1e-12)
        #expect(Recalibration.knots(knots).fault == nil)
    }

    @Test func `Scores without overlap get a finite scale, and turned scores no correction`() {
        let apart = RecalibrationFit.affine((0..<20).map { $0 < 10 ? -2 : 2 }, (0..<20).map { $0 >= 10 })
        guard case .affine(let scale, _)? = apart else {
            Issue.record("no fit")
            return
        }
        // Ten of a class claim (10 + 1) / (10 + 2) at most: 11 to 1, ln 11 = 2.4 at a score of 2.
        #expect(abs(scale - log(11) / 2) < 0.01)
        #expect(RecalibrationFit.affine((0..<20).map { Double($0 < 10 ? 2 : -2) + Double($0 % 3) }, (0..<20).map { $0 >= 10 }) == nil)
    }

    /// LLRs that are right as they are, twice too large, and bent: seeded, in 20 units.
    private func drawn(_ bend: (Double) -> Double) -> RecalibrationFit? {
        var generator = SplitMix64(seed: 4)
        func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + Double(generator.next(below: 1 << 30)) / Double(1 << 30) } }
        var scores: [Double] = []
        var labels: [Bool] = []
        // Normal with means -1 and +1 and variance 2: x itself is the log likelihood ratio.
        for index in 0..<600 {
            labels.append(index % 2 == 0)
            scores.append(bend((index % 2 == 0 ? 1 : -1) + 2.0.squareRoot() * normal()))
        }
        return RecalibrationFit(
            scores: scores, isSynthetic: labels, parts: scores.indices.map { $0 % 10 }, units: scores.indices.map { $0 % 20 })
    }

    @Test func `A calibrated score is kept as it is`() throws {
        let fit = try #require(drawn { $0 })
        #expect(fit.kept == .own && fit.recalibration == nil)
        #expect(fit.candidates.map(\.form) == [.own, .affine, .pav])
    }

    @Test func `A score three times too large is corrected by an affine map, and PAV is not clearly better`() throws {
        let fit = try #require(drawn { 3 * $0 + 1 })
        #expect(fit.kept == .affine)
        guard case .affine(let scale, let offset)? = fit.recalibration else { return }
        #expect(abs(scale - 1.0 / 3) < 0.06 && abs(offset + 1.0 / 3) < 0.15)
    }

    @Test func `A bent score takes PAV`() throws {
        let fit = try #require(drawn { $0 < 0 ? 0.1 * $0 : 4 * $0 + 6 })
        #expect(fit.kept == .pav)
    }

    @Test func `With few calls nothing is fitted`() {
        #expect(RecalibrationFit(scores: [1, 2], isSynthetic: [true, false], parts: [0, 1], units: [0, 1]) == nil)
    }
}
