import Alerting
import Classifier
import Evaluation
import Foundation
import Testing
import Text

@testable import Tuning

@Suite struct TuningTests {
    private func tuning(_ legs: [ScoredLeg], _ target: AlertTarget?, by unit: DataDivision.Unit? = nil) throws -> Tuning {
        var options = TuningOptions(target: target, unit: unit)
        options.recalibrates = false
        return try Tuning(legs, calibration: plainCalibration, hopSamples: 3200, options: options)
    }

    // MARK: peaks and replay

    @Test func `Peaks count only speech behind the minimum and within the stretches that count`() {
        let replay = AlarmReplay(calibration: plainCalibration, recalibration: nil, hopSamples: 3200)
        // 3 s are 15 hops: the first mean that counts is over 15 hops. The last 10 hops are not in a stretch.
        let evidence = [Float?](repeating: 4, count: 10) + [Float?](repeating: 1, count: 10) + [nil] + [Float?](repeating: 9, count: 10)
        let drawn = leg("a", evidence, counted: [0..<21 * 3200])
        let peaks = replay.peaks(of: [drawn], base: .provisional, drifts: [0.5])[0]
        #expect(near(peaks.window, 3, within: 1e-6))
        // The sum rises by 3.5 over ten hops, then by 0.5 over ten: 40.
        #expect(near(peaks.change[0], 40, within: 1e-6))
        #expect(peaks.netSpeechSeconds == 4)
        #expect(near(peaks.exposedSeconds, 1.2, within: 1e-9))
        #expect(peaks.legSpeechSeconds == 6)
    }

