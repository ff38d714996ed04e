import Alerting
import Foundation

extension Tuning {
    /// How strict thresholds are chosen: a margin over every person chosen on, or an hourly number of people alarmed there.
    struct Step: Sendable, Equatable {
        /// Of people on the legs chosen on, an hour.
        var alarmedPerHour: Double
        var margin: Double
    }

    /// What a step shows on legs that its thresholds were not chosen on; of people at least what a stricter one showed.
    struct Measured: Sendable {
        var step: Step
        var promise: Promise
        /// Alarms of each leg; human legs only.
        var alarms: [Int: Int]
        /// The thresholds of each round.
        var thresholds: [Thresholds]

        /// Who is less strict does not alarm fewer people: where the count says so, it is by chance, and the stricter step's alarms are
        /// promised. Without this a target would find the one step that was lucky.
        mutating func isNoQuieter(than stricter: Measured) {
            guard stricter.promise.perHour > promise.perHour else { return }
            (promise, alarms) = (stricter.promise, stricter.alarms)
        }
    }

    /// From the strictest: margins first, then one more person on all the legs at a time, then ever larger strides.
    var steps: [Step] {
        let total = max(legs.indices.reduce(0) { legs[$1].isMeasuredOnly ? $0 : $0 + hours[$1] }, 1e-9)
        var people = [0]
        while people.last! < legs.count(where: { $0.isHuman && !$0.isMeasuredOnly }) / 2, people.count < 60 {
            people.append(max(people.last! + 1, Int(Double(people.last!) * 1.15)))
        }
        // Half a person more, so that rounding a round's share never takes one away.
        return [1, 0.5, 0.25].map { Step(alarmedPerHour: 0, margin: $0) }
            + people.map { Step(alarmedPerHour: $0 == 0 ? 0 : (Double($0) + 0.5) / total, margin: 0) }
    }

    func thresholds(_ step: Step, in round: Round) -> Thresholds {
        round.choice.thresholds(alarmed: Int(step.alarmedPerHour * round.hours), margin: step.margin)
    }

    /// The thresholds of a step that ship: chosen on all legs, or where the recordings were halved on the half that chose.
    func finalThresholds(_ step: Step) -> Thresholds {
        guard division.isCrossValidated else { return thresholds(step, in: rounds[0]) }
        return thresholds(step, in: wholeRound)
    }

    /// Counts a step's alarms on every leg that is measured.
    func measure(_ step: Step) -> Measured {
        var alarms: [Int: Int] = [:]
        var exposures: [Promise.Exposure] = []
        var chosen: [Thresholds] = []
        for round in rounds {
            let thresholds = thresholds(step, in: round)
            chosen.append(thresholds)
            let blank = replay.blank(counting(thresholds))
            for index in round.measured where legs[index].isHuman {
                let count = reaches(index, thresholds) ? replay.outcome(of: legs[index], from: blank).alarms : 0
                alarms[index] = count
                exposures.append(
                    Promise.Exposure(
                        voice: legs[index].voice, isNamed: legs[index].isNamed, source: legs[index].source, recording: legs[index].recording,
                        hours: hours[index],
                        alarms: count))
            }
        }
        return Measured(step: step, promise: Promise(exposures), alarms: alarms, thresholds: chosen)
    }

    /// The operating point that alarms are counted with: every line counts, whatever it is like.
    func counting(_ thresholds: Thresholds) -> OperatingPoint {
        var point = thresholds.applied(to: options.base)
        point.conditions = .unlimited
        return point
    }

    /// Whether anything on the leg reaches its threshold; if not, it has no alarm and need not be judged again.
    func reaches(_ index: Int, _ thresholds: Thresholds) -> Bool {
        let peak = peaks[index]
        if peak.window >= thresholds.window || peak.leg >= max(thresholds.leg, thresholds.window) { return true }
        guard let change = thresholds.change, let drift = drifts.firstIndex(of: change.drift) else { return false }
        return peak.change[drift] >= change.sum
    }

    /// The share of measured synthetic legs of a kind whose evidence reaches an alert's threshold; nil without such legs.
    func caught(_ measured: Measured, midCall: Bool) -> Double? {
        var voices = 0
        var caught = 0
        for (round, thresholds) in zip(rounds, measured.thresholds) {
            for index in round.measured {
                guard case .synthetic(_, midCall) = legs[index].kind else { continue }
                voices += 1
                let silent = Thresholds(window: thresholds.window, change: thresholds.change, leg: .infinity)
                if reaches(index, silent) { caught += 1 }
            }
        }
        return voices > 0 ? Double(caught) / Double(voices) : nil
    }
}
