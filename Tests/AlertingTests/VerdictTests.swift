import Alerting
import TestSupport
import Testing

@Suite("The band of a line") struct BandwidthTests {
    @Test("It is that of the speech alone, wide above -40 dB of the telephone band")
    func band() {
        func hop(_ isSpeech: Bool, _ lower: Float, _ upper: Float) -> Hop {
            Hop(startSample: 0, isSpeech: isSpeech, lowerBandPower: lower, upperBandPower: upper)
        }
        #expect(Bandwidth(ofSpeechIn: [hop(true, 1, 0.9e-4), hop(false, 0, 5)]) == .narrowband)
        #expect(Bandwidth(ofSpeechIn: [hop(true, 1, 0.9e-4), hop(true, 1, 1.2e-4)]) == .wideband)
        #expect(Bandwidth(ofSpeechIn: []) == .narrowband)
    }
}

@Suite("The verdict") struct VerdictTests {
    private func verdict(_ line: String, _ judge: LegJudge = Timeline.judge()) -> Verdict { Timeline.run(line, judge).judge.verdict() }

    @Test("A first machine voice that stops is an announcement: the outcome is that of the next voice")
    func announcement() {
        let line = "555555aaaaccccccc"
        let found = verdict(line)
        #expect(found.outcome == .human && found.alerts.count == 1 && found.alerts[0].isOpening)
        #expect(found.alerts[0].endSeconds == 9 && found.llr! > -2)
        let next = found.nextVoice!
        #expect(next.startSeconds == 9 && next.netSpeechSeconds == 8 && next.llr == -22 / 8)
        #expect(found.alarmCount == 1)
    }

    @Test("No announcement: too little after it, nothing human after it, a person before it, one channel for both, a second alert")
    func noAnnouncement() {
        #expect(verdict("555555aaacc").outcome == .synthetic)
        #expect(verdict("555555aaa000000").outcome == .synthetic)
        #expect(verdict("ccccccc555555aaaaccccccc").outcome == .synthetic)
        #expect(verdict("555555aaaaccccccc", Timeline.judge(both: true)).outcome == .synthetic)
        #expect(verdict("555555aaaaccccccc5555cccccccccc").outcome == .synthetic)
    }

    @Test("The opening's llr is of as much speech as a verdict needs, whatever comes after it; with less there is none")
    func opening() {
        #expect(verdict("1 2x").openingLLR == nil && verdict("").openingLLR == nil)
        #expect(verdict("1 2x3").openingLLR == 2 && verdict("1 2x3ccccccccccccccccc").openingLLR == 2)
        #expect(verdict("99955555aaaaaccccc").openingLLR == 9)
        #expect(verdict("1239", Timeline.judge(recalibration: .affine(scale: 0.5, offset: -1))).openingLLR == 0)
    }

    @Test("Without alert the leg's llr decides, and a synthetic outcome of it counts as an alarm")
    func byLLR() {
        let point = Timeline.point { $0.alert.window = Hysteresis(begins: 8, endsBelow: 2) }
        let synthetic = verdict("555555", Timeline.judge(point))
        #expect(synthetic.outcome == .synthetic && synthetic.alerts.isEmpty && synthetic.alarmCount == 1 && synthetic.llr == 5)
        #expect(verdict("cccccc").outcome == .human && verdict("cccccc").alarmCount == 0)
        let weak = verdict("111111")
        #expect(weak.outcome == .inconclusive && weak.reason == .weakEvidence && weak.llr == 1)
        #expect(verdict("99").reason == .tooLittleSpeech && verdict("   ").reason == .noSpeech && verdict("").llr == nil)
    }

    @Test("Lost hops are never speech, are no quiet, and a line that loses too much is outside what was measured")
    func lostSound() {
        let point = Timeline.point { $0.conditions.mostLostShare = 0.2 }
        let found = verdict("cccxcccxcccc", Timeline.judge(point))
        #expect(found.netSpeechSeconds == 10 && found.outcome == .human && found.conditions.lostShare == 2.0 / 12)
        #expect(found.conditions.signalToNoiseDB == 30)
        let holes = verdict("9x9x9x9x9x", Timeline.judge(point))
        #expect(holes.outcome == .inconclusive && holes.reason == .outsideMeasuredConditions && holes.outside == [.lostSound])
        #expect(holes.alerts.count == 1 && holes.alerts[0].outside == [.lostSound])
    }

    @Test("Each condition outside the measured ones is named, and marks the alert it stood at")
    func conditions() {
        func found(_ change: (inout Hop) -> Void) -> Verdict {
            let point = Timeline.point {
                $0.conditions = MeasuredConditions(
                    bandwidths: [.narrowband], leastSpeechLevelDBFS: -40, mostSpeechLevelDBFS: -6, leastSignalToNoiseDB: 10, mostSignalToNoiseDB: 45,
                    mostClippedShare: 0.05, mostLostShare: 0.1)
            }
            var judge = Timeline.judge(point)
            for var hop in Timeline.hops("66666") {
                hop.lowerBandPower = 1
                change(&hop)
                _ = judge.push(hop)
            }
            return judge.verdict()
        }
        #expect(found { _ in }.outside.isEmpty && found { _ in }.outcome == .synthetic)
        let faults: [(Condition, (inout Hop) -> Void)] = [
            (.bandwidth, { $0.upperBandPower = 0.01 }),
            (
                .level,
                {
                    $0.levelDBFS = -45; $0.quietestDBFS = -90
                }
            ),
            (
                .level,
                {
                    $0.levelDBFS = -3; $0.quietestDBFS = -40
                }
            ),
            (.noise, { $0.quietestDBFS = -25 }),
            (.noise, { $0.quietestDBFS = -90 }),
            (.clipping, { $0.clippedSamples = 1000 }),
        ]
        for (condition, change) in faults {
            let found = found(change)
            #expect(found.outside == [condition] && found.outcome == .inconclusive && found.reason == .outsideMeasuredConditions)
            #expect(found.alerts.map(\.outside) == [[condition]])
        }
    }

