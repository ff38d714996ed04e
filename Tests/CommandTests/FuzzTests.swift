import Foundation
import Testing

@Suite("Mutated input") struct FuzzTests {
    /// `Tools/fuzz` runs it at length; FALSETTO_FUZZ asks for more here.
    @Test("No door crashes, hangs or takes much memory over mutated recordings, models, policies, tables, configurations, requests and telephony")
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
    @Test("A run over mutated input that is interrupted says what it has done, and goes on from there")
    func interrupted() throws {
        let scratch = try Scratch()
        let folder = scratch.path("fuzz")
        func begun() throws -> (Process, Pipe) {
            let process = Process()
            process.executableURL = Program.url.deletingLastPathComponent().appending(path: "Fuzzer")
            process.arguments = ["400", "15", folder]
            let output = Pipe()
            process.standardOutput = output
            process.standardInput = FileHandle.nullDevice
            try process.run()
            return (process, output)
        }
        func words(_ output: Pipe) -> String { String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
        let (first, firstOutput) = try begun()
        // The second input is made: the first is done.
        while first.isRunning, !FileManager.default.fileExists(atPath: folder + "/input") { usleep(10_000) }
        usleep(300_000)
        first.interrupt()
        let before = words(firstOutput)
        first.waitUntilExit()
        #expect(first.terminationStatus == 130, "\(before)")
        #expect(before.contains("interrupted; this goes on: Tools/fuzz 400 15 \(folder)"), "\(before)")

        let (second, secondOutput) = try begun()
        let after = words(secondOutput)
        second.waitUntilExit()
        #expect(second.terminationStatus == 0 && after.contains("seed 15, going on after "), "\(after)")
        // Each door was opened as often as without the interruption.
        #expect(after.contains("\n400 of 400 executions"), "\(after)")
    }
}
