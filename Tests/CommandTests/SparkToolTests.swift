import Foundation
import Testing

/// Tools/spark has tests of its own beside it; this runs them all. Those on a cluster need pyspark, which Tools/test names in
/// `FALSETTO_SPARK_PYTHON` where it is there, and Java.
@Suite struct SparkToolTests {
    @Test func theirOwnTestsPass() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let scratch = try Scratch()
        let log = try scratch.write(Data(), "log")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let python = ProcessInfo.processInfo.environment["FALSETTO_SPARK_PYTHON"] ?? "python3"
        process.arguments = [python, "-B", "-m", "unittest", "discover", "-v", "-s", root.appending(path: "Tools/spark/tests").path]
        process.environment = ProcessInfo.processInfo.environment.merging(["FALSETTO_PROGRAM": Program.url.path]) { $1 }
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
        for skipped in words.split(separator: "\n") where skipped.contains("SKIPPED: ") { print(skipped) }
    }
}
