import Audio
import Foundation

/// The sources of the desktop's sound server, PulseAudio or PipeWire. libasound cannot list them; `pactl` can, which comes with both.
enum PulseSources {
    /// Nothing where no server runs: asking one that is not there could start it.
    static func list() -> [CaptureDevice] {
        guard serverRuns, let program = path(of: "pactl"), let listing = run(program, ["list", "sources"]) else { return [] }
        return parse(listing)
    }

    private static var serverRuns: Bool {
        let environment = ProcessInfo.processInfo.environment
        if environment["PULSE_SERVER"] != nil { return true }
        return environment["XDG_RUNTIME_DIR"].map { FileManager.default.fileExists(atPath: $0 + "/pulse/native") } ?? false
    }

    private static func path(of program: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":").map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static func run(_ program: String, _ arguments: [String]) -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        // Its words are translated otherwise, and JSON is known to newer versions only.
        process.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C"]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = Foundation.FileHandle.nullDevice
        process.standardInput = Foundation.FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        // A server that hangs must not hang the list.
        DispatchQueue.global().asyncAfter(deadline: .now() + 3) { if process.isRunning { process.terminate() } }
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? text : nil
    }

    /// Reads what `pactl list sources` prints: a paragraph a source, its fields indented by a tab.
    static func parse(_ listing: String) -> [CaptureDevice] {
        var devices: [CaptureDevice] = []
        for paragraph in listing.split(separator: "Source #").dropFirst(listing.hasPrefix("Source #") ? 0 : 1) {
            func field(_ name: String) -> String? {
                paragraph.split(separator: "\n").first { $0.hasPrefix("\t\(name): ") }.map { String($0.dropFirst(name.count + 3)) }
            }
            guard let name = field("Name") else { continue }
            let isMonitor = field("Monitor of Sink").map { $0 != "n/a" } ?? name.hasSuffix(".monitor")
            devices.append(
                CaptureDevice(
                    name: "pulse:\(name)", kind: isMonitor ? .monitor : .source, description: field("Description") ?? name,
                    isUSB: paragraph.contains("device.bus = \"usb\""), abilities: field("Sample Specification").flatMap(abilities)))
        }
        return devices
    }

    /// Reads a specification as `s16le 2ch 44100Hz`. The server resamples for whoever asks, so this is its native one.
    private static func abilities(_ specification: String) -> CaptureAbilities? {
        let parts = specification.split(separator: " ")
        guard parts.count == 3, let channels = Int(parts[1].dropLast(2)), let rate = Int(parts[2].dropLast(2)), channels > 0, rate > 0 else {
            return nil
        }
        let encoding: SampleEncoding? =
            parts[0].hasPrefix("s16") ? .s16 : parts[0].hasPrefix("s32") ? .s32 : parts[0].hasPrefix("float32") ? .float : nil
        return CaptureAbilities(sampleRates: rate...rate, channelCounts: channels...channels, encodings: encoding.map { [$0] } ?? [])
    }
}
