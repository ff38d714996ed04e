import Foundation

/// Draws whole sources with replacement: clips of one page are not independent, so the page is what is drawn again.
///
/// Each draw picks as many sources as there are and counts how often each was picked; the trials are never sorted again.
/// A draw that lacks a class has no figure: it is thrown away and drawn anew, and the number of such draws is reported.
/// Percentile intervals after B. Efron and R. Tibshirani, "An introduction to the bootstrap", 1993, chapter 13.
public struct SourceResampling: Sendable {
    /// How intervals are made.
    public struct Options: Sendable, Equatable {
        public var draws: Int
        public var seed: UInt64
        /// Coverage of the intervals, two-sided.
        public var level: Double

        public init(draws: Int = 1000, seed: UInt64 = 1, level: Double = 0.95) {
            precondition(draws > 0, "a bootstrap needs at least one draw")
            precondition(level > 0 && level < 1, "the level must lie between 0 and 1")
            self.draws = draws
            self.seed = seed
            self.level = level
        }
    }

    public let options: Options
    /// The column whose values are drawn; `trial` when the table has no `source` column.
    public let unit: String
    /// Number of units. A trial whose source is empty is a unit of its own.
    public let unitCount: Int
    /// Units that hold a human, or a synthetic, trial.
    public let humanUnits: Int
    public let syntheticUnits: Int
    /// Trials of each class.
    public let humanTrials: Int
    public let syntheticTrials: Int
    /// Fewer trials of a class than this, drawn again and again, show nothing but themselves.
    public static let leastTrials = 5
    /// The unit of each trial.
    let unitOfTrial: [Int32]
    private let humans: [Int]
    private let synthetics: [Int]

    /// - Parameter trials: Human and synthetic ones only.
    init(_ trials: [Trial], options: Options) {
        self.options = options
        unit = trials.contains { !$0.source.isEmpty } ? "source" : "trial"
        var number: [String: Int32] = [:]
        var count: Int32 = 0
        var unitOfTrial: [Int32] = []
        unitOfTrial.reserveCapacity(trials.count)
        for trial in trials {
            if let known = number[trial.source], !trial.source.isEmpty {
                unitOfTrial.append(known)
            } else {
                number[trial.source] = count
                unitOfTrial.append(count)
                count += 1
            }
        }
        var humans = [Int](repeating: 0, count: Int(count))
        var synthetics = humans
        for (trial, unit) in zip(trials, unitOfTrial) {
            if trial.label == .human { humans[Int(unit)] += 1 } else { synthetics[Int(unit)] += 1 }
        }
        self.unitOfTrial = unitOfTrial
        self.humans = humans
        self.synthetics = synthetics
        unitCount = Int(count)
        humanUnits = humans.count { $0 > 0 }
        syntheticUnits = synthetics.count { $0 > 0 }
        humanTrials = humans.reduce(0, +)
        syntheticTrials = synthetics.reduce(0, +)
    }

    /// Calls `body` once a draw with the number of times each unit was picked.
    ///
    /// - Returns: How many draws lacked a class and were drawn anew; nil when one draw in a hundred succeeded at most,
    ///   and no interval can be stated, nor with fewer than `leastTrials` of a class.
    func forEachDraw(_ body: ([Int]) -> Void) -> Int? {
        guard unitCount > 1, !isTooSmall else { return nil }
        var generator = SplitMix64(seed: options.seed)
        var drawn = 0
        var redrawn = 0
        var picked = [Int](repeating: 0, count: unitCount)
        while drawn < options.draws {
            for unit in picked.indices { picked[unit] = 0 }
            for _ in 0..<unitCount { picked[generator.next(below: unitCount)] += 1 }
            let hasHuman = picked.indices.contains { picked[$0] > 0 && humans[$0] > 0 }
            let hasSynthetic = picked.indices.contains { picked[$0] > 0 && synthetics[$0] > 0 }
            guard hasHuman && hasSynthetic else {
                redrawn += 1
                if redrawn > 100 * options.draws { return nil }
                continue
            }
            body(picked)
            drawn += 1
        }
        return redrawn
    }

    var isTooSmall: Bool { min(humanTrials, syntheticTrials) < Self.leastTrials }

    /// The percentile interval of a sample of draws; nil when an end is not finite.
    func interval(of sample: [Double]) -> Interval? {
        let sorted = sample.sorted { $0 < $1 }
        guard !sorted.isEmpty, !sorted.contains(where: \.isNaN) else { return nil }
        let tail = (1 - options.level) / 2
        let interval = Interval(low: quantile(sorted, tail), high: quantile(sorted, 1 - tail))
        return interval.low.isFinite && interval.high.isFinite ? interval : nil
    }

    /// The interval of an error rate. Where no draw had an error the draws say nothing of the next trial: then it reaches up to the
    /// exact bound of none in so many units, of the class that has fewer (Clopper-Pearson).
    func errorInterval(of sample: [Double]) -> Interval? {
        interval(of: sample).map {
            guard $0.high == 0 else { return $0 }
            return Interval(low: 0, high: ExactBounds.clopperPearson(0, of: min(humanUnits, syntheticUnits), level: options.level).high)
        }
    }

    /// The interval of a detected share: the same from the other end, by the synthetic units.
    func detectionInterval(of sample: [Double]) -> Interval? {
        interval(of: sample).map {
            guard $0.low == 1 else { return $0 }
            return Interval(low: 1 - ExactBounds.clopperPearson(0, of: syntheticUnits, level: options.level).high, high: 1)
        }
    }
}

/// Both ends of a confidence interval.
public struct Interval: Sendable, Equatable, Codable {
    public var low: Double
    public var high: Double

    public init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    public func contains(_ value: Double) -> Bool { low <= value && value <= high }
}

/// The quantile of sorted values with linear interpolation between order statistics (type 7 of Hyndman and Fan, 1996;
/// the default of numpy).
package func quantile(_ sorted: [Double], _ q: Double) -> Double {
    let position = q * Double(sorted.count - 1)
    let below = Int(position)
    guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
    let part = position - Double(below)
    return part == 0 ? sorted[below] : sorted[below] + part * (sorted[below + 1] - sorted[below])
}