    @Test("Digital silence that is taken for speech, and a level that is not a number, poison no estimate")
    func silentSpeech() {
        var judge = Timeline.judge()
        for (index, level) in [-Float.infinity, .nan, -20].enumerated() {
            _ = judge.push(
                Hop(startSample: index * Timeline.hopSamples, isSpeech: true, levelDBFS: level, quietestDBFS: level.isNaN ? -40 : level))
        }
        #expect(judge.conditions.speechLevelDBFS == -220.0 / 3 && judge.conditions.signalToNoiseDB == 20)
    }

    @Test("From a disclosure on nothing is alerted, an alert ends there, and the scores go on")
    func disclosure() {
        var judge = Timeline.judge()
        let hops = Timeline.hops("0000555599999")
        for hop in hops[..<9] { _ = judge.push(hop) }
        #expect(judge.level == .alert)
        // A sample within a hop: what was decided up to it stands.
        judge.disclose(atSample: 9 * Timeline.hopSamples + 5)
        guard case .ended(let alert) = judge.push(hops[9]) else { Issue.record("the alert did not end"); return }
        #expect(alert.endSample == 9 * Timeline.hopSamples + 5)
        for hop in hops[10...] { #expect(judge.push(hop) == nil) }
        judge.disclose(atSample: 100 * Timeline.hopSamples)
        let found = judge.verdict()
        #expect(found.outcome == .syntheticDisclosed && found.reason == nil && found.llr! == 5 && found.alerts.count == 1)
        #expect(found.disclosedAtSample == 9 * Timeline.hopSamples + 5)
        // Said before the call began, it is silent throughout; and it makes no difference when it was said.
        var early = Timeline.judge()
        early.disclose(atSample: 0)
        for hop in hops { #expect(early.push(hop) == nil) }
        #expect(early.verdict().llr == found.llr && early.verdict().outcome == .syntheticDisclosed)
        var ahead = Timeline.judge()
        ahead.disclose(atSample: 9 * Timeline.hopSamples + 5)
        for hop in hops { _ = ahead.push(hop) }
        #expect(ahead.verdict() == found)
    }

    @Test("Evidence that is not a number is not speech, and sums are exact in any order")
    func exactness() {
        var judge = Timeline.judge()
        for (index, evidence) in [Float.nan, .infinity, -.infinity].enumerated() {
            #expect(judge.push(Hop(startSample: index * Timeline.hopSamples, evidence: evidence, isSpeech: true)) == nil)
        }
        #expect(judge.netSpeechSeconds == 0)
        var generator = SeededGenerator()
        let values = (0..<50).map { _ in Float.random(in: -20...20, using: &generator) }
        func llr(_ values: [Float]) -> Double? {
            var judge = Timeline.judge()
            for (index, value) in values.enumerated() {
                _ = judge.push(Hop(startSample: index * Timeline.hopSamples, evidence: value, isSpeech: true))
            }
            return judge.verdict().llr
        }
        #expect(llr(values)! == llr(values.shuffled(using: &generator))!)
        // The window forgets all of what left it.
        var window = Timeline.judge(
            Timeline.point {
                $0.alert.window.begins = .infinity; $0.watch.window.begins = .infinity
            })
        for (index, value) in (values + [1, 2, 3, 4]).enumerated() {
            _ = window.push(Hop(startSample: index * Timeline.hopSamples, evidence: value, isSpeech: true))
        }
        #expect(window.windowLLR == 2.5)
    }

    @Test("An operating point that makes no sense says why")
    func faults() {
        #expect(OperatingPoint.provisional.fault == nil && Timeline.point().fault == nil)
        let faults: [((inout OperatingPoint) -> Void, String)] = [
            ({ $0.name = "" }, "name"), ({ $0.alert.window.endsBelow = 9 }, "ends above"), ({ $0.watch.window.begins = .nan }, "not a number"),
            ({ $0.alert.change = Hysteresis(begins: 1, endsBelow: 0) }, "no changeDrift"), ({ $0.windowNetSpeechSeconds = 2 }, "cannot hold"),
            ({ $0.humanBelowLLR = 9 }, "human and synthetic"), ({ $0.watch.window.begins = 5 }, "above alert"),
            ({ $0.minimumNetSpeechSeconds = 3.5 }, "at least the net speech"), ({ $0.conditions.bandwidths = [] }, "bandwidths"),
            (
                {
                    $0.changeDrift = 1
                    $0.alert.change = Hysteresis(begins: 5, endsBelow: 1)
                    $0.watch.change = Hysteresis(begins: 6, endsBelow: 1)
                }, "on the change"
            ),
            ({ $0.conditions.mostSignalToNoiseDB = -1 }, "signal above the noise"), ({ $0.conditions.mostSignalToNoiseDB = .nan }, "finite"),
            ({ $0.conditions.mostLostShare = .infinity }, "finite"), ({ $0.changeDrift = .nan }, "changeDrift"),
            ({ $0.alert.holdNetSpeechSeconds = 1e300 }, "within an hour"), ({ $0.watch.holdNetSpeechSeconds = .nan }, "within an hour"),
            ({ $0.watch.minimumNetSpeechSeconds = -1 }, "no duration"),
        ]
        for (change, words) in faults {
            #expect(Timeline.point(change).fault?.contains(words) == true, "\(words)")
        }
    }
}
