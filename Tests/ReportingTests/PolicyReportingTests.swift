import Alerting
import Foundation
import Policies
import Testing
import Text

@testable import Reporting

@Suite("Policies for people and machines") struct PolicyReportingTests {
    private let policy: Policy = {
        var point = Sample.measured
        point.changeDrift = 1.5
        point.alert.change = Hysteresis(begins: 40, endsBelow: 12.5)
        point.alert.holdNetSpeechSeconds = 1
        point.measurement?.worstSourcePerHour = 0.21
        let part = Policy.Part(
            description: "a made-up corpus of calls", humanCalls: 410, syntheticCalls: 120, humanNetSpeechHours: 31.5, humanLineHours: 78,
            syntheticNetSpeechHours: 6.5, speakers: 88, sources: 7)
        return Policy(
            name: "house", madeBy: "falsetto 0.1.0 tune", model: .init(name: "sample", identity: String(repeating: "0123456789abcdef", count: 4)),
            target: "at most 0.5 false alarms an hour of people talking", operatingPoints: [point],
            recalibration: .affine(scale: 0.8, offset: -0.25), chosenOn: part, measuredOn: part, splitBy: "source",
            detections: [
                .init(
                    operatingPoint: "quiet", kind: "mid-call swap", calls: 120, detected: 90, medianNetSpeechSeconds: 6.25,
                    ninetiethNetSpeechSeconds: 14)
            ])
    }()

    private func flat(_ text: String) -> String { text.replacing(/\s+/, with: " ") }

    @Test("Its text says the promise with its bounds, the thresholds with their units, and on what it was measured")
    func text() {
        #expect(policy.fault == nil)
        let text = flat(PolicyText(width: 100).text(policy))
        for words in [
            "Policy house, for the model sample (0123456789ab)", "at most 0.5 false alarms an hour of people talking",
            "errors at most 0.210 false alarms per hour of people talking (95 %); misses 25 of 100 calls that a machine takes over; "
                + "measured on 31.5 hours of 88 speakers",
            "Poisson 0.200, bootstrap by speaker 0.150, worst held-out source 0.210",
            "change sum 40.00 of evidence less 1.50 a hop, ends below 12.50; held for 1 s", "LLR' = 0.800 LLR - 0.250",
            "mid-call swap: 90 of 120 calls, 30 missed, after 6.3 s of its speech (median), 14.0 s (90th percentile)",
            "Chosen on what the same calls, each measured with thresholds chosen on other sources",
            "410 calls, 31:30:00 of speech in 78:00:00, 88 speakers, 7 sources",
        ] { #expect(text.contains(words), "\(words)") }
        #expect(flat(PolicyText(width: 100).text(policy.withoutMeasurement)).contains("errors none measured: provisional"))
        #expect(!text.contains("\u{A0}"))
    }

    @Test("What is not the same calls has nothing in common that a column shows; calls without names are no speakers")
    func independence() throws {
        var halves = policy
        halves.chosenOn?.humanNetSpeechHours = 30
        halves.measuredOn?.speakers = 0
        halves.measuredOn?.sources = 0
        halves.operatingPoints[0].measurement?.unnamedCalls = 410
        halves.operatingPoints[0].measurement?.speakers = 410
        #expect(halves.fault == nil)
        let text = flat(PolicyText(width: 100).text(halves))
        #expect(text.contains("Chosen on (no source in common)"))
        #expect(text.contains("no speaker named, no source named"))
        #expect(text.contains("measured on 31.5 hours of 410 calls of people without a name (each counted as a speaker of its own)"))
        #expect(text.contains("bootstrap by call 0.150"))
        halves.isCrossValidated = true
        #expect(!flat(PolicyText(width: 100).text(halves)).contains("in common"))
    }

    @Test("No line is wider than the terminal, and a hostile name cannot act on it", arguments: [40, 80, 120])
    func width(columns: Int) {
        var hostile = policy
        hostile.name = "x\u{1B}[2J\n"
        hostile.target = "\u{202E}y\u{7}"
        hostile.operatingPoints[0].measurement?.description = "z\u{1B}]0;"
        let text = PolicyText(width: columns).text(hostile)
        #expect(!text.unicodeScalars.contains { $0 != "\n" && $0.isUnsafeOnTerminal })
        for line in text.split(separator: "\n").dropFirst() { #expect(line.count <= columns, "\(line)") }
    }

    @Test("What differs is listed value by value; the same says so")
    func difference() throws {
        var other = policy
        other.operatingPoints[0].alert.window.begins = 3.5
        other.recalibration = nil
        let difference = PolicyDifference(from: policy, to: other)
        #expect(
            difference.text == """
                operatingPoints[0].alert.window.begins: 3 → 3.5
                recalibration.offset: -0.25 → (not there)
                recalibration.scale: 0.8 → (not there)

                """)
        let json = try JSON(parsing: difference.json)
        #expect(json.items.count == 3 && json.items[0]["after"] == .string("3.5") && json.items[1]["after"] == .null)
        #expect(PolicyDifference(from: policy, to: policy).text == "The two policies say the same.\n")
    }

    @Test("A bound is rounded up: printing it makes no promise smaller")
    func roundedUp() {
        #expect([0.2, 0.2001, 0.0004, 1.01, 2, 0, 0.9999].map(Wording.rate) == ["0.200", "0.201", "0.001", "1.1", "2.0", "0.000", "1.000"])
    }
}
