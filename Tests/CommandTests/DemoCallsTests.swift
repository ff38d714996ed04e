import Foundation
import Testing

@testable import falsetto

@Suite struct DemoCallsTests {
    /// The fields of a WAV header's first format chunk.
    private func format(_ file: URL) throws -> (code: Int, channels: Int, rate: Int, bytes: Int) {
        let data = [UInt8](try Data(contentsOf: file))
        func number(_ at: Int, _ count: Int) -> Int { (0..<count).reduce(0) { $0 | Int(data[at + $1]) << (8 * $1) } }
        #expect(String(decoding: data[0..<4], as: UTF8.self) == "RIFF")
        #expect(String(decoding: data[12..<16], as: UTF8.self) == "fmt ")
        return (number(20, 2), number(22, 2), number(24, 4), data.count)
    }

    private var isReady: Bool {
        DemoRecordings.allCases.contains { $0.arePresent } && CommandLineProgram("sox") != nil
            && DemoSynthesizer.allCases.contains { CommandLineProgram($0.command) != nil }
    }

    @Test func bothCallsAreTelephoneRecordingsOfSomeLength() throws {
        guard isReady else {
            print("SKIPPED: the demo's packages are not installed (Tools/test installs them)")
            return
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("demo test \(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let demo = try DemoCalls.make(in: folder)
        let calls = demo.calls
        // Who is named spoke, and nobody else is.
        let spoken = demo.speakers.joined(separator: ", ")
        #expect(calls[0].origin == "spoken just now by \(spoken)" && demo.speakers.allSatisfy(demo.closing.contains))
        for name in ["espeak-ng", "flite", "festival"] where !demo.speakers.contains(name) { #expect(!demo.closing.contains(name)) }
        #expect(Set(demo.speakers).isDisjoint(with: demo.silent))
        #expect(calls.map(\.caller) == [.machine, .human])
        for call in calls {
            let format = try format(call.file)
            #expect(format.code == 7, "µ-law")
            #expect(format.channels == 1)
            #expect(format.rate == 8000)
            #expect(format.bytes > 10 * 8000, "at least ten seconds")
            #expect(!call.licence.isEmpty && !call.origin.isEmpty)
        }
        // Nothing but the two calls is left.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["human-call.wav", "machine-call.wav"])
    }

    @Test func whatIsMissingIsNamedWithItsCommand() {
        let words = DemoError.missing(packages: ["espeak-ng", "sox"]).description
        #expect(words.contains("apt-get update && apt-get install -y --no-install-recommends espeak-ng sox"))
    }

    @Test func theClosingSaysWhatTwoRecordingsCannotShowAndNamesOnlyWhoSpoke() {
        let closing = DemoCalls(calls: [], speakers: ["espeak-ng"], silent: ["flite"]).closing
        #expect(closing.contains("prove nothing about error rates") && closing.contains("(here espeak-ng) is not what scammers use"))
        #expect(!closing.contains("flite") && !closing.contains("festival"))
        #expect(DemoCalls(calls: [], speakers: ["a", "b", "c"], silent: []).closing.contains("(here a, b and c)"))
    }

    @Test func callsThatCameOutTheWrongWayRoundAreCalledWrong() {
        #expect(DemoCalls.comparison(machineLLR: -1, humanLLR: 2).contains("wrong about both"))
        #expect(DemoCalls.comparison(machineLLR: 0.5, humanLLR: -2).contains("that is right"))
        #expect(DemoCalls.comparison(machineLLR: nil, humanLLR: 2).contains("no speech"))
    }

    @Test func aProgramsFailureCarriesItsLastWords() throws {
        let shell = try #require(CommandLineProgram("sh"))
        let error = #expect(throws: DemoError.self) { try shell.run(["-c", "echo first >&2; echo why >&2; exit 3"]) }
        #expect(error?.description.contains("sh failed: why") == true)
        #expect(throws: Never.self) { try shell.run(["-c", "read line; [ \"$line\" = hello ]"], input: "hello\n") }
        #expect(CommandLineProgram("no-such-program-here") == nil)
    }
}
