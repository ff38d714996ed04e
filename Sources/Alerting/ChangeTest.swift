/// Hears a voice that is swapped in mid-call: a cumulative sum with a floor over the evidence of each hop of speech.
///
/// S = max(0, S + evidence - drift); a level begins where S reaches its threshold (Page, "Continuous inspection schemes",
/// Biometrika 41, 1954). It is Wald's sequential probability ratio test repeated: each test begins at 0, is given up when it
/// falls back to 0, and the alarm is the first one to reach the threshold, so that a long human opening is forgotten instead
/// of held against the change, as the mean over a leg would. The start of the last test, where S left the floor, is the
/// likeliest moment of the change.
///
/// Where theory ends. Were evidence - drift the log likelihood ratio of independent hops, a threshold h would alarm no more
/// than once in e^h hops of people, and no test with that rate would be faster in the worst case by more than a constant
/// (Lorden, "Procedures for reacting to a change in distribution", Ann. Math. Statist. 42, 1971). Neither is true here:
/// neighbouring hops share sound and network memory, so a stretch of high evidence is a run and not many witnesses, and
/// evidence is uncalibrated. So S is on no LLR scale, e^h says nothing, and thresholds come only from alarms counted on people.
struct ChangeTest: Sendable {
    private let drift: Double
    /// S rises no further: how soon an alert can end must not depend on how long it lasted.
    private let ceiling: Double
    private(set) var sum = 0.0
    /// The first sample of the hop that lifted the sum off the floor.
    private(set) var startSample = 0

    init(drift: Double, ceiling: Double) {
        self.drift = drift
        self.ceiling = ceiling
    }

    mutating func push(_ evidence: Float, startSample: Int) {
        if sum == 0 { self.startSample = startSample }
        sum = min(max(0, sum + Double(evidence) - drift), ceiling)
    }

    mutating func restart() { sum = 0 }
}
