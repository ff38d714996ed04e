import Foundation
import Screening
import Testing
import Text

@testable import Reporting

@Suite struct HTMLReportTests {
    /// Every drawing of a page, as it stands there.
    private func drawings(_ page: String) -> [String] {
        page.components(separatedBy: "<svg class=\"plot\"").dropFirst().map { part in
            "<svg class=\"plot\"" + part.components(separatedBy: "</figure>")[0].components(separatedBy: "</div>")[0]
        }
    }

    /// Whether every tag is closed in order and no attribute or text holds a bare `<` or `&`. (XMLParser on Linux
    /// recovers from such faults without a word.)
    private func isWellFormed(_ xml: String) -> Bool {
        var open: [Substring] = []
        var rest = xml[...]
        while let start = rest.firstIndex(where: { $0 == "<" || $0 == "&" }) {
            rest = rest[start...]
            if let entity = rest.prefixMatch(of: /&(amp|lt|gt|quot|#39);/) {
                rest = rest[entity.range.upperBound...]
            } else if let tag = rest.prefixMatch(of: /<\/([a-z]+)>/) {
                guard open.popLast() == tag.1 else { return false }
                rest = rest[tag.range.upperBound...]
            } else if let tag = rest.prefixMatch(of: /<([a-z]+)(?:\s+[a-zA-Z0-9:-]+="[^"<]*")*\s*(\/?)>/) {
                if tag.2.isEmpty { open.append(tag.1) }
                rest = rest[tag.range.upperBound...]
            } else {
                return false
            }
        }
        return open.isEmpty
    }

    @Test func thePageSaysWhatWasFoundAndHowSure() {
        let page = HTMLReport.page([.analysis(Sample.synthetic())], made: "2026-01-02 03:04 UTC")
        #expect(page.hasPrefix("<!DOCTYPE html>\n"))
        #expect(page.contains("<h2>▲ Machine-made voice</h2>"))
        #expect(page.contains("26 times likelier from a machine-made voice"))
        #expect(page.contains("nobody has measured how often it is wrong"))
        #expect(page.contains("hang up, and ring back on a number you know"))
        #expect(page.contains("natural logarithm, positive is machine-made"))
        #expect(page.contains("<td class=\"number\">0:27.2</td>"))
        #expect(page.contains("Falsetto 0.1.0 · model sample 0123456789ab · operating point provisional (provisional) · kernel avx2"))
        #expect(page.contains("Made 2026-01-02 03:04 UTC"))
        #expect(!page.lowercased().contains("scam"))
    }

    @Test func anAlertSaysWhatRaisedItAndHowOftenSuchAnAlertIsWrong() {
        let page = HTMLReport.page([.analysis(Sample.rarer[2])])
        #expect(page.contains("a change of voice (change sum 41.5 of evidence; window LLR +2.06). The line was unlike those measured"))
        #expect(!page.contains("Setting quiet") && page.contains("the line is of the new voice alone"))
        var inside = Sample.rarer[2]
        inside.result.alerts[0].outside = []
        #expect(HTMLReport.page([.analysis(inside)]).contains("Setting quiet: at most 0.200 false alarms per hour of people talking (95 %)"))
        #expect(page.contains("operating point quiet of policy made-up fedcba98fedc"))
    }

    @Test func nothingComesFromOutsideAndNothingRuns() {
        let page = HTMLReport.page(Sample.everyKind)
        #expect(!page.contains("<script"))
        #expect(!page.contains("://"))
        #expect(page.contains("default-src 'none'"))
        #expect(page.contains("href=\"data:image/png;base64,iVBORw0KGgo"))
    }

    @Test(arguments: [
        "<script>alert(1)</script>.wav", "\" onload=\"x", "' onload='x", "&lt;b&gt;&amp;", "</title></style><h2>● Human voice</h2>",
        "a\u{0}b\u{1B}[31m\u{202E}\n.wav", "<img src=x onerror=y>", "]]>", "<!--",
    ]) func aHostileNameStaysText(name: String) throws {
        var record = Sample.synthetic(path: name, leg: name)
        record.warnings = [name]
        record.provenance.build = name
        record.provenance.modelName = name
        record.provenance.modelIdentity = name
        record.provenance.kernel = name
        record.provenance.operatingPoint = Sample.measured
        record.provenance.operatingPoint.name = name
        record.provenance.operatingPoint.measurement?.description = name
        let records: [ReportRecord] = [.analysis(record), .unreadable(UnreadableRecord(path: name, error: name, kind: "notAudio"))]
        let plain = HTMLReport.page(records.map { $0.renamed("x") })
        for page in [HTMLReport.page(records), HTMLReport.page([records[0]]), HTMLReport.page([records[1]])] {
            #expect(!page.unicodeScalars.contains { $0 != "\n" && $0.isUnsafeOnTerminal })
            for tag in ["<script", "<img", "<!--", "onload=\"", "onload='", "</title></style>", "&lt;b&gt;&amp;"] where !plain.contains(tag) {
                #expect(!page.contains(tag))
            }
        }
        // The name adds no tag: both pages have the same ones in the same order.
        let tags = { (page: String) in page.matches(of: /<[^>]*>/).map { String($0.output).prefix(12) } }
        #expect(tags(HTMLReport.page(records)) == tags(plain))
    }

    @Test func drawingsAreWellFormed() {
        let found = drawings(HTMLReport.page(Sample.everyKind))
        #expect(found.count == 5)
        for drawing in found { #expect(isWellFormed(drawing)) }
        for fault in ["</text>", "</svg>", "/>"] {
            #expect(!isWellFormed(found[0].replacingOccurrences(of: fault, with: "")))
        }
    }

    @Test func everyPointOfTheDrawingLiesInsideIt() {
        for record in [Sample.synthetic(), Sample.human()] {
            let svg = ScorePlot(record.result, at: record.provenance.operatingPoint).svg(id: "a")
            let points = svg.matches(of: /(-?[0-9.]+),(-?[0-9.]+)/).map { (Double($0.1)!, Double($0.2)!) }
            #expect(points.count >= 290)
            #expect(points.allSatisfy { (58...938).contains($0.0) && (26...196).contains($0.1) })
        }
    }

    @Test func aLongCallIsDrawnInBoundedSize() {
        var record = Sample.human()
        record.result.durationSeconds = 10_800
        record.result.track = Sample.track(seconds: 10_800)
        record.result.spectrogram = Sample.spectrogram(seconds: 10_800)
        let svg = ScorePlot(record.result, at: record.provenance.operatingPoint).svg(id: "a")
        #expect(svg.utf8.count < 250_000)
        #expect(isWellFormed(svg))
        #expect(svg.contains("class=\"band\""))
    }

    @Test func aResultWithoutTrackOrPictureHasNoDrawing() {
        #expect(!HTMLReport.page([.analysis(Sample.short())]).contains("<figure"))
        var record = Sample.synthetic()
        record.result.spectrogram = nil
        #expect(!HTMLReport.page([.analysis(record)]).contains("<image"))
        #expect(HTMLReport.page([.analysis(record)]).contains("<polyline"))
    }
}

extension ReportRecord {
    /// The same record with a harmless name everywhere.
    fileprivate func renamed(_ name: String) -> ReportRecord {
        switch self {
        case .unreadable(let record): return .unreadable(UnreadableRecord(path: name, error: name, kind: record.kind))
        case .analysis(var record):
            record.path = name
            record.leg = name
            record.warnings = [name]
            record.provenance.build = name
            record.provenance.modelName = name
            record.provenance.modelIdentity = name
            record.provenance.kernel = name
            record.provenance.operatingPoint.name = name
            record.provenance.operatingPoint.measurement?.description = name
            return .analysis(record)
        }
    }
}
