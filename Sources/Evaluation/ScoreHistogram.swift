import Foundation

/// How the scores of both classes lie, in bars of equal width; unscored trials are in none.
///
/// The outermost half per cent on either side is gathered in the end bars, so that one wild score does not flatten the
/// picture. There are as many bars as the square root of the smaller class, at least 24 and at most 60.
public struct ScoreHistogram: Sendable, Equatable {
    /// Lower edge of the first bar; natural log, positive is synthetic.
    public var start: Double
    public var barWidth: Double
    public var human: [Int]
    public var synthetic: [Int]

    /// - Precondition: at least one score is finite.
    init(_ bins: ScoreBins) {
        let smaller = Double(min(bins.humanCount, bins.syntheticCount))
        let bars = Int(min(max(sqrt(smaller), 24), 60).rounded())
        let finite = bins.scores.indices.filter { bins.scores[$0].isFinite && bins.human[$0] + bins.synthetic[$0] > 0 }
        precondition(!finite.isEmpty, "a histogram needs a score")
        let total = finite.reduce(0) { $0 + bins.human[$1] + bins.synthetic[$1] }
        func score(afterShare share: Double) -> Double {
            var passed = 0
            for index in finite {
                passed += bins.human[index] + bins.synthetic[index]
                if Double(passed) >= share * Double(total) { return bins.scores[index] }
            }
            return bins.scores[finite.last!]
        }
        let low = score(afterShare: 0.005)
        let high = score(afterShare: 0.995)
        start = low
        barWidth = high > low ? (high - low) / Double(bars) : 1
        human = [Int](repeating: 0, count: bars)
        synthetic = human
        for index in finite {
            // Clamped before it is made an integer: a wild score may be too large for one.
            let place = min(max((bins.scores[index] - low) / barWidth, 0), Double(bars - 1))
            human[Int(place)] += bins.human[index]
            synthetic[Int(place)] += bins.synthetic[index]
        }
    }
}
