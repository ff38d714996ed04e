import Testing
import Text

@testable import Evaluation

@Suite struct ReportTests {
    private let quick = EvaluationOptions(resampling: .init(draws: 20), worstGroupTrials: 2)

    private func trial(_ label: Trial.Label, _ score: Double?, _ groups: [String: String]) -> Trial {
        Trial(path: "\(label)\(score ?? 99)\(groups)", label: label, score: score, groups: groups)
    }

    @Test func `groups are rated at the pooled thresholds, worst first, and small ones are never the worst`() throws {
        // Pooled: people -2 -1 0 3 (3 is flagged), machines 1 2 2 -3 (-3 is missed): EER 1/4 at threshold 1.
        let table = TrialTable(
            name: "t",
            trials: [
                trial(.human, -2, ["language": "de"]), trial(.human, -1, ["language": "de"]),
                trial(.human, 0, ["language": "en"]), trial(.human, 3, ["language": "en"]),
                trial(.synthetic, 1, ["system": "x"]), trial(.synthetic, 2, ["system": "x", "language": "en"]),
                trial(.synthetic, 2.5, ["system": "y"]), trial(.synthetic, -3, ["system": "z"]),
            ], groupColumns: ["system", "language"])
        let report = try EvaluationReport(table, title: "t", options: quick)
        #expect(report.pooled.eer == 0.25 && report.thresholds.eer.threshold == 1)
        // z and y are one trial each, fewer than the two that are asked for.
        #expect(report.groups.map(\.value) == ["x", "y", "z", "en", "de"])
        let english = report.groups[3]
        #expect(english.falseAlarmRateAtEER == 0.5 && english.missRateAtEER == 0 && english.opponents == .own)
        #expect(english.human.trials == 2 && english.synthetic.trials == 1)
        #expect(report.groups[4].opponents == .allSynthetic && report.groups[4].missRateAtEER == nil)
        // -2 and -1 against all machines: 1/2 and 1/4 are as near as 0 and 1/4, and the lower threshold counts.
        #expect(report.groups[4].eer == 0.375 && report.groups[2].eer == 1)
        #expect(report.worst.humanAtEER == WorstGroup(column: "language", value: "en", trials: 2, rate: 0.5))
        #expect(report.worst.syntheticAtEER == WorstGroup(column: "system", value: "x", trials: 2, rate: 0))
        // 5 % of four people is none: the threshold lies above 3.
        #expect(report.thresholds.falseAlarms5.falseAlarmRate == 0 && report.worst.syntheticAt5?.rate == 1)
    }

    @Test func `enhanced trials change no pooled figure and have their own line`() throws {
        let plain = try EvaluationReport(referenceTable(), title: "t", options: quick)
        var table = referenceTable()
        for index in 0..<10 {
            table.trials.append(Trial(path: "e\(index)", label: .enhanced, score: index < 4 ? 50 : nil))
        }
        let report = try EvaluationReport(table, title: "t", options: quick)
        #expect(report.pooled == plain.pooled && report.intervals == plain.intervals)
        #expect(report.others.count == 1)
        #expect(report.others[0].flaggedAtEER == 0.4 && report.others[0].shares.unscored == 6)
    }

    @Test func `a null takes the better polarity and leaves out what is no number`() throws {
        var table = referenceTable()
        table.groupColumns.append("duration_s")
        for index in table.trials.indices {
            table.trials[index].groups["duration_s"] =
                index < 5 ? "unknown" : table.trials[index].label == .human ? "\(3 + index % 2)" : "\(2 + index % 2)"
        }
        let null = try #require(try EvaluationReport(table, title: "t", options: quick).nulls.first)
        #expect(null.column == "duration_s" && !null.higherIsSynthetic && null.left == 5)
        // Half of each class has 3 s; whichever side they fall on, about half of one class is wrong.
        #expect(null.eer > 0.2 && null.eer < 0.3 && null.human + null.synthetic == 595)
        #expect(null.interval != nil)
    }

    @Test func `shares of outcomes stand beside the figures`() throws {
        var table = referenceTable(unscored: true)
        for index in table.trials.indices {
            let score = table.trials[index].score
            table.trials[index].outcome = score.map { $0 > 2 ? .synthetic : $0 < 1 ? .human : .inconclusive } ?? .inconclusive
        }
        let report = try EvaluationReport(table, title: "t", options: quick)
        for shares in [report.human, report.synthetic] {
            #expect(shares.saidHuman + shares.saidSynthetic + shares.inconclusive == shares.trials)
            #expect(shares.inconclusive > shares.unscored && shares.unscored > 0)
        }
        #expect(report.human.unscored + report.synthetic.unscored == 40)
    }

    @Test func `the miss rates of the band are those of the curve`() {
        let bins = RankedTrials(referenceTrials()).bins
        let curve = bins.curve
        for (rate, miss) in zip(EvaluationReport.bandGrid, bins.missRates(atFalseAlarmRates: EvaluationReport.bandGrid)) {
            let expected = curve.first { $0.falseAlarmRate <= rate }!.missRate
            #expect(near(miss, expected), "at \(rate)")
        }
    }

    @Test func `a histogram holds every scored trial once, however wild its score`() throws {
        var table = referenceTable(unscored: true)
        table.trials.append(Trial(path: "wild", label: .human, score: 1e300))
        let histogram = try EvaluationReport(table, title: "t", options: quick).histogram
        let counted = (histogram.human + histogram.synthetic).reduce(0, +)
        #expect(counted == 601 - 40)
        #expect(histogram.barWidth < 1)
    }

    @Test func `what cannot be evaluated is refused with its reason`() {
        let humans = referenceTable().filtered { $0.label == .human }
        #expect(throws: TableError("reference trials: 301 human and 0 synthetic trials; an evaluation needs both")) {
            try EvaluationReport(humans, title: "t", options: quick)
        }
        var unscored = referenceTable()
        for index in unscored.trials.indices { unscored.trials[index].score = nil }
        #expect(throws: TableError("reference trials: no trial has a score")) {
            try EvaluationReport(unscored, title: "t", options: quick)
        }
        #expect(throws: TableError("reference trials: no column \"dialect\"; there are source")) {
            try EvaluationReport(referenceTable(), title: "t", options: EvaluationOptions(groupColumns: ["dialect"]))
        }
    }
}
