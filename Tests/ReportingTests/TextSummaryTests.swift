import Alerting
import Screening
import Testing
import Text

@testable import Reporting

@Suite struct TextSummaryTests {
    let plain = TextSummary(width: 140)

    /// The text without its colours.
    private func stripped(_ text: String) -> String { text.replacing(/\u{1B}\[[0-9;]*m/, with: "") }

    @Test func aMachineMadeVoiceIsNamedWithItsFiguresAndWhatToDo() {
        let text = plain.text(.analysis(Sample.synthetic()))
        #expect(text.hasPrefix("calls/suspicious call.wav · right\n  ▲ Machine-made voice\n"))
        #expect(text.contains("LLR +3.25 (natural log, positive is machine-made): what was heard is 26 times"))
        #expect(text.contains("43.4 s of speech in 1:00 (telephone band)."))
        #expect(text.contains("Alert: from 0:20.4 to the end, raised at 0:27.2 after 19.4 s of speech"))
        #expect(text.contains("hang up, and ring back on a number you know"))
        #expect(text.contains("Threshold: provisional"))
        #expect(text.contains("Setting provisional: nobody has measured how often such an alert is wrong."))
        #expect(!text.lowercased().contains("scam"))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func aHumanVoiceGetsNoAdviceAndAMeasuredThresholdItsFalseAlarms() {
        let text = plain.text(.analysis(Sample.human()))
        #expect(text.contains("  ● Human voice\n"))
        #expect(text.contains("12 times likelier from a human voice"))
        #expect(!text.contains("What to do"))
        #expect(!text.contains("provisional"))
        let flat = text.replacing(/\s+/, with: " ")
        #expect(flat.contains("at most 0.200 false alarms per hour of people talking (95 %), measured on 31.5 hours of 88 speakers in a made-up corpus"))
        #expect(flat.contains("2 false alarms in 410 calls of people; at most 0.080 per hour of line at 40 % speech, 1.6 % of calls."))
    }

    @Test func noVerdictSaysWhy() {
        let text = plain.text(.analysis(Sample.short()))
        #expect(text.contains("○ No verdict: too little speech (1.2 s of the 3 s needed)"))
        #expect(text.contains("Warning: the file ends 3 s before its header says"))
        let silent = plain.text(.analysis(Sample.short(reason: .noSpeech)))
        #expect(silent.contains("No verdict: no speech was heard"))
        #expect(!silent.contains("natural log"))
        let outside = plain.text(.analysis(Sample.short(reason: .outsideMeasuredConditions)))
        #expect(outside.contains("unlike those the error rates were measured on (its noise, overdriven speech)"))
        let mixed = plain.text(.analysis(Sample.short(reason: .mixedParties)))
        #expect(mixed.contains("mixed?"))
    }

    @Test func anAnnouncementADisclosureAndAChangeOfVoiceAreSaid() {
        let texts = Sample.rarer.map { plain.text(.analysis($0)).replacing(/\s+/, with: " ") }
        #expect(texts[0].contains("● Human voice, after a machine-made announcement"))
        #expect(texts[0].contains("stopped at 0:34.0. The 20.4 s of speech after it stand at LLR -3.50"))
        #expect(texts[1].contains("△ Machine-made voice that said so"))
        #expect(texts[2].contains("by a change of voice (change sum 41.5 of evidence; window LLR +2.06)"))
        #expect(!texts[2].contains("which a part of it raised"))
        var swapped = Sample.rarer[2]
        swapped.result.llr = -1.5
        let part = plain.text(.analysis(swapped)).replacing(/\s+/, with: " ")
        #expect(part.contains("That is of all the speech; the outcome rests on the alert, which a part of it raised."))
        #expect(!texts[2].contains("Setting quiet"))
        swapped.result.alerts[0].outside = []
        let inside = plain.text(.analysis(swapped)).replacing(/\s+/, with: " ")
        #expect(inside.contains("Setting quiet: at most 0.200 false alarms per hour of people talking (95 %), measured on 31.5 hours"))
        #expect(texts[2].contains("unlike those measured (its noise, lost sound), so nothing is known of how often"))
    }

    @Test(arguments: [40, 60, 80, 120]) func noLineIsWiderThanTheTerminal(width: Int) {
        let summary = TextSummary(width: width, colour: true)
        for record in Sample.everyKind {
            for line in stripped(summary.text(record)).split(separator: "\n") { #expect(line.count <= width, "\(line)") }
        }
    }

    @Test func colourChangesNothingButColour() {
        let coloured = TextSummary(width: 140, colour: true)
        for record in Sample.everyKind {
            #expect(coloured.text(record).contains("\u{1B}["))
            #expect(stripped(coloured.text(record)) == plain.text(record))
            #expect(stripped(coloured.text(record, detail: .oneLine)) == plain.text(record, detail: .oneLine))
        }
    }

    @Test func colourIsForTerminalsThatWantIt() {
        #expect(TextSummary.colourWanted(onTerminal: true, environment: [:]))
        #expect(TextSummary.colourWanted(onTerminal: true, environment: ["NO_COLOR": ""]))
        #expect(!TextSummary.colourWanted(onTerminal: true, environment: ["NO_COLOR": "1"]))
        #expect(!TextSummary.colourWanted(onTerminal: true, environment: ["TERM": "dumb"]))
        #expect(!TextSummary.colourWanted(onTerminal: false, environment: [:]))
    }

    @Test func aHostileNameCannotActOnTheTerminal() {
        let hostile = "x\u{1B}]0;owned\u{7}\n  ● Human voice\r\u{9B}2J.wav"
        var record = Sample.synthetic(path: hostile, leg: hostile)
        record.warnings = [hostile]
        let unreadable = UnreadableRecord(path: hostile, error: hostile, kind: "notAudio")
        for detail in [TextSummary.Detail.full, .oneLine] {
            for text in [plain.text(.analysis(record), detail: detail), plain.text(.unreadable(unreadable), detail: detail)] {
                #expect(!text.unicodeScalars.contains { $0 != "\n" && $0.isUnsafeOnTerminal })
                #expect(!text.contains("\n  ● Human voice"))
            }
        }
    }

    @Test func aBatchHasOneLineALegAndAClosingCount() {
        let text = plain.text(.analysis(Sample.synthetic()), detail: .oneLine)
        #expect(text == "▲ machine-made voice       LLR  +3.25  speech   43.4 s  calls/suspicious call.wav (right)  alert at 0:27.2\n")
        #expect(plain.closing(Sample.everyKind) == "10 legs screened · 3 machine-made · 2 human · 5 no verdict · 1 not screened\n")
        #expect(plain.closing([]) == "0 legs screened\n")
    }
}
