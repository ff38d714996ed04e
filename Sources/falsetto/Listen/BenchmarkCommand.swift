import Alerting
import ArgumentParser
import Audio
import Classifier
import Foundation
import Monitoring
import Policies
import Reporting
import Screening
import Store

struct BenchmarkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measures listening on this machine: delay, cost, losses, memory.",
        discussion: """
            Uses a stand-in for a sound card, paced by the monotonic clock, with a buffer of 64 ms that overruns as a card's does, and
            a store of its own that is removed afterwards.

            EXAMPLES
              falsetto benchmark                      # a minute and a half in real time
              falsetto benchmark --soak 24            # and 24 hours of line time, as fast as it goes
            """)

    @Option(help: ArgumentHelp("Real time that each live measurement takes.", valueName: "seconds"))
    var seconds = 40.0

    @Option(help: ArgumentHelp("Hours of line time to hear as fast as it goes, watching memory.", valueName: "hours"))
    var soak = 0.0

    @OptionGroup var choice: ModelChoice

    func validate() throws {
        if seconds < 5 || seconds > 3600 { throw ValidationError("--seconds: from 5 to 3600.") }
        if soak < 0 || soak > 1000 { throw ValidationError("--soak: from 0 to 1000 hours.") }
    }

    func run() async throws {
        try await reporting {
            let model = try choice.load()
            let folder = StateFolder(path: FileManager.default.temporaryDirectory.appending(path: "falsetto-benchmark-\(UUID().uuidString)").path)
            defer { try? FileManager.default.removeItem(atPath: folder.path) }
            let sound = MadeVoice.samples16(seconds: 30)
            let policy = AppliedPolicy(operatingPoint: ListeningBenchmark.restless(model: model, sound: sound))
            let benchmark = ListeningBenchmark(
                setup: .init(model: model, operatingPoint: policy.operatingPoint, provenance: Provenance(model, policy)), folder: folder)
            let cores = ProcessInfo.processInfo.activeProcessorCount
            try Console.write("\(Self.processor), \(cores) cores, kernels \(model.kernel)\n")

            let lost = ListeningBenchmark.lateReader(seconds: min(seconds, 10), lateMilliseconds: 150)
            try Console.write("A reader 150 ms late once a second over a buffer of 64 ms loses \(lost) frames in \(Int(min(seconds, 10))) s.\n")

            let alone = try await benchmark.live(lines: 1, seconds: seconds, sound: sound, busyThreads: 0)
            try report(alone, "One call, the machine idle")
            try? FileManager.default.removeItem(atPath: folder.path)
            let busy = try await benchmark.live(lines: 2, seconds: seconds, sound: sound, busyThreads: cores)
            try report(busy, "Two streams, all cores busy")
            guard soak > 0 else { return }
            try? FileManager.default.removeItem(atPath: folder.path)
            let shows = Console.errorRedraws
            let hours = soak
            let started = ContinuousClock.now
            let result = try benchmark.soak(lineHours: soak, sound: MadeVoice.samples16(seconds: 120) + [Int16](repeating: 0, count: 20 * 16_000)) {
                hour, memory in
                let left = (ContinuousClock.now - started) / .seconds(1) * (hours - hour) / hour
                if shows { Console.note("\r\(Int(hour)) of \(Int(hours)) h, \(Int(left)) s left, \(Int(memory)) MiB\u{1B}[K") }
            }
            if shows { Console.note("\r\u{1B}[K") }
            let memory = result.memory.map { String(format: "%.1f", $0) }.joined(separator: " ")
            try Console.write(
                String(
                    format: "%.0f h of line time in %.0f s, %d calls stored; resident memory at each hour, MiB: ", result.lineHours, result.seconds,
                    result.calls)
                    + memory + "\n")
        }
    }

    private func report(_ live: ListeningBenchmark.Live, _ title: String) throws {
        func percentile(_ share: Double) -> Double {
            live.alertDelays.isEmpty ? .nan : live.alertDelays[min(Int(Double(live.alertDelays.count) * share), live.alertDelays.count - 1)]
        }
        let cost = live.coreShare.map { String(format: "; %.2f %% of a core", 100 * $0) } ?? ""
        let share = live.alertDelays.count >= 100 ? "99 %" : "slowest"
        let slowest = live.alertDelays.count >= 100 ? percentile(0.99) : live.alertDelays.last ?? .nan
        try Console.write(
            String(
                format: "%@: %d frames lost in %.0f s%@; %d alerts at the sink %.0f ms (median), %.0f ms (%@) after the sound they rest on%@.\n",
                title, live.lostFrames, live.seconds, live.isRealTime ? " (real-time priority)" : "", live.alertDelays.count, percentile(0.5),
                slowest, share, cost))
    }

    private static var processor: String {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
        return lines.first { $0.hasPrefix("model name") }?.split(separator: ": ").last.map(String.init) ?? "unknown processor"
    }
}
