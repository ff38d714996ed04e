import Alerting
import Classifier
import Evaluation

/// The highest evidence of one leg, on every scale that raises an alarm: found in one pass, it says for every threshold whether
/// the leg has an alarm, since what comes before a first alert does not depend on the threshold that it reaches.
///
/// How many alarms a leg has does depend on it, so those are counted anew (`AlarmReplay`).
struct LegPeaks: Sendable, Equatable {
    /// Highest `windowLLR` in the stretches that count; -infinity where none held the minimum of net speech.
    var window = -Double.infinity
    /// Highest `steadyLLR` there; -infinity without one.
    var steady = -Double.infinity
    /// Highest sum of the change test, for each drift tried.
    var change: [Double]
    /// The leg's `llr` over all its net speech; -infinity with less than a verdict needs.
    var leg = -Double.infinity
    /// The leg's `openingLLR`; -infinity without one.
    var opening = -Double.infinity
    /// Net speech in the stretches that count.
    var netSpeechSeconds = 0.0
    /// The part of it in which an alarm can be raised: beyond the leg's first seconds, which a verdict needs anyway.
    var exposedSeconds = 0.0
    /// Net speech of the whole leg.
    var legSpeechSeconds = 0.0
    /// The length of the line.
    var lineSeconds = 0.0
    /// What the line is like.
    var conditions: LineConditions
}

/// Judges legs with one model's calibration: the pure engine of `Alerting`, and nothing beside it.
struct AlarmReplay: Sendable {
    let calibration: Calibration
    let recalibration: Recalibration?
    let hopSamples: Int

    /// A judge that has heard nothing, for legs that may hold both parties and for others. Making one fills a table, copying it
    /// is cheap.
    struct Blank {
        private let single: LegJudge
        private let shared: LegJudge

        init(_ replay: AlarmReplay, _ point: OperatingPoint) {
            func make(_ both: Bool) -> LegJudge {
                LegJudge(
                    operatingPoint: point, calibration: replay.calibration, recalibration: replay.recalibration,
                    hopSamples: replay.hopSamples, mayHoldBothParties: both)
            }
            single = make(false)
            shared = make(true)
        }

        func judge(for leg: ScoredLeg) -> LegJudge { leg.mayHoldBothParties ? shared : single }
    }

    func blank(_ point: OperatingPoint) -> Blank { Blank(self, point) }

    /// The peaks of many legs. Complexity: hops times drifts.
    func peaks(of legs: [ScoredLeg], base: OperatingPoint, drifts: [Double]) -> [LegPeaks] {
        func silent(_ drift: Double?) -> OperatingPoint {
            let never = Hysteresis(begins: .infinity, endsBelow: .infinity)
            var point = base
            point.measurement = nil
            point.changeDrift = drift
            for rule in [\OperatingPoint.watch, \OperatingPoint.alert] {
                point[keyPath: rule].window = never
                point[keyPath: rule].change = drift == nil ? nil : never
            }
            return point
        }
        let blanks = (drifts.isEmpty ? [nil] : drifts.map(Optional.some)).map { blank(silent($0)) }
        let minimum = base.alert.minimumNetSpeechSeconds - 1e-9
        return legs.map { leg in
            var peaks = LegPeaks(change: [], conditions: LineConditions(bandwidth: .narrowband))
            for (index, blank) in blanks.enumerated() {
                var judge = blank.judge(for: leg)
                var change = 0.0
                var hopsCounted = 0
                var hopsExposed = 0
                for hop in leg.hops {
                    _ = judge.push(hop)
                    guard hop.isSpeech, leg.counts(endSample: hop.startSample + hopSamples) else { continue }
                    hopsCounted += 1
                    guard judge.netSpeechSeconds >= minimum else { continue }
                    hopsExposed += 1
                    change = max(change, judge.changeSum ?? 0)
                    if index == 0, let llr = judge.windowLLR { peaks.window = max(peaks.window, llr) }
                    if index == 0, let llr = judge.steadyLLR { peaks.steady = max(peaks.steady, llr) }
                }
                if !drifts.isEmpty { peaks.change.append(change) }
                guard index == 0 else { continue }
                let verdict = judge.verdict()
                peaks.netSpeechSeconds = LegTime.seconds(hopsCounted * hopSamples)
                peaks.exposedSeconds = LegTime.seconds(hopsExposed * hopSamples)
                peaks.legSpeechSeconds = verdict.netSpeechSeconds
                peaks.lineSeconds = LegTime.seconds((leg.hops.last?.startSample ?? -hopSamples) + hopSamples)
                peaks.conditions = verdict.conditions
                peaks.opening = verdict.openingLLR ?? -.infinity
                if verdict.netSpeechSeconds >= base.minimumNetSpeechSeconds - 1e-9 { peaks.leg = verdict.llr ?? -.infinity }
            }
            return peaks
        }
    }

    /// What an operating point does on one leg.
    struct Outcome: Equatable {
        /// Alerts raised in the stretches that count; one where none was raised but the leg is called synthetic.
        var alarms = 0
        /// Alerts raised anywhere.
        var alerts = 0
        /// From the first synthetic sample to the first alert at or after it; nil for never, and on legs without a synthetic voice.
        var wait: TimeToAlert.Wait?
        var verdict: Alerting.Outcome
    }

    func outcome(of leg: ScoredLeg, from blank: Blank) -> Outcome {
        var judge = blank.judge(for: leg)
        var wait: TimeToAlert.Wait?
        var alarms = 0
        var start = Int.max
        if case .synthetic(let sample, _) = leg.kind { start = sample }
        var speechHops = 0
        for hop in leg.hops {
            let action = judge.push(hop)
            let end = hop.startSample + hopSamples
            if hop.isSpeech, end > start { speechHops += 1 }
            guard case .raised(let alert) = action, leg.counts(endSample: alert.atSample) else { continue }
            alarms += 1
            if wait == nil, alert.atSample > start {
                wait = TimeToAlert.Wait(
                    netSpeechSeconds: LegTime.seconds(speechHops * hopSamples), lineSeconds: LegTime.seconds(alert.atSample - start))
            }
        }
        let verdict = judge.verdict()
        if leg.isHuman, verdict.alerts.isEmpty, verdict.outcome == .synthetic { alarms += 1 }
        return Outcome(alarms: alarms, alerts: verdict.alerts.count, wait: wait, verdict: verdict.outcome)
    }
}
