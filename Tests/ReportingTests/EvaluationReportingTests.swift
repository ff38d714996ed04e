import Evaluation
import Foundation
import Testing
import Text

@testable import Reporting

/// Six people and six machines from four sources, one trial of each class without a score, one enhanced trial.
private func table() -> TrialTable {
    var trials: [Trial] = []
    for index in 0..<6 {
        trials.append(
            Trial(
                path: "h\(index)", label: .human, score: index == 5 ? nil : Double(index) - 3, outcome: .human,
                groups: ["source": "s\(index % 2)", "language": index < 3 ? "en" : "<de & \"at\">", "duration_s": "3"]))
        trials.append(
            Trial(
                path: "m\(index)", label: .synthetic, score: index == 0 ? nil : Double(index) - 2, outcome: .inconclusive,
                groups: ["source": "s\(2 + index % 2)", "system": "x", "duration_s": "\(index)"]))
    }
    trials.append(Trial(path: "e", label: .enhanced, score: 9))
    return TrialTable(name: "trials <b>.csv", trials: trials, groupColumns: ["source", "language", "system", "duration_s"])
}

private func report() throws -> EvaluationReport {
    try EvaluationReport(
        table(), title: "a \"system\"", options: EvaluationOptions(resampling: .init(draws: 50), worstGroupTrials: 3))
}

@Suite struct EvaluationReportingTests {
    // MARK: JSON

    private func parsed(_ text: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func `the record is JSON, and the first eer in it is the pooled one as a fraction`() throws {
        let report = try report()
        let text = EvaluationJSON.record(report)
        let record = try parsed(text)
        #expect(record["schema"] as? String == "falsetto.evaluation/1")
        #expect(record["title"] as? String == "a \"system\"")
        let pooled = try #require(record["pooled"] as? [String: Any])
        #expect(pooled["eer"] as? Double == report.pooled.eer)
        let afterFirst = try #require(text.range(of: "\"eer\": ")).upperBound
        #expect(text[afterFirst...].hasPrefix("\(report.pooled.eer),"))
        #expect((pooled["eerInterval"] as? [Double])?.count == 2)
    }

    @Test func `an infinite figure is null and its scored half a number`() throws {
        let record = try parsed(EvaluationJSON.record(report()))
        let pooled = try #require(record["pooled"] as? [String: Any])
        #expect(pooled["cllr"] is NSNull && pooled["calibrationLoss"] is NSNull)
        #expect(pooled["cllrScoredOnly"] is Double)
        let human = try #require(record["human"] as? [String: Any])
        #expect(human["unscored"] as? Int == 1 && human["trials"] as? Int == 6)
        #expect((record["synthetic"] as? [String: Any])?["inconclusiveShare"] as? Double == 1)
        #expect((record["groups"] as? [Any])?.count == 7)
        #expect((record["nulls"] as? [[String: Any]])?.first?["column"] as? String == "duration_s")
        #expect((record["otherLabels"] as? [[String: Any]])?.first?["flaggedAtEER"] as? Double == 1)
    }

    @Test func `every member that the schema describes is in the record`() throws {
        let record = try parsed(EvaluationJSON.record(report()))
        #expect(
            Set(record.keys) == [
                "schema", "title", "trials", "polarity", "pooled", "human", "synthetic", "costs", "confidence", "nulls", "worst",
                "thresholds", "otherLabels", "groups",
            ])
        let pooled = try #require(record["pooled"] as? [String: Any])
        for figure in Figure.allCases {
            #expect(pooled[figure.rawValue] != nil && pooled[figure.rawValue + "Interval"] != nil, "\(figure)")
        }
    }

    @Test func `a comparison carries its verdict`() throws {
        let comparison = try PairedComparison(table(), named: "A", table(), named: "B\n")
        let record = try parsed(EvaluationJSON.record(comparison))
        #expect(record["schema"] as? String == "falsetto.comparison/1")
        #expect(record["second"] as? String == "B\n" && record["verdict"] as? String == comparison.verdict)
        #expect((record["differences"] as? [[String: Any]])?.first?["figure"] as? String == "eer")
        #expect(comparison.text().hasSuffix(comparison.verdict + "\n"))
    }

    // MARK: Text

    @Test func `the text names polarity, unscored shares and what counts against abstaining`() throws {
        let text = try report().text()
        #expect(text.contains("6 human and 6 synthetic trials; scores are natural logs, positive is synthetic"))
        #expect(text.contains("1 of 6 unscored (16.7 %), each counted as an error; outcomes: synthetic 0.0 %, human 100.0 %, inconclusive 0.0 %"))
        #expect(text.contains("infinite"))
        #expect(text.contains("50 draws of 4 sources, seed 1"))
        #expect(text.contains("enhanced: 1 trials, 0 unscored; flagged 100.0 %"))
        #expect(!text.contains("nan") && !text.contains("inf "))
    }

