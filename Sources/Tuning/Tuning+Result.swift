import Alerting
import Evaluation
import Foundation

extension Tuning {
    /// Walks the steps and draws up all that is said of the one that is taken.
    public func result() -> TuningResult {
        let targetPerHour = options.target?.falseAlarmsPerHour(speechShare: speechShare)
        var walked: [(measured: Measured, step: TuningResult.Step)] = []
        var chosen: Int?
        var failed = 0
        for step in steps {
            var measured = measure(step)
            if let stricter = walked.last?.measured { measured.isNoQuieter(than: stricter) }
            walked.append((measured, described(measured)))
            if let targetPerHour {
                if measured.promise.perHour > targetPerHour { failed += 1 }
                if failed == 0 { chosen = walked.count - 1 }
                // Some steps past the first failure show what a higher target would buy; none of them can be taken.
                if failed >= 6 { break }
            } else if walked.count >= (options.target == nil ? 16 : 64) {
                break
            }
        }
        if case .costs(let costs) = options.target { chosen = cheapest(walked.map(\.step), costs) }
        let finding = finding(walked, chosen: chosen, targetPerHour: targetPerHour)
        if finding != .set { chosen = nil }
        if let chosen { walked[chosen].step.isChosen = true }
        return drawnUp(walked[chosen ?? 0].measured, finding, steps: walked.map(\.step), targetPerHour: targetPerHour)
    }

    private func described(_ measured: Measured) -> TuningResult.Step {
        let whole = caught(measured, midCall: false)
        let mid = caught(measured, midCall: true)
        var cost: Double?
        if case .costs(let costs) = options.target {
            let voices = Double(measuredVoices(midCall: false)), swapped = Double(measuredVoices(midCall: true))
            let detection = ((whole ?? 0) * voices + (mid ?? 0) * swapped) / max(voices + swapped, 1)
            let count = measured.promise.count
            cost = costs.perCall(falseAlarms: Double(count.callsWithAlarm) / Double(max(count.calls, 1)), detection: detection)
        }
        return TuningResult.Step(
            thresholds: finalThresholds(measured.step), falseAlarms: measured.promise.count.alarms,
            promisedPerHour: measured.promise.perHour, wholeCall: whole, midCall: mid, cost: cost, isChosen: false)
    }

    private func measuredVoices(midCall: Bool) -> Int {
        rounds.reduce(0) { sum, round in
            sum + round.measured.count { if case .synthetic(_, midCall) = legs[$0].kind { true } else { false } }
        }
    }

    /// The cheapest step by what the legs showed that it was not chosen on; nil where never to alert costs no more.
    private func cheapest(_ steps: [TuningResult.Step], _ costs: DetectionCosts) -> Int? {
        let never = costs.perCall(falseAlarms: 0, detection: 0)
        let best = steps.indices.min { (steps[$0].cost ?? .infinity) < (steps[$1].cost ?? .infinity) }
        return best.flatMap { (steps[$0].cost ?? .infinity) < never ? $0 : nil }
    }

    private func finding(
        _ walked: [(measured: Measured, step: TuningResult.Step)], chosen: Int?, targetPerHour: Double?
    ) -> TuningResult.Finding {
        guard let target = options.target else { return .noTarget }
        if case .costs(let costs) = target {
            return chosen == nil ? .neverAlertIsCheapest(cost: costs.perCall(falseAlarms: 0, detection: 0)) : .set
        }
        let strictest = walked[0].measured.promise
        let have = strictest.count.hours
        guard let chosen else {
            let target = targetPerHour!
            let needed = FalseAlarmCount.hoursNeeded(for: target)
            if have < needed { return .tooFewHours(have: have, needed: needed, bestPerHour: ExactBounds.poissonUpper(0) / have) }
            let alarms = strictest.count.alarms
            let hours = FalseAlarmCount.hoursNeeded(for: target, atRate: strictest.count.perHour)
            return hours.isFinite && hours > have
                ? .tooManyAlarms(alarms: alarms, have: have, needed: hours, promisedPerHour: strictest.perHour)
                : .unreachable(alarms: alarms, have: have, promisedPerHour: strictest.perHour)
        }
        let step = walked[chosen].step
        return (step.wholeCall ?? 0) + (step.midCall ?? 0) > 0 ? .set : .catchesNothing
    }

