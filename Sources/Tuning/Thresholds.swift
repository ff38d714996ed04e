import Alerting

/// The thresholds that tuning sets; everything else of an operating point is taken from the one it starts from.
public struct Thresholds: Sendable, Equatable {
    /// On `windowLLR`: natural log, positive is synthetic. Never below 0: an alert does not rest on evidence for a person.
    public var window: Double
    /// What the change test takes off each hop, and the sum it alerts at; nil for no change test.
    public var change: Change?
    /// On the leg's `llr`, for a leg on which nothing alerted.
    public var leg: Double

    public struct Change: Sendable, Equatable {
        public var drift: Double
        public var sum: Double
    }

    /// The operating point that alerts at these thresholds.
    ///
    /// How far an alert's evidence must fall to end, and where `watch` begins, keep their distances to the alert's threshold.
    ///
    /// - Parameter humanBelow: below it at most one in twenty synthetic legs lies; nil where none was looked at.
    public func applied(to base: OperatingPoint, humanBelow: Double? = nil) -> OperatingPoint {
        var point = base
        let fall = base.alert.window.begins - base.alert.window.endsBelow
        let ahead = base.alert.window.begins - base.watch.window.begins
        let watchFall = base.watch.window.begins - base.watch.window.endsBelow
        /// Hundredths, as the thresholds are: a policy is read by people.
        func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
        point.alert.window = Hysteresis(begins: window, endsBelow: rounded(window - fall))
        point.watch.window = Hysteresis(begins: rounded(window - ahead), endsBelow: rounded(window - ahead - watchFall))
        point.changeDrift = change?.drift
        point.alert.change = change.map { Hysteresis(begins: $0.sum, endsBelow: rounded($0.sum / 2)) }
        point.watch.change = change.map { Hysteresis(begins: max(0.01, rounded($0.sum / 2)), endsBelow: rounded($0.sum / 4)) }
        point.syntheticAtLLR = max(leg, window)
        point.humanBelowLLR = min(base.humanBelowLLR, humanBelow ?? .infinity, point.syntheticAtLLR)
        point.measurement = nil
        return point
    }
}

/// Chooses thresholds on the peaks of some legs: n log n in the legs, once for all rates.
///
/// Rule: of all pairs of window and change threshold that let at most so many people be alarmed on the legs chosen on, the one
/// that catches most synthetic voices there. Why over a few shares of the budget and not over all pairs: two thresholds chosen
/// freely on few alarms fit those alarms, and the measured part then shows it.
struct ThresholdChoice {
    /// The share of the alarmed people that the window may alarm; the change test may alarm the rest.
    static let windowShares = [1, 0.75, 0.5, 0.25]

    private let humans: [LegPeaks]
    private let synthetics: [LegPeaks]
    private let drifts: [Double]
    /// Descending.
    private let windows: [Double]
    private let changes: [[Double]]

    init(humans: [LegPeaks], synthetics: [LegPeaks], drifts: [Double]) {
        self.humans = humans
        self.synthetics = synthetics
        self.drifts = drifts
        windows = humans.map(\.window).sorted(by: >)
        changes = drifts.indices.map { drift in humans.map { $0.change[drift] }.sorted(by: >) }
    }

    /// - Parameters:
    ///   - alarmed: people on the legs chosen on that may be alarmed.
    ///   - margin: added to thresholds that no person may reach, to be stricter still; in units of `windowLLR`.
    func thresholds(alarmed: Int, margin: Double = 0) -> Thresholds {
        var best: (thresholds: Thresholds, detection: Int)?
        for share in Self.windowShares {
            for (index, drift) in (share == 1 ? [(0, nil)] : drifts.enumerated().map { ($0, Optional($1)) }) as [(Int, Double?)] {
                let candidate = widest(share: share, drift: drift.map { (index, $0) }, alarmed: alarmed, margin: margin)
                let caught = synthetics.count { reaches($0, candidate, index) }
                if caught > best?.detection ?? -1 { best = (candidate, caught) }
            }
        }
        var chosen = best!.thresholds
        let index = chosen.change.flatMap { change in drifts.firstIndex(of: change.drift) } ?? 0
        // What no alert caught must not be called synthetic at the end of the leg either.
        let silent = humans.filter { !reaches($0, chosen, index) }.map(\.leg).max() ?? -.infinity
        chosen.leg = max(Self.above(silent, margin), chosen.window)
        return chosen
    }

    /// The most lenient thresholds of one share that alarm at most so many.
    private func widest(share: Double, drift: (index: Int, value: Double)?, alarmed: Int, margin: Double) -> Thresholds {
        func at(_ total: Int) -> Thresholds {
            let byWindow = drift == nil ? total : Int((share * Double(total)).rounded())
            var thresholds = Thresholds(window: max(0, Self.above(value(windows, byWindow), margin)), change: nil, leg: 0)
            if let drift {
                let sum = max(0.01, Self.above(value(changes[drift.index], total - byWindow), 0))
                thresholds.change = .init(drift: drift.value, sum: Self.above(sum * (1 + margin / 4), 0))
            }
            return thresholds
        }
        guard let drift else { return at(alarmed) }
        // Both kinds often alarm the same people, so that more than the sum may be given out.
        var low = alarmed
        var high = 2 * alarmed + 1
        while high - low > 1 {
            let middle = (low + high) / 2
            let candidate = at(middle)
            if humans.count(where: { reaches($0, candidate, drift.index) }) <= alarmed { low = middle } else { high = middle }
        }
        return at(low)
    }

    private func reaches(_ peaks: LegPeaks, _ thresholds: Thresholds, _ drift: Int) -> Bool {
        peaks.window >= thresholds.window || thresholds.change.map { peaks.change[drift] >= $0.sum } ?? false
    }

    /// The peak that lies behind `count` others; -infinity past the end.
    private func value(_ descending: [Double], _ count: Int) -> Double {
        count < descending.count ? descending[count] : -.infinity
    }

    /// The next hundredth above a value, so that a policy is readable and no score lies on its threshold.
    private static func above(_ value: Double, _ margin: Double) -> Double {
        value == -.infinity ? value : ((value + margin) * 100 + 1).rounded(.down) / 100
    }
}
