import Foundation

/// False alarms counted on people, and what they bound.
///
/// Exposure is the net speech in which an alarm could have been raised: that of human legs beyond the first seconds that a
/// verdict needs anyway. Counting those too would flatter short calls, on which nothing can ever be raised.
public struct FalseAlarmCount: Sendable, Equatable {
    /// One voice, or whatever else is drawn again: its alarms and its hours.
    public struct Unit: Sendable, Equatable {
        public var alarms: Int
        public var hours: Double

        public init(alarms: Int, hours: Double) {
            self.alarms = alarms
            self.hours = hours
        }
    }

    public var alarms: Int
    /// Hours of net speech in which an alarm could be raised.
    public var hours: Double
    public var calls: Int
    public var callsWithAlarm: Int

    public init(alarms: Int, hours: Double, calls: Int, callsWithAlarm: Int) {
        precondition(alarms >= callsWithAlarm && callsWithAlarm >= 0 && calls >= callsWithAlarm, "these counts do not fit")
        self.alarms = alarms
        self.hours = hours
        self.calls = calls
        self.callsWithAlarm = callsWithAlarm
    }

    /// Alarms an hour as counted; NaN without exposure.
    public var perHour: Double { Double(alarms) / hours }

    /// The exact one-sided 95 % Poisson bound, alarms an hour; infinite without exposure.
    public var poissonBoundPerHour: Double { hours > 0 ? ExactBounds.ratePerHourUpper(alarms, hours: hours) : .infinity }

    /// One-sided 95 % Clopper-Pearson bound on the share of calls with an alarm; 1 without calls.
    public var perCallBound: Double {
        calls > 0 ? ExactBounds.clopperPearson(callsWithAlarm, of: calls, level: 0.9).high : 1
    }

    /// The one-sided 95 % bootstrap bound on alarms an hour: voices are drawn with replacement, since alarms cluster by voice
    /// (percentile bound; B. Efron and R. Tibshirani, "An introduction to the bootstrap", 1993, chapter 13). It is the rate of
    /// the draw, alarms over hours, at the 95 % quantile.
    ///
    /// - Returns: nil with fewer than two units that have any hours: one voice says nothing about others. 0 where nobody
    ///   caused an alarm: then only the Poisson bound speaks.
    /// - Complexity: units times draws.
    public static func bootstrapBoundPerHour(_ units: [Unit], draws: Int = 2000, seed: UInt64 = 1) -> Double? {
        let units = units.filter { $0.hours > 0 || $0.alarms > 0 }
        guard units.count > 1 else { return nil }
        guard units.contains(where: { $0.alarms > 0 }) else { return 0 }
        var generator = SplitMix64(seed: seed)
        var rates: [Double] = []
        rates.reserveCapacity(draws)
        while rates.count < draws {
            var alarms = 0
            var hours = 0.0
            for _ in units.indices {
                let unit = units[generator.next(below: units.count)]
                alarms += unit.alarms
                hours += unit.hours
            }
            // A draw of nothing but voices without hours has no rate.
            if hours > 0 { rates.append(Double(alarms) / hours) }
        }
        rates.sort()
        return quantile(rates, 0.95)
    }

    /// Hours of people that a bound of `perHour` takes if `alarms` are heard in them: 150 for none at 0.02 an hour.
    public static func hoursNeeded(for perHour: Double, alarms: Int = 0) -> Double { ExactBounds.poissonUpper(alarms) / perHour }

    /// Hours of people that would do if alarms come at the rate they came at, or infinity where that rate itself is too high:
    /// the smallest h with poissonUpper(rate h) / h <= target. Found by bisection; the bound falls as the hours grow.
    public static func hoursNeeded(for target: Double, atRate rate: Double) -> Double {
        guard rate < target else { return .infinity }
        func holds(_ hours: Double) -> Bool { incompleteGammaInverse(0.95, rate * hours + 1) <= target * hours }
        var low = 0.0
        var high = 3 / target
        while !holds(high) {
            low = high
            high *= 2
            if high > 1e9 { return .infinity }
        }
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if holds(middle) { high = middle } else { low = middle }
        }
        return high
    }
}

extension ExactBounds {
    /// The most events that a Poisson mean leaves likely: the smallest k with P(N <= k) >= level. P(N <= k) is Q(k + 1, mean),
    /// the upper regularized gamma function (DLMF 8.4.10).
    public static func poissonQuantile(_ level: Double, mean: Double) -> Int {
        precondition(level > 0 && level < 1 && mean >= 0, "no such quantile")
        if mean == 0 { return 0 }
        var low = -1
        var high = Int(mean + 10 + 10 * mean.squareRoot())
        while high - low > 1 {
            let middle = (low + high) / 2
            if 1 - incompleteGamma(mean, Double(middle) + 1) >= level { high = middle } else { low = middle }
        }
        return high
    }
}