    private func drawnUp(
        _ measured: Measured, _ finding: TuningResult.Finding, steps: [TuningResult.Step], targetPerHour: Double?
    ) -> TuningResult {
        let thresholds = finalThresholds(measured.step)
        let people = legs.indices.filter { legs[$0].isHuman }
        let voices = legs.indices.filter { legs[$0].isSynthetic }
        let speechSeconds = people.reduce(0) { $0 + peaks[$1].netSpeechSeconds }
        let lineSeconds = people.reduce(0) { $0 + peaks[$1].lineSeconds }
        let waits = waits(measured)
        let promise = measured.promise
        var point: OperatingPoint?
        if finding == .set { point = operatingPoint(thresholds, promise, waits, people: people) }
        let voicesMeasured = waits.all.voices
        let detection = waits.all.detection
        // Chosen on few voices that all were caught, an alert would seem to be right whatever the base rate.
        let leastDetection = voicesMeasured > 0 ? ExactBounds.clopperPearson(waits.all.alerted, of: voicesMeasured, level: 0.9).low : detection
        let measuredLegs = rounds.flatMap(\.measured)
        let choosing = legs.indices.filter { !legs[$0].isMeasuredOnly && (division.isCrossValidated || division.part[$0] == 0) }
        return TuningResult(
            finding: finding, target: options.target, targetPerHour: targetPerHour, operatingPoint: point,
            recalibration: replay.recalibration, recalibrationFit: recalibrationFit, promise: promise, division: division,
            chosenOn: part(choosing, options.description), measuredOn: part(measuredLegs, options.description), human: people.count,
            synthetic: voices.count, netSpeechHours: speechSeconds / 3600, exposedHours: hours.reduce(0, +),
            lineHours: lineSeconds / 3600, speechShare: speechShare, waits: waits,
            precision: options.baseRates.map { rate in
                func at(_ falseAlarms: Double, _ detection: Double) -> Double? {
                    let value = BaseRate.precision(baseRate: rate, detection: detection, falseAlarms: falseAlarms)
                    return value.isFinite ? value : nil
                }
                return .init(
                    baseRate: rate, counted: at(Double(promise.count.callsWithAlarm) / Double(max(promise.count.calls, 1)), detection),
                    atLeast: at(promise.count.perCallBound, leastDetection))
            },
            humansCalledHuman: calledHuman(measured) { $0.isHuman }, syntheticsCalledHuman: calledHuman(measured) { $0.isSynthetic }, steps: steps,
            groups: groups(measured), others: others(thresholds), strongestWindows: trials(named: "strongest window of each call") { $0.window },
            legLLRs: trials(named: "LLR of each call") { $0.leg }, peopleScores: peopleScores(measuredLegs))
    }

    /// The share of measured legs that are called human, each by a threshold that was not chosen on it.
    private func calledHuman(_ measured: Measured, _ wanted: (ScoredLeg) -> Bool) -> Double {
        var (called, all) = (0, 0)
        for (round, thresholds) in zip(rounds, measured.thresholds) {
            let below = thresholds.applied(to: options.base, humanBelow: round.humanBelow).humanBelowLLR
            for index in round.measured where wanted(legs[index]) {
                all += 1
                if peaks[index].leg.isFinite, peaks[index].leg < below { called += 1 }
            }
        }
        return Double(called) / Double(max(all, 1))
    }

    /// The waits of every measured synthetic voice, at thresholds that were not chosen on it.
    private func waits(_ measured: Measured) -> TuningResult.Waits {
        var whole: [TimeToAlert.Wait?] = []
        var mid: [TimeToAlert.Wait?] = []
        for (round, thresholds) in zip(rounds, measured.thresholds) {
            let blank = replay.blank(counting(thresholds))
            for index in round.measured {
                guard case .synthetic(_, let isMidCall) = legs[index].kind else { continue }
                let wait = alertWait(index, thresholds, blank)
                if isMidCall { mid.append(wait) } else { whole.append(wait) }
            }
        }
        return .init(wholeCall: TimeToAlert(whole), midCall: TimeToAlert(mid), all: TimeToAlert(whole + mid))
    }

    private func alertWait(_ index: Int, _ thresholds: Thresholds, _ blank: AlarmReplay.Blank) -> TimeToAlert.Wait? {
        reaches(index, thresholds) ? replay.outcome(of: legs[index], from: blank).wait : nil
    }

    /// The point that ships: its thresholds, the lines it was measured on, and the measurement.
    private func operatingPoint(_ thresholds: Thresholds, _ promise: Promise, _ waits: TuningResult.Waits, people: [Int]) -> OperatingPoint {
        var point = thresholds.applied(to: options.base, humanBelow: (division.isCrossValidated ? wholeRound : rounds[0]).humanBelow)
        point.name = options.name
        point.conditions = conditions(people)
        let count = promise.count
        point.measurement = OperatingPoint.Measurement(
            falseAlarms: count.alarms, netSpeechHours: count.hours, calls: count.calls, callsWithFalseAlarm: count.callsWithAlarm,
            speakers: promise.speakers, sources: promise.sources, speechShare: speechShare,
            poissonBoundPerHour: promise.poissonBoundPerHour, bootstrapBoundPerHour: promise.bootstrapBoundPerHour,
            worstSourcePerHour: promise.worstSourcePerHour, perCallBound: count.perCallBound, description: options.description,
            unnamedCalls: promise.unnamedCalls, wholeCalls: waits.wholeCall.detected, midCalls: waits.midCall.detected,
            support: LLRSupport.table(
                human: people.compactMap { heldOutLLRs[$0] },
                synthetic: legs.indices.filter { legs[$0].isSynthetic }.compactMap { heldOutLLRs[$0] }))
        return point
    }

