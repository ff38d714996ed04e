/// The second way to an alert by the window: `windowLLR` that stays near the threshold instead of touching it once.
///
/// Why: a leg is heard in hops counted from its first sample, and nobody chooses that sample. From one start to another the highest
/// `windowLLR` of a call moves by as much as 1 or 2, so where a voice stands at the threshold, a single hop above it is luck. What stays a
/// little below for seconds is seen from every start. Both ways raise alarms on people too, and both are counted where thresholds are chosen.
public struct Steady: Sendable, Equatable, Codable {
    /// How far below `alert.window.begins` it may stand; natural log.
    public var margin: Double
    /// Net speech over which it must stand there without a break, in seconds.
    public var netSpeechSeconds: Double

    public init(margin: Double, netSpeechSeconds: Double) {
        self.margin = margin
        self.netSpeechSeconds = netSpeechSeconds
    }

    /// What is wrong with the numbers beside an alert's rule, in one sentence; nil when they can be used.
    func fault(for alert: LevelRule) -> String? {
        guard margin.isFinite, margin >= 0 else { return "margin is no distance" }
        // An alert that began there would end with the next hop. A millionth bears rounding.
        if margin > alert.window.begins - alert.window.endsBelow + 1e-6 { return "margin lies below the value at which an alert ends" }
        guard netSpeechSeconds > 0, netSpeechSeconds <= 600 else { return "netSpeechSeconds is not within 0...600" }
        return nil
    }
}

/// The lowest of the last values, once there are enough of them. Pushing takes time in their number and does not allocate.
struct RunningMinimum: Sendable {
    private var values: [Double]
    private var next = 0
    private var count = 0

    /// - Parameter capacity: values looked back on, at least 1.
    init(capacity: Int) {
        precondition(capacity >= 1, "it looks back on at least one value")
        values = Array(repeating: 0, count: capacity)
    }

    mutating func push(_ value: Double) {
        values[next] = value
        next = next + 1 == values.count ? 0 : next + 1
        count = min(count + 1, values.count)
    }

    mutating func removeAll() { count = 0 }

    /// nil while fewer values than its capacity were pushed.
    var minimum: Double? { count == values.count ? values.min() : nil }
}
