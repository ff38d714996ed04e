/// What an alert is worth where synthetic callers are rare.
public enum BaseRate {
    /// The share of alerts that are right: b D / (b D + (1 - b) F).
    ///
    /// - Parameters:
    ///   - baseRate: share of calls with a synthetic voice, b.
    ///   - detection: share of those that are alerted, D.
    ///   - falseAlarms: share of the other calls with an alarm, F.
    /// - Returns: NaN where nothing is ever alerted.
    public static func precision(baseRate b: Double, detection d: Double, falseAlarms f: Double) -> Double {
        b * d / (b * d + (1 - b) * f)
    }
}
