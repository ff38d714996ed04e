import Alerting
import Screening
import Testing

@testable import Reporting

@Suite struct TimelineTests {
    /// One hop a second; `.` silence, digits are `windowLLR` during speech, `-` is -3.
    private func drawn(_ scores: String, alerts: [Alert] = []) -> LegResult {
        let track = scores.enumerated().map { index, mark in
            HopScore(
                hop: Hop(startSample: index * 16_000, isSpeech: mark != ".", levelDBFS: -20), speechProbability: 0,
                windowLLR: mark == "." ? nil : mark == "-" ? -3 : Double(String(mark))!)
        }
        return LegResult(
            Verdict(outcome: .synthetic, llr: 1, netSpeechSeconds: 1, conditions: Sample.conditions, alerts: alerts),
            durationSeconds: Double(scores.count), track: track)
    }

    @Test func theRowsFollowTheTrack() {
        let alert = Alert(
            startSample: Sample.sample(8), atSample: Sample.sample(10.5), atNetSpeechSeconds: 5, windowLLR: 2,
            endSample: Sample.sample(13),
            strongest: Stretch(startSample: Sample.sample(8), endSample: Sample.sample(12), windowLLR: 6), operatingPoint: "drawn")
        let result = drawn("....--000369600.....", alerts: [alert])
        let rows = TimelineText(width: 31, paint: Paint(on: false)).rows(result, at: .provisional)
        #expect(
            rows == [
                "    speech     ▅▅▅▅▅▅▅▅▅▅▅     ",
                "machine +6┤         ▄███       ",
                "         0┼    ───────────     ",
                "  human −6┤    ▀▀              ",
                "    alerts         ━━▲━━━      ",
                "           ╵0:00     ╵0:10",
            ])
    }

    @Test(arguments: [1, 3, 7, 20, 60, 300, 1000]) func columnsCoverTheWholeTrackOnce(count: Int) {
        let track = Sample.track()
        let columns = TimelineColumns(track: track, hopSeconds: 0.2, durationSeconds: 60, count: count)
        #expect(columns.columns.count == count)
        let scores = track.compactMap(\.windowLLR)
        #expect(columns.columns.compactMap(\.highestLLR).max() == scores.max())
        #expect(columns.columns.compactMap(\.lowestLLR).min() == scores.min())
        if 300 % count == 0 {
            let share = columns.columns.map(\.speechShare).reduce(0, +) / Double(count)
            #expect(abs(share - Double(track.count { $0.isSpeech }) / 300) < 1e-9)
        }
    }

    @Test func anEmptyTrackHasEmptyColumns() {
        let columns = TimelineColumns(track: [], hopSeconds: 0, durationSeconds: 0, count: 5)
        #expect(columns.columns == Array(repeating: TimelineColumns.Column(), count: 5))
    }

    @Test func timeStepsAreRound() {
        #expect(TimeAxis.step(durationSeconds: 60, atMost: 6) == 10)
        #expect(TimeAxis.step(durationSeconds: 61, atMost: 6) == 15)
        #expect(TimeAxis.step(durationSeconds: 10_800, atMost: 6) == 1800)
        #expect(TimeAxis.step(durationSeconds: 0, atMost: 6) == 1)
    }
}
