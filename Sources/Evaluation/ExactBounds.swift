/// Exact confidence bounds of counted events, for rates that are to be promised.
public enum ExactBounds {
    /// The Clopper-Pearson interval of a binomial share: it never covers less than `level` (C. Clopper and E. Pearson,
    /// Biometrika 26, 1934). The trials must be independent: clips of one source are not.
    ///
    /// - Parameters:
    ///   - successes: How many of the trials.
    ///   - trials: At least 1.
    ///   - level: Two-sided coverage; for a one-sided 95 % bound ask for 0.9 and take one end.
    public static func clopperPearson(_ successes: Int, of trials: Int, level: Double = 0.95) -> Interval {
        precondition(trials > 0 && (0...trials).contains(successes), "\(successes) of \(trials) is no share")
        precondition(level > 0 && level < 1, "the level must lie between 0 and 1")
        let tail = (1 - level) / 2
        let k = Double(successes)
        let n = Double(trials)
        return Interval(
            low: successes == 0 ? 0 : incompleteBetaInverse(tail, k, n - k + 1),
            high: successes == trials ? 1 : incompleteBetaInverse(1 - tail, k + 1, n - k))
    }

    /// The exact one-sided upper bound of a Poisson mean after `count` events: chi-square quantile(level, 2n + 2) / 2,
    /// which is the gamma quantile of shape n + 1 (F. Garwood, Biometrika 28, 1936).
    public static func poissonUpper(_ count: Int, level: Double = 0.95) -> Double {
        precondition(count >= 0, "\(count) events cannot have been counted")
        precondition(level > 0 && level < 1, "the level must lie between 0 and 1")
        return incompleteGammaInverse(level, Double(count) + 1)
    }

    /// The rate an hour that is not exceeded with confidence `level`, after `events` in `hours` of exposure.
    public static func ratePerHourUpper(_ events: Int, hours: Double, level: Double = 0.95) -> Double {
        precondition(hours > 0, "a rate needs exposure")
        return poissonUpper(events, level: level) / hours
    }
}
