import Testing

@testable import Reporting

@Suite struct AudacityTests {
    @Test func labelsCarryAlertsSpeechAndTheStrongestStretchInOrderOfTime() {
        let text = AudacityLabels.text([Sample.synthetic()])
        let lines = text.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
        #expect(lines.allSatisfy { $0.count == 3 })
        #expect(lines.map { Double($0[0])! } == lines.map { Double($0[0])! }.sorted())
        #expect(lines.allSatisfy { Double($0[0])! <= Double($0[1])! })
        #expect(lines.contains(["20.400000", "60.000000", "machine-made voice, strongest window LLR +4.69"]))
        #expect(lines.contains(["27.200000", "27.200000", "alert raised by the sliding window (window LLR +2.06)"]))
        #expect(lines.contains(["44.200000", "52.600000", "strongest stretch, window LLR +4.69"]))
        // Speech runs from 2 s to 7.6 s (the hop at 7.4 s is the last below 7.5), then six more runs of ten seconds' rhythm.
        #expect(lines.filter { $0[2] == "speech" }.first == ["2.000000", "7.600000", "speech"])
        #expect(lines.count { $0[2] == "speech" } == 6)
    }

    @Test func severalLegsAreToldApart() {
        let text = AudacityLabels.text([Sample.synthetic(leg: "left"), Sample.synthetic(leg: "ri\tght\n")])
        #expect(text.contains("\tleft: alert raised"))
        #expect(text.contains("\tri\\tght\\n: alert raised"))
        #expect(text.split(separator: "\n").allSatisfy { $0.split(separator: "\t").count == 3 })
    }

    @Test func aTrackThatEndsInSpeechIsClosedAtTheEndOfTheLeg() {
        var record = Sample.human()
        record.result.track = Array(Sample.track(seconds: 6))
        record.result.durationSeconds = 5.9
        #expect(record.result.speechIntervals == [TimelineSpan(startSeconds: 2, endSeconds: 5.9)])
        record.result.track = []
        #expect(record.result.speechIntervals == [])
    }
}
