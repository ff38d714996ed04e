import Alerting
import Evaluation
import Foundation
import Tuning

/// How a tuning is said to people, the same on a terminal and on a page.
enum TuningWords {
    static func rate(_ perHour: Double) -> String {
        perHour.isFinite ? "\(number(perHour)) an hour" : "no bound"
    }

    /// Three significant figures at most, and no exponent for what people meet.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "none" }
        if value >= 100 { return String(format: "%.0f", value) }
        if value >= 10 { return String(format: "%.1f", value) }
        if value >= 0.1 { return String(format: "%.2f", value) }
        return String(format: "%.3g", value)
    }

    /// Minutes where hours would be a fraction that nobody can picture.
    static func hours(_ hours: Double) -> String { hours < 0.1 ? "\(number(hours * 60)) min" : "\(number(hours)) h" }

    /// One in so many.
    static func odds(_ share: Double) -> String { String(format: "%.4g", 1 / share) }

    static func seconds(_ value: Double?) -> String { value.map { String(format: "%.1f s", $0) } ?? "never" }

    static func percent(_ value: Double?) -> String { value.map(EvaluationWords.percent) ?? "none" }

    static func target(_ target: AlertTarget, perHour: Double?, speechShare: Double) -> String {
        switch target {
        case .falseAlarmsPerHour(let rate): "at most \(number(rate)) false alarms in an hour of people talking"
        case .alertsPerDay(let alerts, let calls, let mean):
            """
            at most \(number(alerts)) false alerts a day on \(number(calls)) calls of \(number(mean / 60)) min, \(percent(speechShare)) of it \
            speech: \(number(perHour ?? .nan)) in an hour of people talking
            """
        case .costs(let costs):
            String(
                format: "the least cost a call, where %g of all calls are synthetic, a miss costs %g and a false alarm %g", costs.syntheticPrior,
                costs.missCost, costs.falseAlarmCost)
        }
    }

    /// What was found, in a sentence or two; what would help where nothing is set.
    static func finding(_ result: TuningResult) -> String {
        let wanted = result.targetPerHour.map { "\(number($0)) an hour" } ?? "the target"
        switch result.finding {
        case .set: return "The operating point is set."
        case .noTarget:
            return
                "Nothing is set: no target was given. The table says what these recordings support; give --false-alarms-per-hour with a rate from it."
        case .tooFewHours(let have, let needed, let best):
            return
                """
                Nothing is set: the recordings are too few. To promise \(wanted) takes \(hours(needed)) of people talking without one false alarm; \
                there are \(hours(have)). \(hours(needed - have)) more of people would do. With none in \(hours(have)) no less than \
                \(number(best)) an hour can be promised.
                """
        case .tooManyAlarms(let alarms, let have, let needed, let promised):
            return
                """
                Nothing is set: at the strictest thresholds there \(alarms == 1 ? "was" : "were") \(counted(alarms, "false alarm")) in \
                \(hours(have)), which promises \(number(promised)) an hour and not \(wanted). If they keep coming at that rate, \
                \(hours(needed - have)) more of people would show it.
                """
        case .unreachable(let alarms, let have, let promised):
            return
                """
                Nothing is set: no threshold reaches \(wanted). At the strictest one \(counted(alarms, "false alarm")) in \(hours(have)) \
                promise\(alarms == 1 ? "s" : "") \(number(promised)) an hour, and more hours of the like would not help: \
                a better model would, or a higher target.
                """
        case .catchesNothing:
            return
                """
                Nothing is set: every threshold that keeps \(wanted) catches no synthetic voice. An operating point that never alerts is none; \
                allow more false alarms.
                """
        case .neverAlertIsCheapest(let cost):
            return
                """
                Nothing is set: at these costs and this base rate never to alert is cheapest (\(number(cost)) a call). Synthetic calls are too rare, \
                or a miss too cheap, for this model.
                """
        }
    }

    /// How the recordings were divided, and what nobody knows of their independence.
    static func division(_ division: DataDivision) -> String {
        let unit =
            switch division.unit {
            case .source: counted(division.units, "source") + " (those that share a speaker held together)"
            case .speaker: counted(division.units, "speaker")
            case .call: counted(division.units, "call")
            }
        let way =
            division.isCrossValidated
            ? "cross-validated: each of \(division.parts) parts measured with thresholds chosen on the others; \(unit)"
            : "chosen on one half, measured on the other; \(unit)"
        if division.unit == .call { return way + "; no column names sources or speakers, so nothing shows that the parts are independent" }
        if division.unnamed == 0 { return way }
        return way + "; \(counted(division.unnamed, "call")) without a name, each taken for a \(division.unit.rawValue) of its own"
    }

    /// Whom the alarms were counted on. A call whose speaker nobody named is not called a speaker.
    static func voices(_ promise: Promise) -> String {
        if promise.unnamedCalls > 0, promise.unnamedCalls >= promise.speakers {
            return counted(promise.speakers, "call") + " without a speaker's name"
        }
        let speakers = counted(promise.speakers, "speaker")
        return promise.unnamedCalls > 0 ? "\(speakers) (\(counted(promise.unnamedCalls, "call")) without a name counted as one each)" : speakers
    }

    static func voicesAndSources(_ promise: Promise) -> String {
        promise.knowsSources ? "\(voices(promise)) of \(counted(promise.sources, "source"))" : "\(voices(promise)), sources not named"
    }

    /// A share with the bounds of what was counted: `49 of 220 (22.3 %, 95 %: 17.0 to 28.4)`.
    static func share(_ count: Int, of all: Int) -> String {
        let bounds = ExactBounds.clopperPearson(count, of: all)
        func percent(_ share: Double) -> String { fixed(100 * share, 1) }
        return "\(count) of \(all) (\(percent(Double(count) / Double(all))) %, 95 %: \(percent(bounds.low)) to \(percent(bounds.high)))"
    }

    /// How many alerts are right, the bound first: as counted it is 100 % as long as nobody was alerted, however few were listened to.
    static func right(_ value: TuningResult.Precision, falseAlarms: Int) -> String {
        let atLeast = "at least \(percent(value.atLeast))"
        return falseAlarms > 0 ? "\(atLeast) (\(percent(value.counted)) as counted)" : "\(atLeast) (no false alarm was counted)"
    }

    /// What a reader must not overlook, a sentence each.
    static func warnings(_ result: TuningResult) -> [String] {
        guard result.operatingPoint != nil else { return [] }
        var warnings: [String] = []
        let count = result.promise.count
        if count.calls > 0, Double(count.callsWithAlarm) >= 0.05 * Double(count.calls) {
            warnings.append(
                "This operating point alerts on people: \(share(count.callsWithAlarm, of: count.calls)) of their calls had a false alarm. "
                    + "Hardly an alert will be right where machine voices are rare; allow fewer false alarms.")
        }
        if count.calls < 20 || result.waits.all.voices < 20 {
            warnings.append(
                "These are few recordings: alarms were counted on \(counted(count.calls, "call")) of people, "
                    + "misses on \(counted(result.waits.all.voices, "machine voice")). The bounds say how little that shows.")
        }
        return warnings
    }

    static func recalibration(_ result: TuningResult) -> String {
        guard let fit = result.recalibrationFit else {
            return "not tried: at least ten calls of each class with enough speech are needed, in more than one part"
        }
        // Typed: a library that is linked too has an interpolation and a `joined` of its own.
        let values: [String] = fit.candidates.map { candidate -> String in
            let name =
                switch candidate.form {
                case .own: "as it is";
                case .affine: "affine";
                case .pav: "PAV"
                }
            let gain = candidate.difference.map { String(format: " [%+.3f, %+.3f]", $0.low, $0.high) } ?? ""
            return "\(name) \(EvaluationWords.decimal(candidate.cllr))\(gain)"
        }
        let kept =
            switch result.recalibration {
            case nil: "the model's calibration is kept"
            case .affine(let scale, let offset): String(format: "affine is kept: LLR' = %.3f LLR %+.3f", scale, offset)
            case .knots(let knots): "PAV is kept, \(knots.count) knots"
            }
        return "\(kept). Cllr in bits, out of part: \(values.joined(separator: ", "))"
    }

    static func heldOut(_ promise: Promise) -> String {
        let sources = promise.heldOut
        guard !sources.sources.isEmpty else { return "no source is known" }
        let words = "\(sources.inside) of \(sources.sources.count) held-out sources have a count inside the 95 % range"
        return promise.worstSourcePerHour == nil ? words : words + ", fewer than 90 %: the promise is the worst source's rate"
    }
}

extension TuningResult {
    /// The target in one sentence, for a policy.
    public static func sentence(_ target: AlertTarget, _ result: TuningResult) -> String {
        TuningWords.target(target, perHour: result.targetPerHour, speechShare: result.speechShare)
    }
}
