import Alerting
import Foundation
import Policies
import Testing

@testable import falsetto

/// The README speaks of the model and the policy that ship: whoever changes one of them renews what it says.
@Suite("The README against what ships") struct ReadmeTests {
    private let readme: String

    init() throws { readme = try String(contentsOf: Program.project.appending(path: "README.md"), encoding: .utf8) }

    /// The cells of each row of a table in Markdown that begins with some text, without the first.
    private func rows(of text: some StringProtocol, beginningWith start: String) -> [[String]] {
        text.split(separator: "\n").filter { $0.hasPrefix(start) }.map { line in
            line.split(separator: "|").dropFirst().map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// The first of the README's blocks in which a recording is named, as the program prints it.
    private var sample: String {
        get throws {
            let blocks = readme.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
            return String(try #require(blocks.first { $0.contains("human-call.wav\n") }).drop { $0 == "\n" })
        }
    }

    private func unbroken(_ text: some StringProtocol) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

    @Test("Its operating points, with their promises and what they miss, are those of the policy that ships")
    func operatingPoints() throws {
        let policy = try Policy.bundled()
        #expect(policy.operatingPoints.count == 3)
        for (index, name) in policy.operatingPoints.map(\.name).enumerated() {
            let measurement = try #require(policy.operatingPoint(named: name)?.measurement)
            func missed(_ detected: OperatingPoint.Measurement.Detected?) throws -> String {
                "\(Int((100 * (try #require(detected)).missedShare).rounded())) of 100"
            }
            let own = rows(of: readme, beginningWith: index == 0 ? "| `\(name)` |" : "| `--point \(name)` |")
            #expect(
                try own == [
                    [
                        String(format: "%.2f", measurement.falseAlarmsPerHourBound), missed(measurement.wholeCalls), missed(measurement.midCalls),
                    ]
                ])
        }
    }

    @Test("Its error rates are those of the model card")
    func errorRates() throws {
        let card = try String(contentsOf: Program.project.appending(path: "Tools/training/MODEL_CARD.md"), encoding: .utf8)
        let section = try #require(card.components(separatedBy: "\n### Development split").dropFirst().first?.components(separatedBy: "\n#").first)
        for (here, there) in [("single clips", "all"), ("calls of up to 30 s", "clips of one voice joined, up to 30 s")] {
            let own = rows(of: readme, beginningWith: "| \(here)")
            #expect(own.count == 1 && own.first?.count == 4)
            #expect(own == rows(of: section, beginningWith: "| \(there) |"), "\(here)")
        }
    }

    @Test("Its sample gives the thresholds and the error rates that the program gives with every result")
    func thresholds() throws {
        let scratch = try Scratch()
        try scratch.write(wav([voice(seconds: 12)]), "voice.wav")
        let output = try Program.run(["analyze", "voice.wav"], in: scratch.url).output
        let sample = unbroken(try sample)
        let errors = try #require(unbroken(output).firstMatch(of: /Wrong alarms: at most [^;]*; misses [0-9]+ of 100 machine-made calls\./))
        let thresholds = try #require(unbroken(output).firstMatch(of: /Operating point default: .*/))
        #expect(sample.contains(errors.output) && sample.hasSuffix(thresholds.output), "\(errors.output)\n\(thresholds.output)")
    }

    @Test("Its sample is what the program prints of the demo's call by people")
    func wholeSample() throws {
        // The people's call is made of one source's recordings by sox; the machines of the other need more.
        guard CommandLineProgram("sox") != nil, DemoRecordings.allCases.first?.arePresent == true,
            DemoSynthesizer.allCases.contains(where: { CommandLineProgram($0.command) != nil })
        else {
            print("SKIPPED: the demo's packages are not installed (Tools/test installs them)")
            return
        }
        let scratch = try Scratch()
        _ = try DemoCalls.make(in: scratch.url)
        let run = try Program.run(["analyze", "human-call.wav"], in: scratch.url)
        #expect(run.output == (try sample))
    }
}
