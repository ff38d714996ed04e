/// How far people agree who judged the same things.
public enum Agreement {
    /// Krippendorff's alpha for nominal values, with any number of judges and missing values (K. Krippendorff, "Computing
    /// Krippendorff's alpha-reliability", 2011, section D): 1 - observed over expected disagreement. 1 is full agreement, 0 what
    /// chance would give, below 0 less than that.
    ///
    /// - Parameter units: for each thing judged, the values it was given. Things with fewer than two values say nothing.
    /// - Returns: nil with no thing that two judged, or where all values are one and the same: there is then no disagreement to expect.
    public static func alpha<Value: Hashable>(_ units: [[Value]]) -> Double? {
        var coincidences: [Value: Double] = [:]
        var agreeing = 0.0
        for values in units where values.count > 1 {
            var counts: [Value: Int] = [:]
            for value in values { counts[value, default: 0] += 1 }
            for (value, count) in counts {
                coincidences[value, default: 0] += Double(count)
                agreeing += Double(count * (count - 1)) / Double(values.count - 1)
            }
        }
        let total = coincidences.values.reduce(0, +)
        guard total > 0 else { return nil }
        let observed = total - agreeing
        let expected = (total * total - coincidences.values.reduce(0) { $0 + $1 * $1 }) / (total - 1)
        return expected > 0 ? 1 - observed / expected : nil
    }
}
