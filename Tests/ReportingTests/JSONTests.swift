import Foundation
import Screening
import Testing
import Text

@testable import Reporting

@Suite struct JSONTests {
    let check: JSONSchemaCheck

    init() throws { check = JSONSchemaCheck(root: try JSON(parsing: ReportRecord.jsonSchema)) }

    @Test(arguments: [false, true]) func everyRecordSatisfiesTheSchema(scores: Bool) throws {
        for record in Sample.everyKind {
            #expect(check.violations(of: try JSON(parsing: record.jsonLine(scores: scores))) == [])
        }
    }

    @Test func theJSONArrayHoldsTheSameRecordsAsTheLines() throws {
        let document = try JSON(parsing: ReportRecord.jsonDocument(Sample.everyKind, scores: true))
        let lines = try Sample.everyKind.map { try JSON(parsing: $0.jsonLine(scores: true)) }
        #expect(document == .array(lines))
        #expect(try JSON(parsing: ReportRecord.jsonDocument([])) == .array([]))
    }

    @Test func theCheckRefusesWhatTheSchemaForbids() throws {
        let good = ReportRecord.analysis(Sample.synthetic()).jsonLine(scores: true)
        #expect(check.violations(of: try JSON(parsing: good)) == [])
        let broken: [(String, String)] = [
            ("\"outcome\":\"synthetic\"", "\"outcome\":\"scam\""),
            ("\"reason\":null", "\"reason\":\"weakEvidence\""),
            ("\"llr\":3.25", "\"llr\":null"),
            ("\"llr\":3.25,", ""),
            ("\"netSpeechSeconds\":43.4", "\"netSpeechSeconds\":-1"),
            ("\"leg\":\"right\"", "\"leg\":\"\""),
            ("\"mixed\":false", "\"mixed\":0"),
            ("\"provisional\":true", "\"provisional\":false"),
            ("\"kernel\":", "\"colonel\":"),
            ("\"raisedBy\":\"window\"", "\"raisedBy\":\"guess\""),
            ("\"level\":\"clear\"", "\"level\":\"calm\""),
            ("\"outside\":[]", "\"outside\":[\"mood\"]"),
            ("\"speechProbability\":0.97", "\"speechProbability\":1.5"),
        ]
        for (from, to) in broken {
            let text = good.replacingOccurrences(of: from, with: to)
            #expect(text != good)
            #expect(check.violations(of: try JSON(parsing: text)) != [], "\(to) passed")
        }
    }

    @Test func aRecordNamesWhatAMachineReaderNeeds() throws {
        let record = try JSON(parsing: ReportRecord.analysis(Sample.synthetic()).jsonLine())
        #expect(record["schema"] == .string("falsetto.analysis/1"))
        #expect(record["llr"] == .number(3.25))
        #expect(record["alerts"]?.items.first?["atNetSpeechSeconds"] == .number(19.4))
        #expect(record["alerts"]?.items.first?["endSeconds"] == .null)
        #expect(record["operatingPoint"]?["provisional"] == .bool(true))
        #expect(record["track"] == nil)
        let changed = try JSON(parsing: ReportRecord.analysis(Sample.rarer[2]).jsonLine())
        let alert = try #require(changed["alerts"]?.items.first)
        #expect(alert["operatingPoint"] == .string("quiet") && alert["raisedBy"] == .string("change"))
        #expect(alert["measurement"]?["falseAlarmsPerHourBound"] == .number(0.2) && alert["measurement"]?["speakers"] == .number(88))
        #expect(changed["policy"] == .string("made-up") && record["policy"] == .null && record["alerts"]?.items.first?["measurement"] == .null)
    }

    @Test func llrIsNullOnlyWithoutSpeech() throws {
        #expect(try JSON(parsing: ReportRecord.analysis(Sample.short(reason: .noSpeech)).jsonLine())["llr"] == .null)
        #expect(try JSON(parsing: ReportRecord.analysis(Sample.short()).jsonLine())["llr"] == .number(0.31))
    }

    @Test func aLineIsOneLineWhateverThePathHolds() throws {
        let hostile = "a\nb\r\t\"\\\u{1B}[2J\u{0}\u{2028}\u{202E}🎧 ü"
        var record = Sample.synthetic(path: hostile)
        record.warnings = [hostile]
        let line = ReportRecord.analysis(record).jsonLine()
        #expect(!line.unicodeScalars.contains { $0.isUnsafeOnTerminal })
        #expect(try JSON(parsing: line)["path"] == .string(hostile))
        #expect(try JSON(parsing: line)["warnings"] == .array([.string(hostile)]))
    }

    @Test func numbersAreTheShortestThatReadBackAndNeverInfinite() {
        let values: [JSONValue] = [
            .number(0.1), .number(12.6), .number(-0.0), .number(1e-7), .number(.infinity), .number(-.infinity), .number(.nan),
            .float(0.1), .float(-.infinity), .integer(-3),
        ]
        #expect(JSONValue.array(values).compact == "[0.1,12.6,-0.0,1e-07,null,null,null,0.1,null,-3]")
        let line = ReportRecord.analysis(Sample.synthetic()).jsonLine(scores: true)
        #expect(!line.contains("inf"))
        #expect(line.contains("\"levelDBFS\":null"))
    }

    @Test func keysKeepTheirOrder() {
        let line = ReportRecord.unreadable(Sample.unreadable).jsonLine()
        #expect(
            line == """
                {"schema":"falsetto.analysis/1","path":"notes.wav","error":"not a sound file: it begins with text","errorKind":"notAudio"}
                """)
        let value = JSONValue.object([("b", .array([.object([]), .array([])])), ("a", .string(String(repeating: "x", count: 20)))])
        #expect(value.pretty(lineWidth: 20) == "{\n  \"b\": [{}, []],\n  \"a\": \"xxxxxxxxxxxxxxxxxxxx\"\n}")
    }
}
