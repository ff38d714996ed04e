import Alerting
import ArgumentParser
import Audio
import Benchmarks
import Classifier
import Foundation
import Monitoring
import Policies
import Reporting
import Screening
import StandIns
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
              falsetto benchmark --calls 1,50,200     # calls of a telephone system at a time, by sockets, on one core
              falsetto benchmark --calls 300 --cores 2 --seconds 30 --format json
            """)

    @Option(help: ArgumentHelp("Real time that each live measurement takes.", valueName: "seconds"))
    var seconds = 40.0

    @Option(help: ArgumentHelp("Hours of line time to hear as fast as it goes, watching memory.", valueName: "hours"))
    var soak = 0.0

    @Option(help: ArgumentHelp("Calls of a telephone system at a time, a round for each number: 1,50,200.", valueName: "numbers"))
    var calls: String?

    @Option(help: ArgumentHelp("Cores that those calls are screened on; a round for each number.", valueName: "numbers"))
    var cores = "1"

    @Option(help: ArgumentHelp("Writes the rounds as a picture.", valueName: "file.svg"))
    var plot: String?

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    @Option(help: "How the rounds of --calls are written.")
    var format: Format = .text

    @OptionGroup var choice: ModelChoice

    private static func numbers(_ text: String, _ range: ClosedRange<Int>) -> [Int]? {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        return numbers.allSatisfy { $0.map(range.contains) ?? false } ? numbers.compactMap { $0 } : nil
    }

    func validate() throws {
        if let calls, Self.numbers(calls, 1...5000) == nil { throw ValidationError("--calls: numbers from 1 to 5000, as in 1,50,200.") }
        if Self.numbers(cores, 1...ProcessInfo.processInfo.processorCount) == nil {
            throw ValidationError("--cores: numbers from 1 to \(ProcessInfo.processInfo.processorCount), which this machine has.")
        }
        if calls == nil, plot != nil || format == .json || cores != "1" { throw ValidationError("--cores, --plot, --format: go with --calls.") }
        if calls != nil, soak > 0 { throw ValidationError("--soak: is another measurement than --calls.") }
        if seconds < 5 || seconds > 3600 { throw ValidationError("--seconds: from 5 to 3600.") }
        if soak < 0 || soak > 1000 { throw ValidationError("--soak: from 0 to 1000 hours.") }
    }

    func run() async throws {
        try await reporting {
            let model = try choice.load()
            if let calls { return try await measureCalls(Self.numbers(calls, 1...5000)!, cores: Self.numbers(cores, 1...5000)!, model) }
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
            let result = try benchmark.soak(
                lineHours: soak, sound: MadeVoice.samples16(seconds: 120) + [Int16](repeating: 0, count: 20 * LegTime.sampleRate)
            ) { hour, memory in
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

    /// Each round in a process of its own, so that its memory is its own.
    private func measureCalls(_ calls: [Int], cores: [Int], _ model: Model) async throws {
        let output = try plot.map { try OutputFile($0) }
        var table = CallsTable(
            processor: Self.processor, kernel: model.kernel, model: model.name, build: Falsetto.version, hopSeconds: model.hopSeconds)
        if calls.count == 1, cores.count == 1 {
            table.rounds = [try await round(calls[0], cores: cores[0], model)]
        } else {
            if format == .text { try Console.write("\(table.processor), kernels \(table.kernel), \(table.model)\n" + CallsTable.textHead) }
            for cores in cores {
                for calls in calls {
                    let round = try Self.child(calls, cores, seconds: seconds, model: choice.model)
                    table.rounds.append(round)
                    if format == .text { try Console.write(CallsTable.textLine(round)) }
                }
            }
        }
        if format == .json {
            try Console.write(try table.json + "\n")
        } else if calls.count == 1, cores.count == 1 {
            try Console.write(
                "\(table.processor), kernels \(table.kernel), \(table.model)\n" + CallsTable.textHead
                    + CallsTable.textLine(table.rounds[0]))
        }
        try output?.write(Array(table.svg.utf8))
    }

    private func round(_ calls: Int, cores: Int, _ model: Model) async throws -> CallsRound {
        let folder = StateFolder(path: FileManager.default.temporaryDirectory.appending(path: "falsetto-benchmark-\(UUID().uuidString)").path)
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        // Many calls need no more than an alert now and then for a hundred of them.
        let point = ListeningBenchmark.restless(model: model, sound: MadeVoice.samples16(seconds: 30), quantile: calls < 20 ? 0.5 : 0.8)
        let policy = AppliedPolicy(operatingPoint: point)
        let setup = ScreeningSetup(model: model, operatingPoint: point, provenance: Provenance(model, policy))
        return try await CallsBenchmark(setup: setup, cores: cores, folder: folder).run(calls: calls, seconds: seconds)
    }

    private static func child(_ calls: Int, _ cores: Int, seconds: Double, model: String?) throws -> CallsRound {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments =
            ["benchmark", "--calls", "\(calls)", "--cores", "\(cores)", "--seconds", "\(seconds)", "--format", "json"]
            + (model.map {
                [
                    "--model",
                    $0,
                ]
            } ?? [])
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0, let round = try JSONDecoder().decode(CallsTable.self, from: output).rounds.first else {
            throw Fault("the round of \(calls) calls on \(cores) cores ended with code \(process.terminationStatus)", code: Exit.internalError)
        }
        return round
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
