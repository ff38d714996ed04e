import Dispatch
import Foundation

/// All executions over all doors, a small slice of each door in turn, so that what is left can be told from what was done.
///
/// After each slice the folder holds in `progress.json` how far it has come.
struct Campaign {
    /// What was done at one door.
    struct Progress: Codable {
        var done = 0
        var taken = 0
        var slowestMilliseconds = 0.0
        var mostMemoryMiB = 0
        var faults: [String] = []
    }

    private struct State: Codable {
        var executions: Int
        var seed: UInt64
        var doors: [String: Progress] = [:]
        var seconds = 0.0
    }

    /// Executions over all doors between two words of progress, which come no sooner than `secondsBetweenWords`. Each slice costs a child a door.
    private static let slice = 2000
    private static let secondsBetweenWords = 10.0

    private let folder: URL
    private let seconds: UInt32
    private var state: State
    private let interruption = Interruption()
    private let secondsBefore: Double
    private let doneBefore: Int
    private let start = ContinuousClock.now

    /// - Parameter seconds: longer over one input is a fault.
    init(executions: Int, seed: UInt64, seconds: UInt32, _ folder: URL) throws {
        (self.folder, self.seconds) = (folder, seconds)
        state = State(executions: executions, seed: seed)
        if let data = try? Data(contentsOf: Self.file(in: folder)), let former = try? JSONDecoder().decode(State.self, from: data),
            former.executions == executions, former.seed == seed
        {
            state = former
        }
        secondsBefore = state.seconds
        doneBefore = state.doors.values.map(\.done).reduce(0, +)
        say("\(executions) executions, seed \(seed)\(doneBefore > 0 ? ", going on after \(doneBefore)" : "")")
        // Written once; the children find them.
        _ = try Seeds(in: folder)
    }

    private static func file(in folder: URL) -> URL { folder.appending(path: "progress.json") }

    var isInterrupted: Bool { interruption.hasCome && doneCount < totalCount }
    var faultCount: Int { state.doors.values.map(\.faults.count).reduce(0, +) }
    private var doneCount: Int { state.doors.values.map(\.done).reduce(0, +) }
    private var totalCount: Int { Door.allCases.map(count).reduce(0, +) }
    private func count(_ door: Door) -> Int { max(1, state.executions * door.share / 100) }

    mutating func run() throws {
        let slices = max(1, state.executions / Self.slice)
        var lastWords = ContinuousClock.now
        for slice in 1...slices {
            for door in Door.allCases where !interruption.hasCome {
                let progress = state.doors[door.rawValue] ?? Progress()
                var supervision = Supervision(door, progress, seed: state.seed, seconds: seconds, folder, interruption)
                try supervision.run(to: count(door) * slice / slices)
                state.doors[door.rawValue] = supervision.progress
            }
            state.seconds = secondsBefore + (ContinuousClock.now - start) / .seconds(1)
            try JSONEncoder().encode(state).write(to: Self.file(in: folder), options: .atomic)
            if interruption.hasCome { return }
            guard (ContinuousClock.now - lastWords) / .seconds(1) >= Self.secondsBetweenWords else { continue }
            lastWords = .now
            let left = (state.seconds - secondsBefore) / Double(max(1, doneCount - doneBefore)) * Double(totalCount - doneCount)
            say("\(doneCount) of \(totalCount), \(faultCount) faults; \(Int((left / 60).rounded(.up))) min left")
        }
    }

    func sayWhatWasDone() {
        for door in Door.allCases {
            let progress = state.doors[door.rawValue] ?? Progress()
            let name = door.rawValue.padding(toLength: 14, withPad: " ", startingAt: 0)
            say(
                "\(name) \(progress.done) executions, \(progress.taken) taken; slowest \(Int(progress.slowestMilliseconds)) ms, "
                    + "at most \(progress.mostMemoryMiB) MiB; \(progress.faults.count) faults")
        }
        say("\(doneCount) of \(totalCount) executions in \(Int(state.seconds.rounded())) s, \(faultCount) faults")
        if faultCount > 0 { say("inputs with faults are in \(folder.path)") }
        if isInterrupted { say("interrupted; this goes on: Tools/fuzz \(state.executions) \(state.seed) \(folder.path)") }
    }
}

