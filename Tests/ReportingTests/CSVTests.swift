import Testing

@testable import Reporting

@Suite struct CSVTests {
    /// Reads RFC 4180 text back, to hold the writer to what a spreadsheet would see.
    private func fields(_ line: String) -> [String] {
        var fields = [""]
        var quoted = false
        var scalars = Array(line.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            switch (scalar, quoted) {
            case ("\"", true) where scalars.first == "\"":
                scalars.removeFirst()
                fields[fields.count - 1] += "\""
            case ("\"", _): quoted.toggle()
            case (",", false): fields.append("")
            default: fields[fields.count - 1].unicodeScalars.append(scalar)
            }
        }
        return fields
    }

    private func row(_ record: ReportRecord) -> [String: String] {
        Dictionary(uniqueKeysWithValues: zip(fields(ReportRecord.csvHeader), fields(record.csvLine)))
    }

    @Test func everyRowHasAsManyFieldsAsTheHeader() {
        for record in Sample.everyKind { #expect(fields(record.csvLine).count == fields(ReportRecord.csvHeader).count) }
    }

    @Test func aRowSaysWhatTheRecordSays() {
        let row = row(.analysis(Sample.synthetic()))
        #expect(row["path"] == "calls/suspicious call.wav")
        #expect(row["outcome"] == "synthetic")
        #expect(row["reason"] == "")
        #expect(row["llr"] == "3.25")
        #expect(row["alertCount"] == "1")
        #expect(row["firstAlertAtSeconds"] == "27.2" && row["firstAlertRaisedBy"] == "window" && row["policy"] == "")
        #expect(row["strongestWindowLLR"] == "4.6875")
        #expect(row["provisional"] == "true")
        #expect(row["error"] == "")
    }

    @Test func whatIsNotThereIsEmpty() {
        let row = row(.analysis(Sample.short(reason: .noSpeech)))
        #expect(row["llr"] == "" && row["outside"] == "")
        #expect(self.row(.analysis(Sample.short(reason: .outsideMeasuredConditions)))["outside"] == "noise; clipping")
        #expect(row["reason"] == "noSpeech")
        #expect(row["firstAlertAtSeconds"] == "")
    }

    @Test(arguments: ["a,b.wav", "say \"hi\".wav", "two\nlines.wav", "carriage\r\nreturn.wav", " padded ", "plain.wav", "\"", ""])
    func aPathReadsBackAsItWas(path: String) {
        #expect(row(.analysis(Sample.synthetic(path: path)))["path"] == path)
        #expect(row(.unreadable(UnreadableRecord(path: path, error: "gone, alas", kind: "notFound")))["path"] == path)
    }

    @Test func anUnreadableFileIsARowWithItsError() {
        let row = row(.unreadable(Sample.unreadable))
        #expect(row["error"] == "not a sound file: it begins with text")
        #expect(row["errorKind"] == "notAudio")
        #expect(row["outcome"] == "")
    }
}
