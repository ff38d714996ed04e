import Alerting
import Evaluation
import Foundation

/// Fits a correction of a model's log likelihood ratios to some recordings, and says whether it is worth having.
///
/// Each candidate is fitted on the other parts and measured on its own, so that the more pliable one does not win by fitting
/// noise. The simplest is kept unless another is clearly better: the interval of the paired difference of Cllr, drawn by unit,
/// lies below zero.
public struct RecalibrationFit: Sendable, Equatable {
    public enum Form: String, Sendable, CaseIterable {
        /// The model's own calibration as it is.
        case own
        /// llr' = scale llr + offset.
        case affine
        /// Pool adjacent violators.
        case pav
    }

    /// Cllr of a form on parts it was not fitted on, in bits, and what it gains over the simpler form that was kept so far.
    public struct Candidate: Sendable, Equatable {
        public var form: Form
        public var cllr: Double
        /// 95 % interval of its Cllr minus that of the simpler form; nil for the first, and where no interval can be drawn.
        public var difference: Interval?
    }

    public var candidates: [Candidate]
    public var kept: Form
    /// Fitted on all legs; nil where the model's own calibration is kept.
    public var recalibration: Recalibration?
    /// Each score by a correction of the kept form that was fitted on the other parts.
    public var heldOut: [Double]
    /// Legs of each class with an LLR.
    public var human: Int
    public var synthetic: Int

    /// - Parameters:
    ///   - scores: leg LLRs of both classes, natural logs, positive is synthetic; all finite.
    ///   - parts: the part of each score; fitted on the others.
    ///   - units: what is drawn again.
    /// - Returns: nil with fewer than ten legs of a class, or where no part leaves both classes to fit on.
    init?(scores: [Double], isSynthetic: [Bool], parts: [Int], units: [Int], draws: Int = 1000, seed: UInt64 = 1) {
        let synthetics = isSynthetic.count { $0 }
        guard synthetics >= 10, scores.count - synthetics >= 10 else { return nil }
        human = scores.count - synthetics
        synthetic = synthetics
        var costs = [Form.own: zip(scores, isSynthetic).map(Self.bits)]
        var corrected = [Form.own: scores]
        for form in [Form.affine, .pav] {
            var cost = [Double](repeating: 0, count: scores.count)
            var own = scores
            for part in Set(parts) {
                let others = scores.indices.filter { parts[$0] != part }
                let map: Recalibration
                // A part that holds a whole class leaves nothing to fit: the form cannot be measured on it.
                guard let fitted = Self.fit(form, others.map { scores[$0] }, others.map { isSynthetic[$0] }) else { return nil }
                map = fitted
                for index in scores.indices where parts[index] == part {
                    own[index] = map(scores[index])
                    cost[index] = Self.bits(own[index], isSynthetic[index])
                }
            }
            costs[form] = cost
            corrected[form] = own
        }
        candidates = [Candidate(form: .own, cllr: Self.cllr(costs[.own]!, isSynthetic), difference: nil)]
        kept = .own
        for form in [Form.affine, .pav] {
            let difference = Self.difference(
                costs[form]!, costs[kept]!, isSynthetic: isSynthetic, units: units, draws: draws, seed: seed)
            candidates.append(Candidate(form: form, cllr: Self.cllr(costs[form]!, isSynthetic), difference: difference))
            if let difference, difference.high < 0 { kept = form }
        }
        heldOut = corrected[kept]!
        recalibration = kept == .own ? nil : Self.fit(kept, scores, isSynthetic)
    }

    /// Both classes weigh the same: the LLR must not depend on how many recordings of each there are.
    static func fit(_ form: Form, _ scores: [Double], _ isSynthetic: [Bool]) -> Recalibration? {
        switch form {
        case .own: .affine(scale: 1, offset: 0)
        case .affine: affine(scores, isSynthetic)
        case .pav: pav(scores, isSynthetic)
        }
    }

