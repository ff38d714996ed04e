import Foundation
import Testing

@Suite("Mutated input") struct FuzzTests {
    /// `Tools/fuzz` runs it at length; FALSETTO_FUZZ asks for more here.
    @Test("No door crashes, hangs or takes much memory over mutated recordings, models, policies, tables, configurations, requests and telephone systems")
    func shortRun() throws {
        let executions = ProcessInfo.processInfo.environment["FALSETTO_FUZZ"] ?? "1200"
        let scratch = try Scratch()
        let process = Process()
        process.executableURL = Program.url.deletingLastPathComponent().appending(path: "Fuzzer")
        process.arguments = [executions, "14", scratch.path("fuzz")]
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let words = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(words)")
        // Inputs that are all refused, or all taken, test little.
        for door in ["recording", "model", "policy", "manifest", "scores", "configuration", "control", "audiosocket", "websocket", "rtp"] {
            let line = words.split(separator: "\n").first { $0.hasPrefix(door + " ") && $0.contains(" executions, ") }
            #expect(line.map { !$0.contains(" 0 taken") } == true, "\(door): \(words)")
        }
    }
}
