import Testing
import Text

@testable import Evaluation

/// Golden values: `python Tools/evaluation/reference.py`, which makes the same draws by sorting each anew.
@Suite struct ResamplingTests {
    private let options = EvaluationOptions(resampling: .init(draws: 200, seed: 1))

    @Test func `the interval by source equals that of draws sorted anew`() throws {
        let report = try EvaluationReport(referenceTable(), title: "reference", options: options)
        let interval = try #require(report.intervals[.eer])
        #expect(near(interval.low, 0.22760088452737193))
        #expect(near(interval.high, 0.2983379209327936))
        #expect(report.confidence.unit == "source" && report.confidence.units == 12 && report.confidence.redrawn == 0)
    }

    @Test func `a draw without a class is drawn anew and counted`() throws {
        let table = referenceTable().filtered { ["source0", "source9", "source11"].contains($0.source) }
        let report = try EvaluationReport(table, title: "three sources", options: options)
        let interval = try #require(report.intervals[.eer])
        #expect(near(interval.low, 0.2565953210552514))
        #expect(near(interval.high, 0.34380863039399623))
        #expect(report.confidence.redrawn == 127)
    }

    @Test func `paired differences use the same draws for both sides`() throws {
        let comparison = try PairedComparison(
            referenceTable(), named: "A", referenceTable(shift: 120), named: "B", options: options)
        let eer = try #require(comparison.differences.first { $0.figure == .eer })
        #expect(near(eer.first, 0.2533361481794242))
        #expect(near(eer.second, 0.32000355559506216))
        let interval = try #require(eer.interval)
        #expect(near(interval.low, -0.08050116016555882))
        #expect(near(interval.high, -0.04445983666088829))
        #expect(eer.better == .first)
        #expect(comparison.verdict == "A is better: its EER is 6.7 points lower than that of B; difference [-8.1, -4.4].")
        let turned = try PairedComparison(
            referenceTable(shift: 120), named: "B", referenceTable(), named: "A", options: options)
        #expect(turned.verdict == "A is better: its EER is 6.7 points lower than that of B; difference [4.4, 8.1].")
        #expect(turned.differences.first { $0.figure == .auc }?.better == .second)
    }

    @Test func `a set compared with itself is not better`() throws {
        let comparison = try PairedComparison(referenceTable(), named: "A", referenceTable(), named: "B", options: options)
        #expect(comparison.differences.count == Figure.allCases.count)
        #expect(comparison.differences.allSatisfy { $0.difference == 0 && $0.better == nil })
        #expect(comparison.verdict.contains("neither is shown to be better"))
    }

    @Test func `other trials are refused in a comparison`() {
        let fewer = referenceTable().filtered { $0.path != "clip17" }
        #expect(throws: TableError.self) {
            try PairedComparison(referenceTable(), named: "A", fewer, named: "B", options: options)
        }
    }

    @Test func `one source gives no interval`() throws {
        let table = referenceTable().filtered { $0.source == "source5" }
        let report = try EvaluationReport(table, title: "one source", options: options)
        #expect(report.intervals.isEmpty && report.curveBand.isEmpty)
        #expect(
            report.confidence.unit == "source" && report.confidence.units == 1 && report.confidence.redrawn == nil && !report.confidence.isTooSmall)
    }

    /// What a perfect detector of so many trials of each class is said to be.
    private func perfect(_ count: Int) throws -> EvaluationReport {
        let trials = (0..<count).flatMap { [Trial(path: "h\($0)", label: .human, score: -2), Trial(path: "s\($0)", label: .synthetic, score: 2)] }
        return try EvaluationReport(TrialTable(name: "perfect", trials: trials), title: "perfect", options: options)
    }

    @Test func `one trial of each class has an error rate and no interval`() throws {
        let report = try perfect(1)
        #expect(report.pooled.eer == 0 && report.intervals.isEmpty && report.curveBand.isEmpty && report.confidence.isTooSmall)
    }

    @Test func `where no draw had an error, the interval reaches up to the exact bound of none in so many`() throws {
        let report = try perfect(10)
        // Clopper-Pearson of 0 in 10, two-sided 95 %: 1 - 0.025^(1/10) = 0.3084971.
        let eer = try #require(report.intervals[.eer])
        #expect(eer.low == 0 && near(eer.high, 0.30849710781876083, within: 1e-9))
        let detection = try #require(report.intervals[.detectionAt5])
        #expect(detection.high == 1 && near(detection.low, 1 - 0.30849710781876083, within: 1e-9))
    }

    @Test func `trials without a source column are drawn one by one`() throws {
        let bare = TrialTable(name: "bare", trials: referenceTrials(count: 80).map { Trial(path: $0.path, label: $0.label, score: $0.score) })
        let report = try EvaluationReport(bare, title: "bare", options: options)
        #expect(report.confidence.unit == "trial" && report.confidence.units == 80)
    }

    @Test func `the generator gives the published stream`() {
        // The first outputs of the reference implementation for seed 1234567 (S. Vigna, splitmix64.c).
        var generator = SplitMix64(seed: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
    }

    @Test func `quantiles interpolate as numpy does`() {
        #expect(quantile([1, 2, 4, 8], 0.5) == 3)
        #expect(quantile([1, 2, 4, 8], 1) == 8)
        #expect(near(quantile([1, 2, 4, 8], 0.025), 1.075))
    }
}
