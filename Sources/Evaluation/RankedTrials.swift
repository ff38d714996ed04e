/// Human and synthetic trials with the bin of each score: what a bootstrap draw is counted from.
struct RankedTrials: Sendable {
    /// With the counts of the trials as they are.
    let bins: ScoreBins
    private let bin: [Int32]
    private let isHuman: [Bool]

    /// - Parameters:
    ///   - trials: Human and synthetic ones only.
    ///   - score: The score of a trial; nil counts with the wrong extreme.
    init(_ trials: [Trial], score: (Trial) -> Double? = \.score) {
        let values = trials.map { score($0) ?? ($0.label == .human ? .infinity : -.infinity) }
        var (bins, bin) = ScoreBins.empty(over: values)
        for (trial, bin) in zip(trials, bin) {
            if trial.label == .human { bins.human[Int(bin)] += 1 } else { bins.synthetic[Int(bin)] += 1 }
        }
        self.bins = bins
        self.bin = bin
        isHuman = trials.map { $0.label == .human }
    }

    /// Counts a draw into `bins`, whose storage is used again from draw to draw. Complexity: linear.
    func count(_ picked: [Int], unitOfTrial: [Int32], into bins: inout ScoreBins) {
        for index in bins.human.indices {
            bins.human[index] = 0
            bins.synthetic[index] = 0
        }
        for trial in bin.indices {
            let times = picked[Int(unitOfTrial[trial])]
            if times == 0 { continue }
            if isHuman[trial] { bins.human[Int(bin[trial])] += times } else { bins.synthetic[Int(bin[trial])] += times }
        }
    }
}
