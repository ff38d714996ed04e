import Foundation

/// Opens every door that bytes come in by with mutated input, in a child that may die: `Fuzzer [EXECUTIONS [SEED [FOLDER]]]`.
///
/// Ends with 0 when no child crashed, took longer than 10 s over one input, or more than 512 MiB of memory; with 1 otherwise, and the inputs
/// that did it lie in the folder. The same seed gives the same inputs.
@main
enum Fuzzer {
    static let mostSeconds: UInt32 = 10
    static let mostMemoryMiB = 512

    static func main() throws {
        let words = Array(CommandLine.arguments.dropFirst())
        if words.first == "work" {
            try work(Door(rawValue: words[1])!, Int(words[2])!..<Int(words[3])!, seed: UInt64(words[4])!, URL(fileURLWithPath: words[5]))
            return
        }
        let executions = words.first.map { Int($0) } ?? 2000, seed = words.count > 1 ? UInt64(words[1]) : 1
        guard let executions, let seed, executions > 0 else {
            print("Fuzzer [EXECUTIONS [SEED [FOLDER]]]: mutates the input of every door; 2000 executions, seed 1")
            exit(64)
        }
        let folder = words.count > 2 ? URL(fileURLWithPath: words[2])
            : FileManager.default.temporaryDirectory.appending(path: "falsetto-fuzz-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        print("\(executions) executions, seed \(seed)")
        var faults = 0
        for door in Door.allCases {
            var run = Supervision(door, count: max(1, executions * door.share / 100), seed: seed, folder)
            try run.run()
            faults += run.faults.count
        }
        if faults == 0 { try? FileManager.default.removeItem(at: folder) } else { print("\(faults) faults; their inputs are in \(folder.path)") }
        exit(faults == 0 ? 0 : 1)
    }

    /// The child: a line for each execution, `INDEX MILLISECONDS taken|refused`, and the memory it took at the end.
    private static func work(_ door: Door, _ indices: Range<Int>, seed: UInt64, _ folder: URL) throws {
        var limit = rlimit(rlim_cur: rlim_t(mostMemoryMiB << 20), rlim_max: rlim_t(mostMemoryMiB << 20))
        setrlimit(__rlimit_resource_t(2), &limit)  // RLIMIT_DATA
        signal(SIGPIPE, SIG_IGN)
        let seeds = try Seeds(in: folder)
        let house = try House(folder: folder)
        let input = folder.appending(path: "input").path
        let doorNumber = UInt64(Door.allCases.firstIndex(of: door)!)
        for index in indices {
            var mutation = Mutation(seed: seed &* 0x1_0000_0001 &+ doorNumber << 40 &+ UInt64(index))
            let choices: [[UInt8]]
            switch door {
            case .recording: choices = index % Door.childRecordingEvery == 0 && !seeds.childRecordings.isEmpty ? seeds.childRecordings : seeds.recordings
            case .model: choices = seeds.models
            case .policy: choices = seeds.policies
            case .manifest: choices = seeds.manifests
            case .scores: choices = seeds.scores
            case .configuration: choices = seeds.configurations
            case .control: choices = seeds.requests
            case .audiosocket, .websocket, .rtp: choices = TelephoneHouse.seeds(door)
            }
            let bytes = mutation.mutated(mutation.pick(choices), isText: door.isText, others: choices)
            try Data(bytes).write(to: URL(fileURLWithPath: input))
            alarm(mostSeconds)
            let start = ContinuousClock.now
            let wasTaken: Bool
            do { wasTaken = try house.open(door, input, bytes, &mutation) } catch let fault as House.Fault {
                FileHandle.standardError.write(Data((fault.words + "\n").utf8))
                exit(3)
            }
            alarm(0)
            say("\(index) \((ContinuousClock.now - start) / .milliseconds(1)) \(wasTaken ? "taken" : "refused")")
        }
        let memory = (try String(contentsOfFile: "/proc/self/status", encoding: .utf8)).split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        say("memory \(memory?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)")
        exit(0)
    }

    /// At once, so that what a child that dies has done is known.
    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}

/// Runs children over one door until all is done; a child that died is followed by one that begins behind what killed it.
private struct Supervision {
    let door: Door
    let count: Int
    let seed: UInt64
    let folder: URL
    private(set) var faults: [String] = []
    private var done = 0
    private var taken = 0
    private var slowest = 0.0
    private var memoryMiB = 0

    init(_ door: Door, count: Int, seed: UInt64, _ folder: URL) {
        self.door = door
        self.count = count
        self.seed = seed
        self.folder = folder
    }

    mutating func run() throws {
        while done < count {
            let begun = done
            let errors = folder.appending(path: "errors")
            try Data().write(to: errors)
            let child = Process()
            child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            child.arguments = ["work", door.rawValue, "\(begun)", "\(count)", "\(seed)", folder.path]
            let output = Pipe()
            child.standardOutput = output
            child.standardError = try FileHandle(forWritingTo: errors)
            try child.run()
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
            let words = ((try? String(contentsOf: errors, encoding: .utf8)) ?? "").split(separator: "\n").first ?? ""
            let isLate = child.terminationReason == .uncaughtSignal && child.terminationStatus == SIGALRM
            let why = isLate ? "took more than \(Fuzzer.mostSeconds) s" : "ended with \(child.terminationStatus): \(words)"
            faults.append("\(door.rawValue) \(done): \(why)")
            print(faults.last!)
            try? FileManager.default.copyItem(at: folder.appending(path: "input"), to: folder.appending(path: "\(door.rawValue)-\(done)"))
            // One that ends before its first input would go on for ever.
            done += 1
        }
        if memoryMiB > Fuzzer.mostMemoryMiB { faults.append("\(door.rawValue): \(memoryMiB) MiB") }
        let name = door.rawValue.padding(toLength: 14, withPad: " ", startingAt: 0)
        print("\(name) \(count) executions, \(taken) taken; slowest \(Int(slowest)) ms, at most \(memoryMiB) MiB; \(faults.count) faults")
    }

    private mutating func take(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count >= 2 else { return }
        if words[0] == "memory" { memoryMiB = max(memoryMiB, (Int(words[1]) ?? 0) / 1024) }
        guard words.count == 3, let index = Int(words[0]), let milliseconds = Double(words[1]) else { return }
        done = index + 1
        slowest = max(slowest, milliseconds)
        if words[2] == "taken" { taken += 1 }
    }
}
