import Foundation
import Testing

/// The Python commands of Tools/corpora have tests of their own beside them; this runs them all with the system's python3.
@Suite struct CorporaToolsTests {
    @Test func theirOwnTestsPass() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let scratch = try Scratch()
        let log = scratch.path("log")
        try scratch.write(Data(), "log")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-B", "-m", "unittest", "discover", "-v", "-s", root.appending(path: "Tools/corpora/tests").path]
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
    }
}
