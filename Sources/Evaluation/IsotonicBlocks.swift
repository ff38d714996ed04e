import Foundation

/// The pool-adjacent-violators solution of a score set: the best monotone calibration that the trials themselves allow.
///
/// Blocks run from the lowest score to the highest, the share of synthetic trials strictly rising from one to the next.
/// Their corners are the vertices of the ROC convex hull (T. Fawcett and A. Niculescu-Mizil, "PAV and the ROC convex
/// hull", Machine Learning 68, 2007). Complexity: linear in the bins.
package struct IsotonicBlocks {
    package private(set) var human: [Int] = []
    package private(set) var synthetic: [Int] = []
    private let humanCount: Int
    private let syntheticCount: Int

    package init(_ bins: ScoreBins) {
        var humanCount = 0
        var syntheticCount = 0
        for index in bins.scores.indices where bins.human[index] + bins.synthetic[index] > 0 {
            var h = bins.human[index]
            var s = bins.synthetic[index]
            humanCount += h
            syntheticCount += s
            // Shares compared crosswise in integers: exact, whatever the counts.
            while let lastH = human.last, let lastS = synthetic.last, lastS * (h + s) >= s * (lastH + lastS) {
                human.removeLast()
                synthetic.removeLast()
                h += lastH
                s += lastS
            }
            human.append(h)
            synthetic.append(s)
        }
        self.humanCount = humanCount
        self.syntheticCount = syntheticCount
    }

    /// Where the ROC convex hull crosses P_fa = P_miss.
    var equalErrorRate: Double {
        var falseAlarm = 1.0
        var miss = 0.0
        var flaggedHumans = humanCount
        var missed = 0
        for index in human.indices {
            flaggedHumans -= human[index]
            missed += synthetic[index]
            let nextFalseAlarm = Double(flaggedHumans) / Double(humanCount)
            let nextMiss = Double(missed) / Double(syntheticCount)
            if nextFalseAlarm <= nextMiss {
                let before = falseAlarm - miss
                let part = before / (before - (nextFalseAlarm - nextMiss))
                return falseAlarm + part * (nextFalseAlarm - falseAlarm)
            }
            falseAlarm = nextFalseAlarm
            miss = nextMiss
        }
        return .nan
    }

    /// Cllr of the blocks' own log likelihood ratios ln(s/S) - ln(h/H), in bits (N. Brümmer and J. du Preez,
    /// "Application-independent evaluation of speaker detection", Computer Speech and Language 20, 2006).
    var minimumCllr: Double {
        guard humanCount > 0, syntheticCount > 0 else { return .nan }
        let odds = Double(syntheticCount) / Double(humanCount)
        var humanBits = 0.0
        var syntheticBits = 0.0
        for (h, s) in zip(human, synthetic) where h > 0 && s > 0 {
            let ratio = Double(s) / Double(h) / odds
            humanBits += Double(h) * log1p(ratio)
            syntheticBits += Double(s) * log1p(1 / ratio)
        }
        return (humanBits / Double(humanCount) + syntheticBits / Double(syntheticCount)) / 2 / M_LN2
    }
}
