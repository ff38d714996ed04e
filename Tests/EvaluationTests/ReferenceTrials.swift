@testable import Evaluation

/// The trials of Tools/evaluation/reference.py, made by the same generator: scores in steps of 1/64, so that many are
/// equal; twelve sources, four of people, four mixed, four synthetic.
func referenceTrials(
    count: Int = 600, seed: UInt64 = 7, unscored: Bool = false, shift: Int = 180
) -> [Trial] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { index in
        let source = generator.next(below: 12)
        let isSynthetic = source >= 8 || (source >= 4 && generator.next(below: 2) == 1)
        let sum = (0..<4).reduce(0) { sum, _ in sum + generator.next(below: 256) }
        let steps = sum - 510 + (isSynthetic ? shift : 0) + 12 * (source % 3)
        let missing = generator.next(below: 20) == 0
        return Trial(
            path: "clip\(index)", label: isSynthetic ? .synthetic : .human,
            score: unscored && missing ? nil : Double(steps) / 64, groups: ["source": "source\(source)"], line: index + 2)
    }
}

func referenceTable(unscored: Bool = false, shift: Int = 180) -> TrialTable {
    TrialTable(
        name: "reference trials", trials: referenceTrials(unscored: unscored, shift: shift), groupColumns: ["source"])
}

/// Double arithmetic in another order of summation; a wrong definition is off by a thousandth at least.
let rounding = 1e-12

func near(_ value: Double, _ expected: Double, within tolerance: Double = rounding) -> Bool {
    abs(value - expected) <= tolerance * max(1, abs(expected))
}
