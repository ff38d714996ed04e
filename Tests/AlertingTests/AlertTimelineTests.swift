import Alerting
import Testing

/// Draws a timeline: one character a hop of one second of speech, a digit is `windowLLR`, a letter a negative one (a = -1).
/// The answer has `.` for nothing, `!` where an alert is raised, `)` where it ends.
private func timeline(_ scores: String, minimum: Double = 3) -> String {
    let point = OperatingPoint(
        name: "test", alertAtWindowLLR: 4, alertEndsBelowWindowLLR: 2, syntheticAtLLR: 4, humanBelowLLR: 0,
        windowNetSpeechSeconds: 4, minimumNetSpeechSeconds: minimum)
    var engine = AlertEngine(operatingPoint: point, sampleRate: 1)
    var second = 0
    return String(
        scores.map { character in
            second += 1
            let llr = character.wholeNumberValue.map(Double.init) ?? -Double(character.asciiValue! - 96)
            let action = engine.push(
                AlertEngine.Point(
                    windowStartSample: max(0, second - 4), windowEndSample: second,
                    windowNetSpeechSeconds: min(4, Double(second)), windowLLR: llr, netSpeechSeconds: Double(second)))
            switch action {
            case .raised: return "!"
            case .ended: return ")"
            case nil: return "."
            }
        })
}

@Test("An alert waits for the minimum of net speech")
func waitsForNetSpeech() {
    #expect(timeline("9999") == "..!.")
    #expect(timeline("9999", minimum: 1) == "!...")
}

@Test("An alert is raised once a run of evidence and ends when the evidence does")
func oncePerRun() {
    // 4 raises; 3 and 2 lie between the levels and change nothing; 1 ends it; the next 4 raises again.
    #expect(timeline("0004567654321a0456") == """
        ...!........)..!..
        """)
}

@Test("Between the two levels nothing changes, whichever side it came from")
func hysteresisHolds() {
    #expect(timeline("0003333") == ".......")
    #expect(timeline("0004333") == "...!...")
}

@Test("The alert carries its start, its moment and its strongest stretch")
func alertCarriesItsTimes() {
    var engine = AlertEngine(operatingPoint: .provisional, sampleRate: 10)
    func point(_ end: Int, _ llr: Double) -> AlertEngine.Point {
        .init(windowStartSample: end - 40, windowEndSample: end, windowNetSpeechSeconds: 4, windowLLR: llr, netSpeechSeconds: 3.5)
    }
    guard case .raised(let raised) = engine.push(point(100, 3.5)) else { Issue.record("not raised"); return }
    #expect(raised.startSeconds == 6 && raised.atSeconds == 10 && raised.atNetSpeechSeconds == 3.5 && raised.windowLLR == 3.5)
    #expect(engine.push(point(110, 4)) == nil)
    #expect(engine.push(point(120, 3.8)) == nil)
    guard case .ended(let ended) = engine.push(point(130, 0)) else { Issue.record("not ended"); return }
    #expect(ended.endSeconds == 13 && ended.strongest == Stretch(startSeconds: 7, endSeconds: 11, windowLLR: 4))
    #expect(engine.current == nil)
}

@Test("A higher threshold never alerts earlier")
func higherThresholdIsNeverEarlier() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
        let scores = (0..<60).map { _ in Double.random(in: -6...6, using: &generator) }
        func first(_ threshold: Double) -> Int? {
            var point = OperatingPoint.provisional
            point.alertAtWindowLLR = threshold
            var engine = AlertEngine(operatingPoint: point, sampleRate: 1)
            return scores.indices.first { index in
                if case .raised = engine.push(
                    .init(windowStartSample: index, windowEndSample: index + 1, windowNetSpeechSeconds: 4, windowLLR: scores[index],
                        netSpeechSeconds: Double(index))) { return true }
                return false
            }
        }
        let low = first(2), high = first(4)
        #expect(high == nil || low! <= high!)
    }
}

@Test("A window holds the newest hops of speech and forgets the rest")
func windowSlides() {
    var window = SlidingWindow(capacity: 3)
    #expect(window.startSample == nil && window.endSample == nil && window.meanEvidence == 0)
    for hop in 0..<5 { window.push(evidence: Float(hop), startSample: hop * 10, endSample: hop * 10 + 10) }
    #expect(window.count == 3 && window.meanEvidence == 3 && window.startSample == 20 && window.endSample == 50)
}
