import Alerting
import Testing

@Suite("The change test") struct ChangeTestTests {
    private let swapped = Timeline.point {
        $0.windowNetSpeechSeconds = 12
        $0.changeDrift = 1
        $0.alert.change = Hysteresis(begins: 8, endsBelow: 3)
    }

    @Test("A voice swapped in mid-call is heard before the window has forgotten the person")
    func swap() {
        let line = "bbbbbbbbbbbbb3333aaaaa"
        let run = Timeline.run(line, Timeline.judge(swapped))
        // 2 more a hop: 8 in the fourth; then 2 less a hop: below 3 in the third.
        #expect(
            run.drawn == """
                ................?..)..
                """)
        let alert = run.judge.alerts[0]
        #expect(alert.startSeconds == 13 && alert.atSeconds == 17 && alert.changeSum == 8 && alert.endSeconds == 20)
        #expect(alert.windowLLR < 0 && !alert.isOpening)
        // The window was cut back to the new voice.
        #expect(alert.strongest == Stretch(startSample: 13 * Timeline.hopSamples, endSample: 17 * Timeline.hopSamples, windowLLR: 3))
        #expect(!Timeline.drawn(line).contains("?"))
        // After the alert the sum starts from 0: what was left of it would raise the next one a hop earlier.
        #expect(
            Timeline.drawn("bbbbbbbbbbbbb3333aaa3333", Timeline.judge(swapped)) == """
                ................?..).w.?
                """)
    }

    @Test("However long people talked before, and however long the machine did, the delay is the same")
    func floorAndCeiling() {
        for people in [3, 30, 300] {
            for machine in [4, 40, 400] {
                let line = String(repeating: "i", count: people) + String(repeating: "3", count: machine) + "ddd"
                let run = Timeline.run(
                    line,
                    Timeline.judge(
                        Timeline.point {
                            $0.windowNetSpeechSeconds = 600
                            $0.changeDrift = 1
                            $0.alert.change = Hysteresis(begins: 8, endsBelow: 3)
                            $0.alert.window = Hysteresis(begins: 50, endsBelow: 40)
                        }))
                #expect(run.judge.alerts.first?.atSeconds == Double(people + 4))
                #expect(run.judge.alerts.first?.endSeconds == Double(people + machine + 2))
            }
        }
    }

    @Test("The alert of one kind of evidence lasts while the other still speaks")
    func union() {
        // The window is below its end from the fourth 0 on; the sum, 8 at most, still stands above 3 for four hops more.
        let point = Timeline.point {
            $0.changeDrift = 1
            $0.alert.change = Hysteresis(begins: 8, endsBelow: 3)
        }
        #expect(
            Timeline.drawn("4444440000000000", Timeline.judge(point)) == """
                .w!........)....
                """)
        #expect(
            Timeline.drawn("4444440000000000") == """
                .w!.....).......
                """)
    }

    @Test("Hops that are dependent alarm more often than the bound for independent ones would have it")
    func correlationBreaksTheBound() {
        // Evidence that is the log likelihood ratio of N(-0.5, 1) against N(0.5, 1) on people: its mean is -0.5, its variance 1.
        // Independent, a threshold of 5 may alarm once in e^5 = 148 hops at the most; repeated five times each, more often.
        var state: UInt64 = 7
        func normal() -> Double {
            (0..<12).reduce(-6.0) { sum, _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return sum + Double(state >> 11) / Double(1 << 53)
            }
        }
        func hopsPerAlarm(repeats: Int) -> Double {
            let point = Timeline.point {
                $0.changeDrift = 0
                $0.alert = LevelRule(
                    window: Hysteresis(begins: .infinity, endsBelow: .infinity), change: Hysteresis(begins: 5, endsBelow: 0.1),
                    minimumNetSpeechSeconds: 3)
            }
            var judge = Timeline.judge(point)
            let hops = 200_000
            var value = 0.0
            for index in 0..<hops {
                if index % repeats == 0 { value = normal() - 0.5 }
                _ = judge.push(Hop(startSample: index * Timeline.hopSamples, evidence: Float(value), isSpeech: true))
            }
            return Double(hops) / Double(judge.alerts.count)
        }
        #expect(hopsPerAlarm(repeats: 1) > 148)
        #expect(hopsPerAlarm(repeats: 5) < 148)
    }
}
