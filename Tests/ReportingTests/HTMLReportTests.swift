import Foundation
import Screening
import Testing
import Text

@testable import Reporting

@Suite struct HTMLReportTests {
    /// Every drawing of a page, as it stands there.
    private func drawings(_ page: String) -> [String] {
        page.components(separatedBy: "<svg class=\"plot ").dropFirst().map { part in
            "<svg class=\"plot " + part.components(separatedBy: "<figcaption>")[0]
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
        #expect(page.contains("about 30 times likelier from a machine-made voice"))
        #expect(page.contains("<p class=\"errors\">Wrong alarms and missed machines: not measured at this operating point.</p>"))
        #expect(page.contains("hang up, and ring back on a number you know"))
        #expect(page.contains("natural logarithm, positive is machine-made"))
        #expect(page.contains("<td class=\"number\" data-head=\"raised at\">0:27.2</td>"))
        #expect(page.contains("Falsetto 0.1.0 · model sample 0123456789ab · operating point provisional (provisional) · kernel avx2"))
        #expect(page.contains("Made 2026-01-02 03:04 UTC"))
        #expect(!page.lowercased().contains("scam"))
    }

    @Test func anAlertSaysWhatRaisedItAndHowOftenSuchAnAlertIsWrong() {
        let page = HTMLReport.page([.analysis(Sample.rarer[2])])
        #expect(page.contains("the change test (change sum 41.5 of evidence; window LLR +2.06). The line was unlike those measured"))
        #expect(page.contains("the line is of the speech since that change alone"))
        #expect(page.contains("<p class=\"errors\">Wrong alarms: at most 0.200 an hour of talk; misses 78 of 100 machine-made calls.</p>"))
        #expect(
            page.contains(
                "at most 0.200 false alarms per hour of people talking (95 %); misses 78 of 100 machine-made calls (94 of 120) "
                    + "and 48 of 60 that a machine takes over in mid-call; measured on 31.5 hours of 88 speakers"))
        #expect(page.contains("2 false alarms in 410 calls of people; at most 0.080 per hour of line at 40 % speech, 1.6 % of calls."))
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
        // The name adds no tag but places to break it at: both pages have the same ones in the same order.
        let tags = { (page: String) in page.matches(of: /<(?!wbr>)[^>]*>/).map { String($0.output).prefix(12) } }
        #expect(tags(HTMLReport.page(records)) == tags(plain))
    }

    @Test func narrowPagesHaveEveryFigureWithItsNameAndBreakPathsBehindTheirParts() {
        let records: [ReportRecord] = [
            .analysis(Sample.synthetic(path: "in<bound/desk_3.wav", leg: "far")),
            .unreadable(UnreadableRecord(path: "b", error: "e", kind: "notAudio")),
        ]
        let page = HTMLReport.page(records)
        #expect(page.contains("in&lt;bound/<wbr>desk_<wbr>3.wav</a></td>") && page.contains("in&lt;bound/<wbr>desk_<wbr>3.wav · far</div>"))
        for head in ["LLR", "speech", "first alert", "raised at", "after speech", "strongest stretch"] {
            #expect(page.contains("data-head=\"\(head)\">"), "\(head)")
        }
        // What has no figure has no name of one either: the sheet leaves the cell out.
        #expect(page.matches(of: /data-head="LLR"/).count == 1 && page.matches(of: /<table class="sheets"><thead>/).count == 2)
        #expect(HTMLPage.style.contains(".sheets td[data-head]::before { content: attr(data-head)"))
    }

    @Test func drawingsAreWellFormed() {
        let found = drawings(HTMLReport.page(Sample.everyKind))
        #expect(found.count == 10)
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
            #expect(points.allSatisfy { (58...864).contains($0.0) && (26...196).contains($0.1) })
        }
    }

    @Test func zonesAreThoseOfTheRulesThatDecide() throws {
        var point = Sample.measured
        point.syntheticAtLLR = 5
        let record = Sample.human()
        for layout in [ScorePlot.Layout.wide, .narrow] {
            let svg = ScorePlot(record.result, at: point, layout: layout).svg(id: "a")
            let zones = svg.matches(of: /<rect class="(zone-[a-z]+)" x="([0-9.]+)" y="([0-9.]+)" width="([0-9.]+)" height="([0-9.]+)"/)
                .map { (String($0.1), Double($0.2)!, Double($0.3)!, Double($0.5)!) }
            // The window raises an alert from +3 on; of the whole leg +5 is synthetic and below -2 human. The axis ends at 5 or more.
            #expect(zones.map(\.0) == ["zone-machine", "zone-machine", "zone-human"])
            #expect(zones[0].1 == layout.left && zones[1].1 == layout.stripLeft && zones[2].1 == layout.stripLeft)
            #expect(zones[0].3 > zones[1].3 && zones[2].2 > 26 + 85)
        }
    }

    @Test func noLineRunsThroughTheNameOfAnAlert() throws {
        var record = Sample.synthetic()
        // Two alerts close to each other: the second's name would run into the first's, so its line ends at the panel.
        var second = Sample.alert
        second.atSample = Sample.sample(29)
        record.result.alerts.append(second)
        for layout in [ScorePlot.Layout.wide, .narrow] {
            let svg = ScorePlot(record.result, at: .provisional, layout: layout).svg(id: "a")
            let names = svg.matches(of: /<text class="alert-label( end)?" x="([0-9.]+)" y="([0-9.]+)">([^<]*)</).map { match in
                let width = 7.2 * Double(match.4.count)
                let x = Double(match.2)!
                return (from: match.1 == nil ? x : x - width, to: match.1 == nil ? x + width : x, y: Double(match.3)!)
            }
            let lines = svg.matches(of: /<line class="decision" x1="([0-9.]+)" y1="([0-9.]+)" x2="[0-9.]+" y2="([0-9.]+)"/)
                .map { (x: Double($0.1)!, top: Double($0.2)!, bottom: Double($0.3)!) }
            #expect(names.count == 1 && lines.count == 3)
            for name in names {
                for line in lines where line.top < name.y { #expect(line.x < name.from || line.x > name.to) }
            }
        }
    }

    @Test func aReportNamesTheRecordingTheTimeTheProgramAndThePolicy() {
        var record = Sample.human()
        record.recording = RecordingFacts(
            sha256: String(repeating: "ab12", count: 16), codec: "WAV (Microsoft), U-Law", sampleRate: 8000, channels: 1)
        record.screenedAt = Date(timeIntervalSince1970: 1_800_000_000)
        let page = HTMLReport.page([.analysis(record)])
        for words in [
            "<dd>WAV (Microsoft), U-Law, 8000 Hz, 1 channel</dd>", "<dd>\(String(repeating: "ab12", count: 16))</dd>",
            "<dd>2027-01-15T08:00:00.000Z</dd>",
            "<dd>Falsetto 0.1.0, kernel avx2</dd>", "<dd>sample 0123456789abcdef0123456789abcdef</dd>",
            "<dd>made-up \(String(repeating: "fedcba98", count: 8))</dd>",
        ] { #expect(page.contains(words), "\(words)") }
    }

    @Test func theSoundIsInThePageOnlyWhereItWasToBe() {
        var record = Sample.synthetic()
        #expect(!HTMLReport.page([.analysis(record)]).contains("<audio"))
        record.sound = Array("RIFF".utf8)
        let page = HTMLReport.page([.analysis(record)])
        #expect(page.contains("<audio controls preload=\"metadata\" src=\"data:audio/wav;base64,UklGRg==\"></audio>"))
        #expect(page.contains("media-src data:"))
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
