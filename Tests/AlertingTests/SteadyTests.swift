import Alerting
import Foundation
import Testing

@Suite("Evidence that stays near an alert's threshold") struct SteadyTests {
    /// An alert also from 3 on, over 5 s.
    private let steady = Timeline.point { $0.steady = Steady(margin: 1, netSpeechSeconds: 5) }

    @Test("What stays near the threshold raises an alert, and ends it where any other ends")
    func stays() {
        let line = "33333333333aaaa"
        #expect(
            Timeline.drawn(line) == """
                .w...........c.
                """)
        let run = Timeline.run(line, Timeline.judge(steady))
        #expect(
            run.drawn == """
                .w..!.......)..
                """)
        let alert = run.judge.alerts[0]
        #expect(alert.raisedBy == .window && alert.windowLLR == 3 && alert.atSeconds == 5)
        #expect(run.judge.verdict().outcome == .synthetic && run.judge.verdict().alarmCount == 1)
    }

    @Test("A dip below it, or too little of it, raises none; silence between is no dip")
    func breaks() {
        // The window's mean over 4 s falls to 2.75 at the 2.
        #expect(!Timeline.drawn("3333233332333323333", Timeline.judge(steady)).contains("!"))
        #expect(!Timeline.drawn("3333", Timeline.judge(steady)).contains("!"))
        #expect(
            Timeline.drawn("333   33", Timeline.judge(steady)) == """
                .w.....!
                """)
    }

    @Test("After an alert the next voice must stay near it afresh")
    func afresh() {
        #expect(
            Timeline.drawn("33333aaaa33333333", Timeline.judge(steady)) == """
                .w..!.)....w....!
                """)
    }

    @Test("A start at another sample decides less: what straddles the threshold is alerted at every shift")
    func shifts() {
        // One voice, heard from eight starts: the highest window lies from 3.700 to 3.722, so the threshold is reached from three of them.
        let lines = (0..<8).map { shift in
            (0..<40).map { hop in 3.6 + 0.5 * sin(Double(hop) * 2.1 + Double(shift)) }
        }
        func alerted(_ point: OperatingPoint) -> Int {
            lines.count { line in
                var judge = Timeline.judge(point)
                for (index, evidence) in line.enumerated() {
                    let hop = Hop(
                        startSample: index * Timeline.hopSamples, evidence: Float(evidence), isSpeech: true, levelDBFS: -20, quietestDBFS: -50)
                    _ = judge.push(hop)
                }
                return !judge.alerts.isEmpty
            }
        }
        let before = alerted(Timeline.point { $0.alert.window = Hysteresis(begins: 3.714, endsBelow: 2) })
        #expect(0 < before && before < lines.count)
        #expect(
            alerted(
                Timeline.point {
                    $0.alert.window = Hysteresis(begins: 3.714, endsBelow: 2)
                    $0.steady = Steady(margin: 1, netSpeechSeconds: 5)
                }) == lines.count)
    }

    @Test("With a higher threshold the first alert is never earlier, in either way")
    func monotone() {
        for line in ["3333344444433332222", "2233443322334433", "99911111111"] {
            var last = -1
            for threshold in stride(from: 2.0, through: 5, by: 0.25) {
                let point = Timeline.point {
                    $0.watch.window = Hysteresis(begins: 1, endsBelow: 0)
                    $0.alert.window = Hysteresis(begins: threshold, endsBelow: threshold - 2)
                    $0.steady = Steady(margin: 1, netSpeechSeconds: 5)
                }
                let first = Timeline.run(line, Timeline.judge(point)).judge.alerts.first?.atSample ?? .max
                #expect(first >= last)
                last = first
            }
        }
    }

    @Test("Numbers that make no rule are refused, and a policy keeps what it has")
    func faults() throws {
        for (steady, words) in [
            (Steady(margin: -1, netSpeechSeconds: 4), "margin"), (Steady(margin: .nan, netSpeechSeconds: 4), "margin"),
            (Steady(margin: 2.1, netSpeechSeconds: 4), "ends"), (Steady(margin: 1, netSpeechSeconds: 0), "netSpeechSeconds"),
            (Steady(margin: 1, netSpeechSeconds: 601), "netSpeechSeconds"),
        ] {
            var point = Timeline.point()
            point.steady = steady
            #expect(point.fault?.contains("steady: ") == true && point.fault?.contains(words) == true)
        }
        #expect(self.steady.fault == nil)
        let written = try JSONDecoder().decode(OperatingPoint.self, from: JSONEncoder().encode(self.steady))
        #expect(written == self.steady)
        // What has none is written as it always was: its digest stays.
        #expect(!String(decoding: try JSONEncoder().encode(Timeline.point()), as: UTF8.self).contains("steady"))
    }
}
