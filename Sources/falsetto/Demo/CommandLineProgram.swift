import Foundation

/// A program of the machine, found in PATH, run to its end.
struct CommandLineProgram {
    let name: String
    let file: URL

    /// nil where PATH has no such program.
    init?(_ name: String) {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let paths = folders.map { "\($0)/\(name)" }
        guard let path = paths.first(where: FileManager.default.isExecutableFile(atPath:)) else { return nil }
        self.name = name
        file = URL(fileURLWithPath: path)
    }

    /// - Parameter input: what the program reads; nothing where nil.
    /// - Throws: `DemoError.failed` with the last line of what it said, when it cannot start or does not end with 0.
    func run(_ arguments: [String], input: String? = nil) throws(DemoError) {
        let process = Process()
        process.executableURL = file
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        let words = Pipe()
        process.standardError = words
        let reading = Pipe()
        process.standardInput = reading
        do { try process.run() } catch { throw .failed(command: name, words: error.localizedDescription) }
        // A child that has ended already must cost an error, not the signal that ends us.
        signal(SIGPIPE, SIG_IGN)
        // A sentence fits the pipe's buffer, so that writing before reading cannot block.
        if let input { try? reading.fileHandleForWriting.write(contentsOf: Data(input.utf8)) }
        try? reading.fileHandleForWriting.close()
        let said = (try? words.fileHandleForReading.readToEnd()).flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) } ?? ""
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let last = said.split(separator: "\n").last.map(String.init) ?? "exit status \(process.terminationStatus)"
            throw .failed(command: name, words: last)
        }
    }
}