    /// What the lines of people were like, with a little room: beyond it hardly anybody was listened to. From the 1 to the 99 %
    /// quantile, so that one odd recording does not widen the promise.
    private func conditions(_ people: [Int]) -> MeasuredConditions {
        let lines = people.filter { hours[$0] > 0 }.map { peaks[$0].conditions }
        func ends(_ values: [Double]) -> (least: Double, most: Double)? {
            let sorted = values.sorted()
            return sorted.isEmpty ? nil : (quantile(sorted, 0.01), quantile(sorted, 0.99))
        }
        var conditions = MeasuredConditions.unlimited
        conditions.bandwidths = Bandwidth.allCases.filter { band in lines.contains { $0.bandwidth == band } }
        if let (least, most) = ends(lines.compactMap(\.speechLevelDBFS)) {
            conditions.leastSpeechLevelDBFS = (least - 3).rounded(.down)
            conditions.mostSpeechLevelDBFS = (most + 3).rounded(.up)
        }
        if let (least, most) = ends(lines.compactMap(\.signalToNoiseDB)) {
            conditions.leastSignalToNoiseDB = max(0, (least - 3).rounded(.down))
            let limit = (most + 3).rounded(.up)
            conditions.mostSignalToNoiseDB = limit < LineConditions.mostSignalToNoiseDB ? limit : nil
        }
        conditions.mostClippedShare = max(ends(lines.map(\.clippedShare))?.most ?? 0, 0.01)
        conditions.mostLostShare = max(ends(lines.map(\.lostShare))?.most ?? 0, 0.01)
        return conditions.bandwidths.isEmpty ? .unlimited : conditions
    }

    private func others(_ thresholds: Thresholds) -> [TuningResult.OtherAlarms] {
        let blank = replay.blank(counting(thresholds))
        return [Trial.Label.enhanced, .nonspeech].compactMap { label in
            let own = legs.indices.filter { legs[$0].kind == .other(label) }
            guard !own.isEmpty else { return nil }
            let alerted = own.count { reaches($0, thresholds) && replay.outcome(of: legs[$0], from: blank).alerts > 0 }
            return .init(label: label, legs: own.count, legsWithAlert: alerted)
        }
    }

    /// Groups by every column that has at least two values and at most forty, worst first: by false alarms, then by voices missed.
    private func groups(_ measured: Measured) -> [TuningResult.GroupAlarms] {
        var groups: [[String]: TuningResult.GroupAlarms] = [:]
        func add(_ index: Int, _ body: (inout TuningResult.GroupAlarms) -> Void) {
            var values = legs[index].groups
            values["source"] = legs[index].source
            for (column, value) in values where !value.isEmpty {
                body(&groups[[column, value], default: .init(column: column, value: value, hours: 0, falseAlarms: 0, voices: 0, alerted: 0)])
            }
        }
        for (round, thresholds) in zip(rounds, measured.thresholds) {
            let blank = replay.blank(counting(thresholds))
            for index in round.measured {
                if legs[index].isHuman {
                    add(index) {
                        $0.hours += hours[index]; $0.falseAlarms += measured.alarms[index] ?? 0
                    }
                } else if legs[index].isSynthetic {
                    let isAlerted = alertWait(index, thresholds, blank) != nil
                    add(index) {
                        $0.voices += 1; $0.alerted += isAlerted ? 1 : 0
                    }
                }
            }
        }
        let usual = EvaluationOptions.usualGroupColumns
        return Dictionary(grouping: groups.values, by: \.column).filter { 2...60 ~= $0.value.count && usual.contains($0.key) }
            .sorted { usual.firstIndex(of: $0.key)! < usual.firstIndex(of: $1.key)! }.flatMap { _, members in
                members.sorted {
                    let (a, b) = (($0.perHour ?? -1, $0.neverShare ?? -1), ($1.perHour ?? -1, $1.neverShare ?? -1))
                    return a != b ? a > b : $0.value < $1.value
                }
            }
    }

    private func trials(named name: String, _ score: (LegPeaks) -> Double) -> TrialTable {
        let trials = legs.indices.filter { !legs[$0].isOther }.map { index in
            var groups = legs[index].groups
            groups["source"] = legs[index].source.isEmpty ? nil : legs[index].source
            groups["speaker"] = legs[index].speaker.isEmpty ? nil : legs[index].speaker
            let value = score(peaks[index])
            return Trial(
                path: legs[index].name, label: legs[index].isHuman ? .human : .synthetic, score: value.isFinite ? value : nil, groups: groups)
        }
        return TrialTable(name: name, trials: trials, groupColumns: Set(trials.flatMap(\.groups.keys)).sorted())
    }
}

extension DetectionCosts {
    /// What a call costs on average, not normalized: C_fa (1 - pi) F + C_miss pi (1 - D).
    func perCall(falseAlarms: Double, detection: Double) -> Double {
        falseAlarmCost * (1 - syntheticPrior) * falseAlarms + missCost * syntheticPrior * (1 - detection)
    }
}
