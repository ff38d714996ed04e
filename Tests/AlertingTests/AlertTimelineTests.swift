import Alerting
import TestSupport
import Testing

@Suite("The judge's timeline") struct AlertTimelineTests {
    @Test("An alert waits for the minimum of net speech, a watch for its own")
    func waitsForNetSpeech() {
        let scores = "9999"
        #expect(
            Timeline.drawn(scores) == """
                .w!.
                """)
        let early = Timeline.point {
            $0.minimumNetSpeechSeconds = 1
            $0.alert.minimumNetSpeechSeconds = 1
        }
        #expect(
            Timeline.drawn(scores, Timeline.judge(early)) == """
                !...
                """)
    }

    @Test("An alert is raised once a run of evidence, ends when the evidence does, and the next voice starts anew")
    func oncePerRun() {
        // The means of four are 4, then 2.75, then 1.5: there the alert ends. The 9s wait for three seconds of the next voice.
        #expect(
            Timeline.drawn("444444aa9999") == """
                .w!....).w!.
                """)
        // A window that had kept the -9 would not alert on three 5s.
        #expect(
            Timeline.drawn("4444i5555") == """
                .w!.).w!.
                """)
    }

    @Test("Between the two thresholds of a level nothing changes, whichever side it came from")
    func hysteresisHolds() {
        #expect(
            Timeline.drawn("0003333333") == """
                .....w....
                """)
        #expect(
            Timeline.drawn("4443333222233331") == """
                .w!.............
                """)
    }

    @Test("A watch begins below the alert, ends, and is no alarm")
    func watch() {
        let run = Timeline.run("00444aaaa3aa3")
        #expect(
            run.drawn == """
                ...w...c.....
                """)
        #expect(run.judge.alerts.isEmpty && run.judge.verdict().alarmCount == 0)
    }

    @Test("A hold lets the evidence leave for so long before the alert ends, at the moment it left")
    func hold() {
        let held = Timeline.point { $0.alert.holdNetSpeechSeconds = 2 }
        #expect(
            Timeline.drawn("4444aa9999aaaaaa") == """
                .w!..).w!...)...
                """)
        let run = Timeline.run("4444aa9999aaaaaa", Timeline.judge(held))
        #expect(
            run.drawn == """
                .w!...........).
                """)
        #expect(run.judge.alerts[0].endSeconds == 13)
    }

    @Test("Silence changes nothing, wherever it lies")
    func silenceChangesNothing() {
        let change = Timeline.point {
            $0.changeDrift = 1
            $0.alert.change = Hysteresis(begins: 12, endsBelow: 4)
        }
        var generator = SeededGenerator()
        for round in 0..<200 {
            let marks = (0..<40).map { _ in "0123456789abcdefghi".randomElement(using: &generator)! }
            let judge = Timeline.judge(round % 2 == 0 ? Timeline.point() : change)
            let plain = Timeline.run(String(marks), judge)
            var spaced = ""
            for mark in marks {
                spaced += String(repeating: " ", count: Int.random(in: 0...3, using: &generator)) + String(mark)
            }
            let quiet = Timeline.run(spaced, judge)
            let heard = zip(spaced, quiet.drawn).filter { $0.0 != " " }.map(\.1)
            #expect(String(heard) == plain.drawn)
            #expect(zip(spaced, quiet.drawn).allSatisfy { $0.0 != " " || $0.1 == "." })
            let (a, b) = (plain.judge.verdict(), quiet.judge.verdict())
            #expect(a.llr == b.llr && a.outcome == b.outcome && a.netSpeechSeconds == b.netSpeechSeconds)
            #expect(a.alerts.map(\.windowLLR) == b.alerts.map(\.windowLLR))
        }
    }

    @Test("A higher threshold never alerts earlier, on either kind of evidence")
    func higherThresholdIsNeverEarlier() {
        var generator = SeededGenerator()
        func first(_ line: String, window: Double, change: Double) -> Int {
            let point = Timeline.point {
                $0.changeDrift = 0.5
                $0.alert.window = Hysteresis(begins: window, endsBelow: 2)
                $0.alert.change = Hysteresis(begins: change, endsBelow: 1)
            }
            return Timeline.run(line, Timeline.judge(point)).judge.alerts.first?.atSample ?? .max
        }
        for _ in 0..<200 {
            let line = String((0..<60).map { _ in "0123456789abcdefghi".randomElement(using: &generator)! })
            let low = first(line, window: 3, change: 15)
            #expect(low <= first(line, window: 5, change: 15))
            #expect(low <= first(line, window: 3, change: 25))
        }
    }

    @Test("Recalibration moves the scores, and with them the alerts")
    func recalibrated() {
        let line = "2222222"
        #expect(Timeline.drawn(line) == ".w.....")
        let judge = Timeline.judge(recalibration: .affine(scale: 2, offset: 0.5))
        #expect(Timeline.drawn(line, judge) == ".w!....")
        #expect(Timeline.run(line, judge).judge.windowLLR == 4.5)
        let knots = Recalibration.knots([.init(from: -2, to: -1), .init(from: 0, to: 0), .init(from: 2, to: 6), .init(from: 3, to: 6)])
        #expect([-9, -2, -1, 0, 1, 2, 2.5, 9].map { knots($0) } == [-1, -1, -0.5, 0, 3, 6, 6, 6])
        #expect(Recalibration.affine(scale: 0, offset: 1).fault != nil && Recalibration.knots([]).fault != nil)
        #expect(Recalibration.knots([.init(from: 0, to: 1), .init(from: 1, to: 0)]).fault != nil && knots.fault == nil)
    }
}
