import Foundation
import Testing

/// The Python commands of Tools have tests of their own beside them; these run them all.
@Suite("Tests of the Python tools") struct PythonToolsTests {
    @Test("Tools/corpora, with the system's python3") func corpora() throws { _ = try run("Tools/corpora/tests") }

    /// Those on a cluster need pyspark, which Tools/test names in `FALSETTO_SPARK_PYTHON` where it is there, and Java.
    @Test("Tools/spark") func spark() throws {
        let python = ProcessInfo.processInfo.environment["FALSETTO_SPARK_PYTHON"] ?? "python3"
        let words = try run("Tools/spark/tests", python: python, ["FALSETTO_PROGRAM": Program.url.path])
        for skipped in words.split(separator: "\n") where skipped.contains("SKIPPED: ") { print(skipped) }
    }

    /// - Returns: what they printed.
    private func run(_ folder: String, python: String = "python3", _ environment: [String: String] = [:]) throws -> String {
        let scratch = try Scratch()
        let log = try scratch.write(Data(), "log")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, "-B", "-m", "unittest", "discover", "-v", "-s", Program.project.appending(path: folder).path]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = scratch.url
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try process.run()
        process.waitUntilExit()
        let words = try String(contentsOfFile: log, encoding: .utf8)
        #expect(process.terminationStatus == 0, Comment(rawValue: words))
        // `discover` is content with finding nothing.
        let closing = try #require(words.split(separator: "\n").first { $0.hasPrefix("Ran ") })
        #expect(!closing.hasPrefix("Ran 0 "))
        return words
    }
}