/// At once, into a pipe and a log too.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

/// Whether the person at the keyboard, or the machine, wants this to end.
final class Interruption: @unchecked Sendable {
    private let lock = NSLock()
    private var came = false
    private var child: Process?
    private var sources: [any DispatchSourceSignal] = []

    init() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [weak self] in self?.come() }
            source.activate()
            sources.append(source)
        }
    }

    var hasCome: Bool { lock.withLock { came } }

    private func come() {
        lock.withLock {
            came = true
            child?.terminate()
        }
    }

    /// - Returns: false, without starting it, where the interruption has come.
    func start(_ process: Process) throws -> Bool {
        try lock.withLock {
            guard !came else { return false }
            try process.run()
            child = process
            return true
        }
    }

    func ended() { lock.withLock { child = nil } }
}

/// Runs children over one door until all is done; a child that died is followed by one that begins behind what killed it.
private struct Supervision {
    let door: Door
    let seed: UInt64
    let seconds: UInt32
    let folder: URL
    let interruption: Interruption
    private(set) var progress: Campaign.Progress

    init(_ door: Door, _ progress: Campaign.Progress, seed: UInt64, seconds: UInt32, _ folder: URL, _ interruption: Interruption) {
        (self.door, self.progress, self.seed, self.seconds, self.folder, self.interruption) = (door, progress, seed, seconds, folder, interruption)
    }

    mutating func run(to count: Int) throws {
        while progress.done < count {
            let errors = folder.appending(path: "errors")
            try Data().write(to: errors)
            let child = Process()
            child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            child.arguments = ["work", door.rawValue, "\(progress.done)", "\(count)", "\(seed)", folder.path, "\(seconds)"]
            // Telling where it crashed takes Swift longer than an input may.
            child.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
            let output = Pipe()
            child.standardOutput = output
            child.standardError = try FileHandle(forWritingTo: errors)
            guard try interruption.start(child) else { return }
            defer { interruption.ended() }
            var rest = Data()
            while true {
                let data = output.fileHandleForReading.availableData
                if data.isEmpty { break }
                rest += data
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    take(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
                    rest = Data(rest[(end + 1)...])
                }
            }
            child.waitUntilExit()
            if child.terminationStatus == 0, child.terminationReason == .exit { break }
            if interruption.hasCome { return }
            let words = ((try? String(contentsOf: errors, encoding: .utf8)) ?? "").split(separator: "\n").first ?? ""
            let isLate = child.terminationReason == .uncaughtSignal && child.terminationStatus == SIGALRM
            let why = isLate ? "took more than \(seconds) s" : "ended with \(child.terminationStatus): \(words)"
            note("\(door.rawValue) \(progress.done): \(why)")
            try? FileManager.default.copyItem(at: folder.appending(path: "input"), to: folder.appending(path: "\(door.rawValue)-\(progress.done)"))
            // One that ends before its first input would go on for ever.
            progress.done += 1
        }
    }

    private mutating func note(_ fault: String) {
        progress.faults.append(fault)
        say(fault)
    }

    private mutating func take(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count >= 2 else { return }
        if words[0] == "memory", let kibibytes = Int(words[1]) {
            let memoryMiB = kibibytes / 1024
            if memoryMiB > Fuzzer.mostMemoryMiB { note("\(door.rawValue) before \(progress.done): \(memoryMiB) MiB") }
            progress.mostMemoryMiB = max(progress.mostMemoryMiB, memoryMiB)
        }
        guard words.count == 3, let index = Int(words[0]), let milliseconds = Double(words[1]) else { return }
        progress.done = index + 1
        progress.slowestMilliseconds = max(progress.slowestMilliseconds, milliseconds)
        if words[2] == "taken" { progress.taken += 1 }
    }
}