    @Test func `each headline figure stands with its set, detection at both rates and its nulls`() throws {
        let rows = (0..<8).map { index in
            "t\(index),\(index % 2 == 0 ? "bonafide" : "spoof"),dev,supertonic_demo,s\(index),tts,v\(index),16000,\(2 + Double(index) / 8),\(index)\n"
        }
        let manifest = try TrialTable(
            CSVTable(
                name: "m.csv",
                text: "path,label,split,source,system,system_family,speaker,native_rate,duration_s,score\n" + rows.joined()
                    + "x,spoof,train,old,known,tts,w,16000,3,0\n"))
        let headline = try HeadlineReport(manifest, title: "t", .dev2, options: EvaluationOptions(resampling: .init(draws: 20)))
        let text = headline.text()
        #expect(text.hasPrefix("t: corpus headline dev2, cut to 2.9 s; scores are natural logs"))
        // People 0 2 4 6, machines 1 3 5 7: only 7 lies above all people.
        #expect(text.components(separatedBy: "    detected at 5 % false alarms  25.0 %").count == 4)
        #expect(text.components(separatedBy: "    nulls: duration_s ").count == 4)
        #expect(text.contains("  detected at 5 % false alarms     25.0 %"))
        let record = try parsed(EvaluationJSON.record(headline))
        let parts = try #require(record["headline"] as? [String: Any])
        #expect(parts["set"] as? String == "dev2")
        for part in [record, parts["generatorUnseen"], parts["generatorAndSpeakerUnseen"]] {
            let part = try #require(part as? [String: Any])
            let nulls = try #require(part["nulls"] as? [[String: Any]])
            #expect(nulls.map { $0["column"] as? String } == ["duration_s", "clip_duration_s", "native_rate"])
            #expect((part["pooled"] as? [String: Any])?["detectionAt5"] as? Double == 0.25)
        }
        let page = EvaluationHTML.page(headline)
        #expect(page.contains("corpus headline dev2") && page.components(separatedBy: "<h2>Nulls</h2>").count == 4)
        // Six figures of the table on top: detection at both rates, three times.
        #expect(page.components(separatedBy: "<section>")[0].components(separatedBy: "<td>25.0 %<small>").count == 7)
    }

    @Test func `a guessed polarity is said in every form, and doubted near chance`() throws {
        var report = try report()
        #expect(try parsed(EvaluationJSON.record(report))["polarity"] is NSNull && !report.text().contains("polarity"))
        report.polarity = ScorePolarity(higherIs: .human, ground: .guessed, eer: 0.03, otherEER: 0.97)
        let sentence = "polarity: higher is bona fide, turned, guessed from the labels: EER 3.0 %, the other way 97.0 %"
        #expect(report.text().contains("\n  \(sentence)\n") && EvaluationHTML.page(report).contains("Their \(sentence)."))
        let polarity = try #require(try parsed(EvaluationJSON.record(report))["polarity"] as? [String: Any])
        #expect(polarity["higherIs"] as? String == "human" && polarity["turned"] as? Bool == true && polarity["otherWay"] as? Double == 0.97)
        report.polarity = ScorePolarity(higherIs: .synthetic, ground: .guessed, eer: 0.39, otherEER: 0.61)
        #expect(report.text().contains("kept, guessed from the labels: EER 39.0 %, the other way 61.0 %; so near chance that this proves nothing"))
        report.polarity = ScorePolarity(higherIs: .human, ground: .told)
        #expect(report.text().contains("\n  polarity: higher is bona fide, turned, as told\n"))
    }

    // MARK: Page

    @Test func `the page is well-formed, loads nothing, and escapes what manifests hold`() throws {
        let page = try EvaluationHTML.page(report(), madeBy: "falsetto <1>")
        #expect(page.contains("&lt;de &amp; &quot;at&quot;&gt;") && page.contains("trials &lt;b&gt;.csv"))
        #expect(page.contains("falsetto &lt;1&gt;") && !page.contains("<1>"))
        // Of the head only the policy's own name.
        let rest = page.replacing("http-equiv", with: "")
        #expect(!rest.contains("http") && !page.contains("<script") && !page.contains("url(") && page.contains("default-src 'none'"))
        #expect(!page.contains("nan") && !page.contains("\"inf"))
        var open: [String] = []
        for match in page.matches(of: /<(\/?)([a-z0-9]+)([^>]*?)(\/?)>/) {
            let name = String(match.2)
            if ["meta", "br"].contains(name) || !match.4.isEmpty { continue }
            if match.1.isEmpty { open.append(name) } else { #expect(open.popLast() == name) }
        }
        #expect(open.isEmpty)
    }

    @Test func `the EER stands on the diagonal of the DET plot when both errors are equal`() throws {
        let separated = TrialTable(
            name: "t",
            trials: [-2.0, -1, 0, 3].map { (score: Double) in Trial(path: "h\(score)", label: .human, score: score) }
                + [-3.0, 1, 2, 4].map { (score: Double) in Trial(path: "m\(score)", label: .synthetic, score: score) })
        let report = try EvaluationReport(separated, title: "t")
        let svg = EvaluationDETPlot(report: report).svg
        let mark = try #require(svg.firstMatch(of: /class="dot" cx="([0-9.]+)" cy="([0-9.]+)"/))
        let x = try #require(Double(mark.1)) - 58
        let y = 14 + 440 - (try #require(Double(mark.2)))
        #expect(abs(x - y) < 0.11)
        // A quarter of each class is wrong: between the ticks of 20 and 40 %.
        #expect(x > 0 && x < 220)
        #expect(svg.contains("EER 25.0 %"))
    }

    @Test func `both histograms hold the whole of their class`() throws {
        let report = try report()
        let svg = EvaluationHistogramPlot(report: report).svg
        #expect(svg.contains("class=\"people\"") && svg.contains("class=\"made\""))
        #expect(report.histogram.human.reduce(0, +) == 5 && report.histogram.synthetic.reduce(0, +) == 5)
    }
}
