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
        #expect(text.contains("LLR +3.25 (natural log, positive is machine-made): what was heard is about 30 times"))
        #expect(text.contains("43.4 s of speech in 1:00 (telephone band)."))
        #expect(text.contains("Alert: from 0:20.4 to the end, raised at 0:27.2 after 19.4 s of speech"))
        #expect(text.contains("hang up, and ring back on a number you know"))
        #expect(text.contains("Operating point provisional: alert at window LLR +3.00"))
        #expect(text.contains("    Wrong alarms and missed machines: not measured at this operating point.\n"))
        #expect(!text.contains("Threshold:") && !text.contains("Setting"))
        #expect(!text.lowercased().contains("scam"))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func aHumanVoiceNeverStandsWithoutWhatIsMissedAndNoRateOfWrongAlarmsEither() {
        let text = plain.text(.analysis(Sample.human()))
        #expect(text.contains("  ● Human voice; this misses 78 of 100 machine-made calls\n"))
        #expect(text.contains("    Wrong alarms: at most 0.200 an hour of talk; misses 78 of 100 machine-made calls.\n"))
        #expect(text.contains("about 10 times likelier from a human voice"))
        let line = plain.text(.analysis(Sample.human()), detail: .oneLine)
        #expect(line.hasPrefix("● human voice, misses 78 % LLR  -2.50"))
        // Without a measured policy that is said in the same place.
        var unmeasured = Sample.human()
        unmeasured.provenance.operatingPoint = .provisional
        #expect(plain.text(.analysis(unmeasured)).contains("  ● Human voice; how many machine-made calls are missed was not measured\n"))
        #expect(plain.text(.analysis(unmeasured), detail: .oneLine).hasPrefix("● human voice, unmeasured "))
        unmeasured.provenance.operatingPoint = Sample.measured
        unmeasured.provenance.operatingPoint.measurement?.wholeCalls = nil
        unmeasured.provenance.operatingPoint.measurement?.midCalls = nil
        #expect(plain.text(.analysis(unmeasured)).contains("Wrong alarms: at most 0.200 an hour of talk; misses not measured."))
        #expect(!text.contains("What to do"))
        #expect(!text.contains("provisional"))
    }

    @Test func noVerdictSaysWhy() {
        let text = plain.text(.analysis(Sample.short()))
        #expect(text.contains("○ No verdict: too little speech (1.2 s of the 3 s needed)"))
        #expect(text.contains("Warning: the file ends 3 s before its header says"))
        let silent = plain.text(.analysis(Sample.short(reason: .noSpeech)))
        #expect(silent.contains("No verdict: no speech was heard"))
        #expect(!silent.contains("natural log"))
        let outside = plain.text(.analysis(Sample.short(reason: .outsideMeasuredConditions)))
        #expect(outside.contains("unlike those the error rates were measured on: quieter between words"), "\(outside)")
        let mixed = plain.text(.analysis(Sample.short(reason: .mixedParties)))
        #expect(mixed.contains("mixed?"))
    }

    /// A leg of the sample point on a line of its own.
    private func outside(_ condition: Condition, _ change: (inout LineConditions) -> Void) -> String {
        var record = Sample.human()
        record.result.outcome = .inconclusive
        record.result.reason = .outsideMeasuredConditions
        record.result.outside = [condition]
        change(&record.result.conditions)
        return plain.text(.analysis(record)).replacing(/\s+/, with: " ")
    }

    @Test func aLineOutsideIsSaidWithItsValueTheLimitAndTheSide() {
        #expect(
            outside(.noise) { $0.signalToNoiseDB = 57.25 }.contains(
                "quieter between words: speech stands 57.3 dB above the noise; measured up to 51 dB"))
        #expect(outside(.noise) { $0.signalToNoiseDB = 7 }.contains("noisier: speech stands 7.0 dB above the noise; measured from 10 dB"))
        #expect(outside(.level) { $0.speechLevelDBFS = -6.5 }.contains("speech is louder, -6.5 dBFS; measured up to -10 dBFS"))
        #expect(outside(.level) { $0.speechLevelDBFS = -51 }.contains("speech is quieter, -51.0 dBFS; measured from -45 dBFS"))
        #expect(outside(.clipping) { $0.clippedShare = 0.031 }.contains("overdriven: 3.1 % of the speech at full scale; measured up to 1.0 %"))
        #expect(outside(.lostSound) { $0.lostShare = 0.031 }.contains("3.1 % of its sound is lost; measured up to 2.0 %"))
        #expect(outside(.lostSound) { $0.lostShare = 0 }.contains("a part of its sound could not be heard"))
        // Error rates that were measured elsewhere are not stated for such a line.
        #expect(outside(.noise) { $0.signalToNoiseDB = 57.25 }.contains("Wrong alarms and missed machines: not measured on such a line."))
    }

    @Test func wordsFollowTheLikelihoodRatio() {
        func said(_ llr: Double) -> String {
            var record = Sample.human()
            record.result.outcome = .inconclusive
            record.result.reason = .weakEvidence
            record.result.llr = llr
            return plain.text(.analysis(record)).replacing(/\s+/, with: " ")
        }
        #expect(said(2.9).contains("No verdict: leans to a machine-made voice, and falls short of the +3.00 that this operating point asks for"))
        #expect(said(-1.9).contains("No verdict: leans to a human voice, and falls short of the -2.00 that this operating point asks for"))
        #expect(said(0.1).contains("No verdict: the evidence speaks for neither"))
        for llr in [2.9, -1.9, 0.1] { #expect(!said(llr).contains("too weak")) }
    }

    @Test func timesLikelierGoesNoFurtherThanHeldOutCallsBearOut() {
        func said(_ llr: Double) -> String {
            var record = Sample.human()
            record.result.llr = llr
            record.provenance.operatingPoint.measurement?.support = [
                LLRSupport(from: nil, below: -1, least: -4, most: -1.2, human: 300, synthetic: 4),
                LLRSupport(from: -1, below: 1, least: -0.6, most: 0.4, human: 200, synthetic: 60),
                LLRSupport(from: 1, below: nil, least: 1.1, most: 3.5, human: 9, synthetic: 70),
            ]
            return plain.text(.analysis(record)).replacing(/\s+/, with: " ")
        }
        // e^1.1 is 3.004, e^3.5 33.1; e^1.2 3.32, e^4 54.6.
        #expect(
            said(3).contains(
                "what was heard is about 20 times likelier from a machine-made voice than from a human one; calls held out bear out 3 to 40."))
        #expect(
            said(8).contains(
                "what was heard is 3 to 40 times likelier from a machine-made voice than from a human one, as far as calls held out bear out."))
        #expect(
            said(-2).contains(
                "what was heard is about 7 times likelier from a human voice than from a machine-made one; calls held out bear out 3 to 60."))
        #expect(said(0.9).contains("it leans to a machine-made voice, but calls held out do not bear out that this is more than chance."))
    }

    @Test func anAnnouncementADisclosureAndAChangeOfVoiceAreSaid() {
        let texts = Sample.rarer.map { plain.text(.analysis($0)).replacing(/\s+/, with: " ") }
        #expect(texts[0].contains("● Human voice, after a machine-made announcement; this misses 78 of 100 machine-made calls"))
        #expect(texts[0].contains("stopped at 0:34.0. The 20.4 s of speech after it stand at LLR -3.50"))
        #expect(texts[1].contains("△ Machine-made voice that said so"))
        #expect(texts[2].contains("by the change test (change sum 41.5 of evidence; window LLR +2.06)"))
        #expect(!texts[2].contains("which a part of it raised"))
        var swapped = Sample.rarer[2]
        swapped.result.llr = -1.5
        let part = plain.text(.analysis(swapped)).replacing(/\s+/, with: " ")
        #expect(part.contains("That is of all the speech; the outcome rests on the alert, which a part of it raised."))
        #expect(
            texts[2].contains(
                "unlike those measured (quieter between words: speech stands 57.3 dB above the noise; measured up to 51 dB; "
                    + "4.0 % of its sound is lost; measured up to 2.0 %), so nothing is known of how often"))
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