    @Test func `A leg has an alarm exactly when a peak reaches its threshold`() throws {
        let legs = drawnCalls(people: 60, voices: 30, seed: 3)
        let tuning = try tuning(legs, nil)
        let change = Thresholds.Change(drift: tuning.drifts[1], sum: 20)
        for (window, change) in [(0.5, nil), (1.5, nil), (2.2, nil), (1.5, change), (9, change)] as [(Double, Thresholds.Change?)] {
            let thresholds = Thresholds(window: window, change: change, leg: 99)
            let blank = tuning.replay.blank(tuning.counting(thresholds))
            for index in legs.indices {
                let outcome = tuning.replay.outcome(of: legs[index], from: blank)
                if legs[index].isHuman { #expect((outcome.alarms > 0) == tuning.reaches(index, thresholds), "\(legs[index].name) at \(window)") }
            }
        }
    }

    @Test(arguments: [false, true]) func `What stays near the threshold is an alarm of tuning too, recalibrated or not`(recalibrates: Bool) throws {
        let legs = drawnCalls(people: 60, voices: 30, seed: 3)
        var options = TuningOptions(target: nil, unit: nil)
        options.recalibrates = recalibrates
        options.base.steady = Steady(margin: 1, netSpeechSeconds: 4)
        let tuning = try Tuning(legs, calibration: plainCalibration, hopSamples: 3200, options: options)
        #expect(recalibrates || tuning.replay.recalibration == nil)
        var bySteady = 0
        for window in [0.5, 1, 1.5, 2.2, 3] {
            let thresholds = Thresholds(window: window, change: nil, leg: 99)
            let blank = tuning.replay.blank(tuning.counting(thresholds))
            for index in legs.indices where legs[index].isHuman {
                let outcome = tuning.replay.outcome(of: legs[index], from: blank)
                #expect((outcome.alarms > 0) == tuning.reaches(index, thresholds), "\(legs[index].name) at \(window)")
                var judge = blank.judge(for: legs[index])
                for hop in legs[index].hops { _ = judge.push(hop) }
                bySteady += judge.alerts.first.map { $0.windowLLR < window } == true ? 1 : 0
            }
        }
        #expect(bySteady > 0)
    }

    @Test func `Time to alert runs from the first synthetic sample, in speech and on the line`() {
        let replay = AlarmReplay(calibration: plainCalibration, recalibration: nil, hopSamples: 3200)
        // 30 hops of a person, 5 of silence, then the voice: the window of 30 holds n hops at +6 and 30 - n at -2, so it
        // reaches 2 with n = 15: after 15 hops of speech, 3 s, with silence every other hop.
        let voice = (0..<60).map { $0 % 2 == 0 ? nil : Float(6) }
        let evidence = [Float?](repeating: -2, count: 30) + [Float?](repeating: nil, count: 5) + voice
        let drawn = leg("a", evidence, kind: .synthetic(startSample: 35 * 3200, isMidCall: true))
        let point = Thresholds(window: 2, change: nil, leg: 99).applied(to: .provisional)
        let outcome = replay.outcome(of: drawn, from: replay.blank(point))
        #expect(outcome.wait == TimeToAlert.Wait(netSpeechSeconds: 3, lineSeconds: 6))
    }

    // MARK: choice and division

    @Test func `Of equal thresholds the one that catches more is chosen, and no more people are alarmed than allowed`() throws {
        let legs = drawnCalls(people: 200, voices: 100, seed: 5)
        let tuning = try tuning(legs, nil)
        let people = legs.indices.filter { legs[$0].isHuman }
        let choice = ThresholdChoice(
            humans: people.map { tuning.peaks[$0] }, synthetics: legs.indices.filter { legs[$0].isSynthetic }.map { tuning.peaks[$0] },
            drifts: tuning.drifts)
        var caught = -1
        for allowed in [0, 1, 3, 8, 20] {
            let thresholds = choice.thresholds(alarmed: allowed)
            #expect(people.count { tuning.reaches($0, thresholds) } <= allowed)
            let now = legs.indices.count { legs[$0].isSynthetic && tuning.reaches($0, thresholds) }
            #expect(now >= caught)
            caught = now
        }
        #expect(caught > 75)
    }

    @Test func `No source, speaker or recording is in two parts`() {
        var legs = drawnCalls(people: 60, voices: 30, sources: 9)
        legs[0].speaker = legs[1].speaker  // ties sources 0 and 1
        legs[2].recording = "r"
        legs[5].recording = "r"  // ties sources 2 and 5
        for halves in [false, true] {
            let division = DataDivision(legs, hours: legs.map { _ in 0.01 }, halves: halves)
            #expect(division.unit == .source && division.units == 7)
            for name in [\ScoredLeg.source, \.speaker, \.recording] {
                var parts: [String: Int] = [:]
                for (leg, part) in zip(legs, division.part) where !leg[keyPath: name].isEmpty {
                    #expect(parts.updateValue(part, forKey: leg[keyPath: name]) ?? part == part)
                }
            }
            #expect(division.rounds.count == (halves ? 1 : 7))
            for round in division.rounds { #expect(Set(round.chosenOn).isDisjoint(with: round.measured)) }
        }
    }

    @Test func `Where all people are of one source the division is by speaker`() {
        var legs = drawnCalls(people: 20, voices: 10, sources: 1)
        #expect(DataDivision(legs, hours: legs.map { _ in 1 }, halves: false).unit == .speaker)
        for index in legs.indices { legs[index].speaker = "one" }
        #expect(DataDivision(legs, hours: legs.map { _ in 1 }, halves: false).unit == .call)
    }

    // MARK: findings

    @Test func `Where people were heard without any noise, no line is too quiet`() throws {
        var legs = drawnCalls(people: 400, voices: 200, seed: 11)
        // More than one in a hundred: what a single odd recording shows widens nothing.
        for leg in 0..<10 { for hop in legs[leg].hops.indices { legs[leg].hops[hop].quietestDBFS = -120 } }
        let point = try #require(try tuning(legs, .falseAlarmsPerHour(3)).result().operatingPoint)
        #expect(point.conditions.leastSignalToNoiseDB == 32 && point.conditions.mostSignalToNoiseDB == nil)
    }

    @Test func `One odd recording does not widen the lines that a promise is for`() throws {
        var legs = drawnCalls(people: 400, voices: 200, seed: 11)
        for hop in legs[0].hops.indices {
            legs[0].hops[hop].quietestDBFS = -120
            legs[0].hops[hop].levelDBFS = -70
            legs[0].hops[hop].lostSamples = 0
        }
        let point = try #require(try tuning(legs, .falseAlarmsPerHour(3)).result().operatingPoint)
        #expect(point.conditions.mostSignalToNoiseDB == 38 && point.conditions.leastSpeechLevelDBFS == -28)
    }

    @Test func `How many are called human is counted by thresholds that were not chosen on them`() throws {
        var legs = drawnCalls(people: 100, voices: 60, seed: 7)
        // The five voices of one source lie far below all others: chosen on them, the threshold of human would lie among them.
        let low = legs.indices.filter { legs[$0].isSynthetic && legs[$0].source == "source 0" }
        #expect(low.count == 5)
        for index in low { legs[index].hops = hops([Float?](repeating: -6, count: 300)) }
        let result = try tuning(legs, nil).result()
        #expect(result.syntheticsCalledHuman >= 5.0 / 60 - 1e-9)
    }

    @Test func `What no column shows is not claimed`() throws {
        var legs = drawnCalls(people: 60, voices: 30)
        for index in legs.indices { legs[index].source = "" }
        #expect(DataDivision(legs, hours: legs.map { _ in 1 }, halves: false).unit == .speaker)
        for index in legs.indices { legs[index].speaker = "" }
        let division = DataDivision(legs, hours: legs.map { _ in 1 }, halves: false)
        #expect(division.unit == .call && division.unnamed == 90)
        let promise = try tuning(legs, nil).result().promise
        #expect(promise.unnamedCalls == 60 && promise.speakers == 60 && !promise.knowsSources && promise.heldOut.sources.isEmpty)
        #expect(throws: TableError.self) { try tuning(legs, nil, by: .source) }
        #expect(throws: TableError.self) { try tuning(legs, nil, by: .speaker) }
        #expect(try tuning(legs, nil, by: .call).division.unit == .call)
    }

    @Test func `Held-out calls bear out the ratio of the shares that they show, within its exact bounds`() throws {
        let human = [Double](repeating: -3.5, count: 300) + [Double](repeating: -0.5, count: 60) + [Double](repeating: 2.5, count: 40)
        let synthetic = [Double](repeating: 2.5, count: 40) + [Double](repeating: 5.5, count: 60)
        let table = try #require(LLRSupport.table(human: human, synthetic: synthetic))
        #expect(table.first?.from == nil && table.last?.below == nil && table.allSatisfy { $0.human + $0.synthetic >= LLRSupport.leastCalls })
        for (one, next) in zip(table, table.dropFirst()) { #expect(one.below == next.from && one.below != nil) }
        #expect(table.reduce(0) { $0 + $1.human } == 400 && table.reduce(0) { $0 + $1.synthetic } == 100)
        let even = try #require(table.first { $0.holds(2.5) })
        // (40 / 100) / (40 / 400) = 4. Clopper-Pearson of 40 in 100: 0.3033 to 0.5028; of 40 in 400: 0.0724 to 0.1336.
        #expect(even.human == 40 && even.synthetic == 40)
        let (least, most) = (try #require(even.least), try #require(even.most))
        #expect(near(least, log(0.3033 / 0.1336), within: 0.02) && near(most, log(0.5028 / 0.0724), within: 0.02))
        let high = try #require(table.first { $0.holds(5.5) })
        #expect(high.most == nil && high.least! > even.least!)
        let low = try #require(table.first { $0.holds(-3.5) })
        #expect(low.least == nil && low.most! < 0)
        #expect(LLRSupport.table(human: human, synthetic: [1, 2]) == nil)
    }

    @Test func `A target that the recordings support is set, and its promise holds on new calls of the same kind`() throws {
        // 400 people, 60 s each at three quarters speech: 4.7 h exposed. One in twenty alarms at all.
        let result = try tuning(drawnCalls(people: 400, voices: 200, seed: 11), .falseAlarmsPerHour(3)).result()
        #expect(result.finding == .set, "\(result.steps.map(\.promisedPerHour))")
        guard let point = result.operatingPoint else { return }
        #expect(point.fault == nil)
        // All were 35 dB above the noise: 3 dB of room either way.
        #expect(point.conditions.leastSignalToNoiseDB == 32 && point.conditions.mostSignalToNoiseDB == 38)
        let measurement = try #require(point.measurement)
        #expect(measurement.falseAlarmsPerHourBound <= 3)
        #expect(measurement.falseAlarmsPerHourBound == result.promise.perHour)
        #expect(result.waits.all.detection > 0.7)
        let fresh = drawnCalls(people: 2000, voices: 1, seed: 99)
        let replay = AlarmReplay(calibration: plainCalibration, recalibration: nil, hopSamples: 3200)
        let blank = replay.blank(point)
        let alarms = fresh.filter(\.isHuman).reduce(0) { $0 + replay.outcome(of: $1, from: blank).alarms }
        let hours = replay.peaks(of: fresh.filter(\.isHuman), base: .provisional, drifts: []).reduce(0) { $0 + $1.exposedSeconds } / 3600
        #expect(Double(alarms) / hours <= measurement.falseAlarmsPerHourBound)
        let policy = result.policy(name: "p", madeBy: "test", model: .init(name: "m", identity: String(repeating: "a", count: 64)), target: "t")
        #expect(policy != nil && policy?.fault == nil)
    }

    @Test func `Too few hours set nothing and say how many are missing`() throws {
        let result = try tuning(drawnCalls(people: 80, voices: 40), .falseAlarmsPerHour(0.02)).result()
        guard case .tooFewHours(let have, let needed, let best) = result.finding else {
            Issue.record("\(result.finding)")
            return
        }
        #expect(near(needed, 149.78661367769948, within: 1e-9))
        #expect(near(have, result.exposedHours) && have < 1)
        #expect(near(best * have, 2.9957322735539895, within: 1e-9))
        #expect(result.operatingPoint == nil && !result.steps.contains(where: \.isChosen))
    }

    @Test func `A target that no threshold reaches says so`() throws {
        // Every source has people who sound like its machines, and each source a level of its own.
        let legs = (0..<240).map { index -> ScoredLeg in
            let source = index % 12
            let evidence = [Float?](repeating: Float(source) + (index % 2 == 0 ? 0 : 0.5), count: 300)
            return leg(
                "call \(index)", evidence, kind: index / 12 % 2 == 0 ? .human : .synthetic(startSample: 0, isMidCall: false),
                speaker: "s\(index)", source: "source \(source)")
        }
        let result = try tuning(legs, .falseAlarmsPerHour(2)).result()
        guard case .unreachable(let alarms, _, let promised) = result.finding else {
            Issue.record("\(result.finding)")
            return
        }
        #expect(alarms > 0 && promised > 2)
    }

    @Test func `Thresholds that catch no voice are no operating point`() throws {
        let legs = (0..<120).map { index -> ScoredLeg in
            leg(
                "call \(index)", [Float?](repeating: index < 80 ? 1 + Float(index % 7) / 10 : -3, count: 600),
                kind: index < 80 ? .human : .synthetic(startSample: 0, isMidCall: false), speaker: "s\(index)", source: "o\(index % 10)")
        }
        #expect(try tuning(legs, .falseAlarmsPerHour(4)).result().finding == .catchesNothing)
    }

    @Test func `Costs decide where they are given, and may say that never to alert is cheapest`() throws {
        let legs = drawnCalls(people: 200, voices: 100, seed: 21)
        let dear = try tuning(legs, .costs(.init(syntheticPrior: 0.1, falseAlarmCost: 1, missCost: 50))).result()
        #expect(dear.finding == .set)
        let rare = try tuning(legs, .costs(.init(syntheticPrior: 1e-6, falseAlarmCost: 10, missCost: 1))).result()
        // Nobody is alarmed at the strictest steps, so alerting costs nothing there and catches a little.
        #expect(rare.promise.count.callsWithAlarm <= dear.promise.count.callsWithAlarm)
        let blind = (0..<120).map { index in
            leg(
                "c\(index)", [Float?](repeating: Float(index % 11) / 5, count: 200),
                kind: index % 2 == 0 ? .human : .synthetic(startSample: 0, isMidCall: false),
                speaker: "s\(index)", source: "o\(index % 10)")
        }
        guard case .neverAlertIsCheapest = try tuning(blind, .costs(.init(syntheticPrior: 0.001, falseAlarmCost: 1, missCost: 1))).result().finding
        else {
            Issue.record("a coin was set")
            return
        }
    }

    @Test func `Without a target nothing is set and the steps are shown`() throws {
        let result = try tuning(drawnCalls(people: 100, voices: 50), nil).result()
        #expect(result.finding == .noTarget && result.operatingPoint == nil)
        #expect(result.steps.count == 16)
        #expect(zip(result.steps, result.steps.dropFirst()).allSatisfy { $0.falseAlarms <= $1.falseAlarms + 2 })
    }

    @Test func `A step that was lucky promises what the stricter ones before it do, and counts their alarms`() throws {
        var lucky = 0
        for seed in 1...6 {
            let tuning = try tuning(drawnCalls(people: 100, voices: 50, seed: UInt64(seed)), nil)
            let shown = tuning.result().steps
            var worst: Promise?
            for (step, shown) in zip(tuning.steps, shown) {
                let own = tuning.measure(step).promise
                if let before = worst, before.perHour > own.perHour { lucky += 1 } else { worst = own }
                #expect(shown.promisedPerHour == worst?.perHour && shown.falseAlarms == worst?.count.alarms)
            }
        }
        #expect(lucky > 0)
    }

    @Test func `Many hours are halved: one half chooses, the other is measured`() throws {
        let result = try tuning(drawnCalls(people: 600, voices: 200, seconds: 120, seed: 31), .falseAlarmsPerHour(8)).result()
        #expect(!result.division.isCrossValidated)
        #expect(result.finding == .set)
        #expect(result.promise.count.calls < 400)
        #expect(result.chosenOn.humanCalls + result.measuredOn.humanCalls == 600)
    }

    @Test func `What is only measured moves no threshold, and its alarms count`() throws {
        let legs = drawnCalls(people: 200, voices: 100, seed: 41)
        var more = drawnCalls(people: 30, voices: 10, seed: 42)
        for index in more.indices {
            more[index].isMeasuredOnly = true
            more[index].source = "new \(index % 3)"
            more[index].speaker = "new \(index)"
            // People who sound like machines: chosen on, they would lift every threshold.
            if more[index].isHuman { more[index].hops = hops([Float?](repeating: 6, count: 300)) }
        }
        let without = try tuning(legs, nil)
        let with = try tuning(legs + more, nil)
        let step = without.steps[5]
        #expect(with.finalThresholds(step) == without.finalThresholds(step))
        #expect(with.steps == without.steps)
        let alarms = with.measure(step).promise.count
        #expect(alarms.alarms >= without.measure(step).promise.count.alarms + 30)
        #expect(alarms.calls == 230)
    }

    // MARK: bad input

    @Test func `One class missing, scores that are no number, and scores that are all equal are told`() {
        func problems(_ legs: [ScoredLeg]) -> [String] {
            do {
                _ = try tuning(legs, nil)
                return []
            } catch { return (error as? TableError)?.problems ?? ["\(error)"] }
        }
        #expect(problems([leg("a", [1])]) == ["1 human and 0 synthetic legs; a threshold is chosen between the two, so both are needed"])
        let voice = ScoredLeg.Kind.synthetic(startSample: 0, isMidCall: false)
        #expect(
            problems([leg("a", [1, 2, .nan]), leg("b", [1], kind: voice)]) == [
                "a: the evidence at 0.4 s is nan, which is not a number; score it again"
            ])
        let same = [Float?](repeating: 0.5, count: 40)
        #expect(
            problems([leg("a", same), leg("b", same, kind: voice)]) == [
                "the strongest window of all 2 legs has the same LLR, 0.5: such scores tell nobody apart; score with another model"
            ])
    }

    // MARK: several models

    @Test func `Evidence of another model is brought to the same window LLR`() {
        let own = Calibration(
            narrowband: .init(netSpeechSeconds: [1, 10], scale: [2, 4], offset: [1, -1]),
            wideband: .init(netSpeechSeconds: [1], scale: [3], offset: [0]))
        let other = Calibration(
            narrowband: .init(netSpeechSeconds: [1], scale: [0.5], offset: [2]), wideband: .init(netSpeechSeconds: [1], scale: [1.5], offset: [-3]))
        let scale = EvidenceScale(from: own, to: other, netSpeechSeconds: 6)
        for (band, curves) in [(Bandwidth.narrowband, (own.narrowband, other.narrowband)), (.wideband, (own.wideband, other.wideband))] {
            let mapped = scale.mapped(hops([0.7]), bandwidth: band)[0].evidence
            #expect(abs(curves.1.llr(mean: Double(mapped), netSpeechSeconds: 6) - curves.0.llr(mean: 0.7, netSpeechSeconds: 6)) < 1e-5)
        }
    }
}