    /// Logistic regression by Newton's method, the two classes weighted to a prior of one half (N. Brümmer and J. du Preez,
    /// "Application-independent evaluation of speaker detection", Computer Speech and Language 20, 2006). The labels are
    /// smoothed to (n + 1) / (n + 2) and 1 / (n + 2) of their class (J. Platt, "Probabilistic outputs for support vector
    /// machines", 1999): few recordings without overlap must not claim certainty. A ridge of a thousandth of a trial keeps the
    /// scale finite.
    static func affine(_ scores: [Double], _ isSynthetic: [Bool]) -> Recalibration? {
        let synthetics = Double(isSynthetic.count { $0 })
        let humans = Double(scores.count) - synthetics
        guard synthetics > 0, humans > 0 else { return nil }
        let ridge = 1e-3 / Double(scores.count)
        var scale = 1.0
        var offset = 0.0
        for _ in 0..<100 {
            var (g0, g1, h00, h01, h11) = (ridge * (scale - 1), 0.0, ridge, 0.0, 0.0)
            for (score, synthetic) in zip(scores, isSynthetic) {
                let weight = 0.5 / (synthetic ? synthetics : humans)
                let p = 1 / (1 + exp(-(scale * score + offset)))
                let residual = weight * (p - (synthetic ? (synthetics + 1) / (synthetics + 2) : 1 / (humans + 2)))
                let curvature = weight * p * (1 - p)
                g0 += residual * score
                g1 += residual
                h00 += curvature * score * score
                h01 += curvature * score
                h11 += curvature
            }
            let determinant = h00 * h11 - h01 * h01
            guard determinant > 1e-300 else { return nil }
            let (d0, d1) = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant)
            // A step of more than this overshoots where the sigmoid is flat.
            let shrink = min(1, 2 / max(abs(d0), abs(d1), 1e-300))
            scale -= shrink * d0
            offset -= shrink * d1
            if max(abs(d0), abs(d1)) < 1e-12 { break }
        }
        // A negative scale would turn human into synthetic: the scores hold nothing that a correction could use.
        guard scale.isFinite, offset.isFinite, scale > 0 else { return nil }
        return .affine(scale: scale, offset: offset)
    }

    /// The blocks' log likelihood ratios, joined at the blocks' middles. Half a trial is added to each class of a block, so that
    /// a block of one class alone claims what its size supports and not infinity; a value that would fall is lifted to the
    /// one before it.
    static func pav(_ scores: [Double], _ isSynthetic: [Bool]) -> Recalibration? {
        let bins = ScoreBins(
            human: zip(scores, isSynthetic).filter { !$0.1 }.map(\.0), synthetic: zip(scores, isSynthetic).filter(\.1).map(\.0))
        guard bins.humanCount > 0, bins.syntheticCount > 0 else { return nil }
        let blocks = IsotonicBlocks(bins)
        let odds = Double(bins.syntheticCount) / Double(bins.humanCount)
        var knots: [Recalibration.Knot] = []
        var bin = 0
        for (human, synthetic) in zip(blocks.human, blocks.synthetic) {
            var left = human + synthetic
            var sum = 0.0
            while left > 0 {
                let count = bins.human[bin] + bins.synthetic[bin]
                sum += Double(count) * bins.scores[bin]
                left -= count
                bin += 1
            }
            let llr = log((Double(synthetic) + 0.5) / (Double(human) + 0.5) / odds)
            let middle = sum / Double(human + synthetic)
            knots.append(.init(from: middle, to: max(llr, knots.last?.to ?? -.infinity)))
        }
        return knots.count >= 2 ? .knots(knots) : nil
    }

    /// What an LLR costs, in bits: log2(1 + e^-s) for a synthetic leg, log2(1 + e^s) for a human one.
    private static func bits(_ llr: Double, _ isSynthetic: Bool) -> Double {
        let x = isSynthetic ? -llr : llr
        return (max(x, 0) + log1p(exp(-abs(x)))) / M_LN2
    }

    private static func cllr(_ bits: [Double], _ isSynthetic: [Bool]) -> Double {
        var sums = (0.0, 0.0)
        var counts = (0, 0)
        for (cost, synthetic) in zip(bits, isSynthetic) {
            if synthetic { (sums.1, counts.1) = (sums.1 + cost, counts.1 + 1) } else { (sums.0, counts.0) = (sums.0 + cost, counts.0 + 1) }
        }
        return (sums.0 / Double(counts.0) + sums.1 / Double(counts.1)) / 2
    }

    private static func difference(
        _ first: [Double], _ second: [Double], isSynthetic: [Bool], units: [Int], draws: Int, seed: UInt64
    ) -> Interval? {
        // Sums a unit, once: a draw then costs as much as there are units.
        var number: [Int: Int] = [:]
        var sums: [(human: Double, humans: Int, synthetic: Double, synthetics: Int)] = []
        for index in units.indices {
            let unit = number[units[index]] ?? sums.count
            if unit == sums.count {
                number[units[index]] = unit
                sums.append((0, 0, 0, 0))
            }
            if isSynthetic[index] {
                sums[unit].synthetic += first[index] - second[index]
                sums[unit].synthetics += 1
            } else {
                sums[unit].human += first[index] - second[index]
                sums[unit].humans += 1
            }
        }
        guard sums.count > 1 else { return nil }
        var generator = SplitMix64(seed: seed)
        var sample: [Double] = []
        var tries = 0
        while sample.count < draws {
            tries += 1
            guard tries <= 100 * draws else { return nil }
            var drawn = (human: 0.0, humans: 0, synthetic: 0.0, synthetics: 0)
            for _ in sums.indices {
                let unit = sums[generator.next(below: sums.count)]
                drawn.human += unit.human
                drawn.humans += unit.humans
                drawn.synthetic += unit.synthetic
                drawn.synthetics += unit.synthetics
            }
            guard drawn.humans > 0, drawn.synthetics > 0 else { continue }
            sample.append((drawn.human / Double(drawn.humans) + drawn.synthetic / Double(drawn.synthetics)) / 2)
        }
        sample.sort()
        return Interval(low: quantile(sample, 0.025), high: quantile(sample, 0.975))
    }
}
