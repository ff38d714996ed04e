import Foundation

/// The scores of both classes, sorted once, equal scores in one bin; the ground of every figure.
///
/// Scores are natural logs, positive is synthetic. A trial without a score lies in an end bin on the wrong side: a human
/// at +infinity (flagged at every threshold), a synthetic at -infinity (passed at every threshold). The counts are
/// integers, so that the draws of a bootstrap are the same bins with other counts, and comparisons are exact.
public struct ScoreBins: Sendable {
    /// Strictly ascending; only the first may be -infinity and only the last +infinity.
    public let scores: [Double]
    /// Human trials in each bin.
    public var human: [Int]
    /// Synthetic trials in each bin.
    public var synthetic: [Int]
    /// Cost in bits of one human trial in each bin: log2(1 + e^s). See `Figures.cllr`.
    let humanBits: [Double]
    /// Cost in bits of one synthetic trial in each bin: log2(1 + e^-s).
    let syntheticBits: [Double]

    /// Bins of scores as they are. Complexity: n log n.
    ///
    /// - Precondition: no score is NaN.
    public init(human: [Double], synthetic: [Double]) {
        var (bins, _) = Self.empty(over: human + synthetic)
        for score in human { bins.human[bins.bin(of: score)] += 1 }
        for score in synthetic { bins.synthetic[bins.bin(of: score)] += 1 }
        self = bins
    }

    /// Empty bins over some scores, and the bin of each of them in the order given.
    static func empty(over values: [Double]) -> (bins: ScoreBins, bin: [Int32]) {
        precondition(values.allSatisfy { !$0.isNaN }, "a score must not be NaN")
        let order = values.indices.sorted { values[$0] < values[$1] }
        var scores: [Double] = []
        var bin = [Int32](repeating: 0, count: values.count)
        for index in order {
            if scores.last != values[index] { scores.append(values[index]) }
            bin[index] = Int32(scores.count - 1)
        }
        return (ScoreBins(emptyOver: scores), bin)
    }

    private init(emptyOver scores: [Double]) {
        self.scores = scores
        human = [Int](repeating: 0, count: scores.count)
        synthetic = human
        humanBits = scores.map(bits)
        syntheticBits = scores.map { bits(-$0) }
    }

    private func bin(of score: Double) -> Int {
        var low = 0
        var high = scores.count
        while low < high {
            let middle = (low + high) / 2
            if scores[middle] < score { low = middle + 1 } else { high = middle }
        }
        return low
    }

    public var humanCount: Int { human.reduce(0, +) }
    public var syntheticCount: Int { synthetic.reduce(0, +) }

    /// The share of human trials with s >= theta: people flagged.
    public func falseAlarmRate(at threshold: Double) -> Double {
        Double(human[bin(of: threshold)...].reduce(0, +)) / Double(humanCount)
    }

    /// The share of synthetic trials with s < theta: synthetic voices passed.
    public func missRate(at threshold: Double) -> Double {
        Double(synthetic[..<bin(of: threshold)].reduce(0, +)) / Double(syntheticCount)
    }

    /// Every point of the detection error trade-off, from the threshold that flags all to the one that flags none
    /// (+infinity): one more than there are bins.
    public var curve: [CurvePoint] {
        let humans = Double(humanCount)
        let synthetics = Double(syntheticCount)
        var flaggedHumans = humanCount
        var missed = 0
        var points: [CurvePoint] = []
        points.reserveCapacity(scores.count + 1)
        for index in 0...scores.count {
            points.append(
                CurvePoint(
                    threshold: index < scores.count ? scores[index] : .infinity,
                    falseAlarmRate: Double(flaggedHumans) / humans, missRate: Double(missed) / synthetics))
            guard index < scores.count else { break }
            flaggedHumans -= human[index]
            missed += synthetic[index]
        }
        return points
    }

    /// The same bins without the trials that have no score.
    var scoredOnly: ScoreBins {
        var copy = self
        for index in scores.indices where scores[index].isInfinite {
            copy.human[index] = 0
            copy.synthetic[index] = 0
        }
        return copy
    }
}

/// One point of a detection error trade-off. A trial is flagged when s >= threshold.
public struct CurvePoint: Sendable, Equatable {
    /// Natural log, positive is synthetic; +infinity flags nothing, -infinity all.
    public var threshold: Double
    /// P_fa, a fraction.
    public var falseAlarmRate: Double
    /// P_miss, a fraction.
    public var missRate: Double
}

/// log2(1 + e^x) without overflow.
private func bits(_ x: Double) -> Double {
    (max(x, 0) + log1p(exp(-abs(x)))) / M_LN2
}
