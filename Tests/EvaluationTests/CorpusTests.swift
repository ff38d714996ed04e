import Foundation
import Testing
import Text

@testable import Evaluation

/// What needs the corpus: its folder is named by FALSETTO_CORPUS.
@Suite(.enabled(if: corpus != nil, "FALSETTO_CORPUS names no corpus folder: peers and headline trials are not checked"))
struct CorpusTests {
    @Test(arguments: [
        (HeadlineTrials.Name.dev, HeadlineTrials.Condition.narrowBand, [875, 853], [875, 492], [838, 260]),
        (.dev, .wideBand, [796, 853], [796, 492], [759, 260]),
        (.dev2, .narrowBand, [641, 495], [641, 238], [543, 123]),
        (.dev2, .wideBand, [509, 495], [509, 238], [411, 123]),
    ])
    func `the headline trials of the corpus are as many as its description says`(
        _ name: HeadlineTrials.Name, _ condition: HeadlineTrials.Condition, _ all: [Int], _ generator: [Int], _ both: [Int]
    ) throws {
        let manifest = try TrialTable(contentsOf: #require(corpus).appendingPathComponent("manifest.csv"))
        let headline = try HeadlineTrials(manifest, name, condition: condition)
        func counts(_ part: HeadlineTrials.Part) -> [Int] {
            let trials = headline.table(part).trials
            return [trials.count { $0.label == .human }, trials.count { $0.label == .synthetic }]
        }
        // Human and synthetic; 875 and 853 are the description's. The rest was counted once more with Python's csv module:
        // systems and speakers of the train rows by set difference.
        #expect(counts(.all) == all)
        #expect(counts(.generatorUnseen) == generator)
        #expect(counts(.generatorAndSpeakerUnseen) == both)
    }

    @Test func `the later sources are those that the corpus lists`() throws {
        let listed = try String(contentsOf: #require(corpus).appendingPathComponent("dev2.txt"), encoding: .utf8)
        #expect(Set(listed.split(separator: "\n").map(String.init)) == HeadlineTrials.dev2Sources)
    }

    @Test(arguments: [
        ("AASIST", true, 0.51, 0.45, 0.57),
        ("RawNetLite", false, 0.61, 0.49, 0.70),
    ])
    func `the peers' published figures come out again`(
        _ peer: String, _ higherIsHuman: Bool, _ eer: Double, _ low: Double, _ high: Double
    ) throws {
        let folder = try #require(corpus).appendingPathComponent("peer-scores")
        var table = try TrialTable(contentsOf: folder.appendingPathComponent("dev_phone_trials.csv"))
        try table.join(
            CSVTable(contentsOf: folder.appendingPathComponent("dev_phone_\(peer).csv")), higherIsHuman: higherIsHuman)
        let report = try EvaluationReport(table, title: peer)
        let interval = try #require(report.intervals[.eer])
        print("\(peer): EER \(report.pooled.eer) [\(interval.low), \(interval.high)]")
        // Stated in whole per cent.
        #expect(abs(report.pooled.eer - eer) <= 0.005)
        // Other draws of few sources: the ends move by a point or two.
        #expect(abs(interval.low - low) <= 0.025 && abs(interval.high - high) <= 0.025)
    }
}

private let corpus = ProcessInfo.processInfo.environment["FALSETTO_CORPUS"].map { URL(fileURLWithPath: $0) }
