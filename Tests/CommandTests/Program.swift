import Alerting
import Audio
import Classifier
import Foundation
import Policies
import StandIns
import TestSupport

/// The program as its users meet it: a process with arguments, standard streams and an exit code.
struct Program {
    struct Run {
        var output: String
        var complaint: String
        var code: Int32
        var json: Any? { try? JSONSerialization.jsonObject(with: Data(output.utf8)) }
        var records: [[String: Any]] { json as? [[String: Any]] ?? [] }
    }

    /// The binary beside the test bundle.
    static let url: URL = {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.appending(path: "falsetto")
            if FileManager.default.isExecutableFile(atPath: candidate.path), !isFolder(candidate) { return candidate }
        }
        fatalError("the program is not built beside the tests")
    }()

    /// The project's folder.
    static let project = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardizedFileURL

    private static func isFolder(_ url: URL) -> Bool {
        var result: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &result) && result.boolValue
    }

    /// Runs it, or another `tool`, to its end. `input` goes to standard input; `output` replaces standard output when given.
    static func run(
        _ arguments: [String], tool: URL = url, input: Data? = nil, in folder: URL? = nil, asNobody: Bool = false, output: FileHandle? = nil,
        environment: [String: String] = [:]
    ) throws -> Run {
        let process = Process()
        if asNobody {
            process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
            process.arguments = ["--reuid=65534", "--regid=65534", "--clear-groups", tool.path] + arguments
        } else {
            process.executableURL = tool
            process.arguments = arguments
        }
        // A locale with Unicode, whatever the tests run in; each test may say otherwise.
        process.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C.UTF-8"]) { $1 }.merging(environment) { $1 }
        if let folder { process.currentDirectoryURL = folder }
        // Errors go to a file: a pipe that nobody empties meanwhile would stop the program once it is full.
        let errors = URL(fileURLWithPath: NSTemporaryDirectory()).appending(path: UUID().uuidString)
        _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: errors) }
        let out = Pipe()
        process.standardOutput = output ?? out
        process.standardError = try FileHandle(forWritingTo: errors)
        if let input {
            let file = URL(fileURLWithPath: NSTemporaryDirectory()).appending(path: UUID().uuidString)
            try input.write(to: file)
            process.standardInput = try FileHandle(forReadingFrom: file)
            try FileManager.default.removeItem(at: file)
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        try process.run()
        let text = output == nil ? out.fileHandleForReading.readDataToEndOfFile() : Data()
        process.waitUntilExit()
        let complaint = try Data(contentsOf: errors)
        return Run(
            output: String(decoding: text, as: UTF8.self), complaint: String(decoding: complaint, as: UTF8.self),
            code: process.terminationStatus)
    }
}

/// A folder of its own for one test, gone afterwards.
final class Scratch {
    let url: URL

    init() throws {
        url = URL(fileURLWithPath: NSTemporaryDirectory()).appending(path: "falsetto-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }

    @discardableResult
    func write(_ data: Data, _ name: String) throws -> String {
        try data.write(to: url.appending(path: name))
        return path(name)
    }
}

/// A WAV file of 16-bit samples, one array a channel.
func wav(_ channels: [[Float]], rate: Int = 8000) -> Data {
    waveFile(channels.map { $0.map { Int16(max(-1, min(1, $0)) * 32_767) } }, rate: rate)
}

func voice(seconds: Double, pitch: Double = 130, rate: Double = 8000) -> [Float] {
    MadeVoice.samples(seconds: seconds, rate: rate, pitch: pitch)
}

func silence(seconds: Double, rate: Double = 8000) -> [Float] { [Float](repeating: 0, count: Int(seconds * rate)) }

/// A policy that alerts on any voice: what is tested is the way of an alert, not the model's ear.
func policyForAnyVoice(_ scratch: Scratch) throws -> String {
    let model = try Model.bundled()
    let rule = LevelRule(window: Hysteresis(begins: -50, endsBelow: -60), minimumNetSpeechSeconds: 2)
    let point = OperatingPoint(
        name: "any voice", windowNetSpeechSeconds: 3, watch: rule, alert: rule, syntheticAtLLR: 50, humanBelowLLR: -50, minimumNetSpeechSeconds: 2)
    let policy = Policy(
        name: "test", madeBy: "a test", model: .init(name: model.name, identity: model.identity), target: "none", operatingPoints: [point])
    return try scratch.write(Data(policy.json().utf8), "policy.json")
}
