import Foundation

/// Opens every door that bytes come in by with mutated input, in a child that may die: `Fuzzer [EXECUTIONS [SEED [FOLDER [SECONDS]]]]`.
///
/// Ends with 0 when no child crashed, took longer than 10 s (SECONDS, for a machine with other work) over one input, or more than 512 MiB of
/// memory; with 1 otherwise, and the inputs that did it lie in the folder. The same seed gives the same inputs. Interrupted, it says
/// what was done and ends with 130; called again with the same words it goes on from there.
@main
enum Fuzzer {
    static let mostSeconds: UInt32 = 10
    static let mostMemoryMiB = 512

    static func main() throws {
        let words = Array(CommandLine.arguments.dropFirst())
        if words.first == "work" {
            let indices = Int(words[2])!..<Int(words[3])!
            try work(Door(rawValue: words[1])!, indices, seed: UInt64(words[4])!, URL(fileURLWithPath: words[5]), seconds: UInt32(words[6])!)
            return
        }
        let executions = words.first.map { Int($0) } ?? 2000, seed = words.count > 1 ? UInt64(words[1]) : 1
        let seconds = words.count > 3 ? UInt32(words[3]) : mostSeconds
        guard let executions, let seed, let seconds, executions > 0, seconds > 0 else {
            print("Fuzzer [EXECUTIONS [SEED [FOLDER [SECONDS]]]]: mutates the input of every door; 2000 executions, seed 1")
            exit(64)
        }
        let folder =
            words.count > 2
            ? URL(fileURLWithPath: words[2])
            : FileManager.default.temporaryDirectory.appending(path: "falsetto-fuzz-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var campaign = try Campaign(executions: executions, seed: seed, seconds: seconds, folder)
        try campaign.run()
        campaign.sayWhatWasDone()
        if campaign.isInterrupted { exit(130) }
        if campaign.faultCount == 0 { try? FileManager.default.removeItem(at: folder) }
        exit(campaign.faultCount == 0 ? 0 : 1)
    }

    /// The child: a line for each execution, `INDEX MILLISECONDS taken|refused`, and the memory that it and its own children took at the end.
    private static func work(_ door: Door, _ indices: Range<Int>, seed: UInt64, _ folder: URL, seconds: UInt32) throws {
        var limit = rlimit(rlim_cur: rlim_t(mostMemoryMiB << 20), rlim_max: rlim_t(mostMemoryMiB << 20))
        setrlimit(__rlimit_resource_t(2), &limit)  // RLIMIT_DATA
        signal(SIGPIPE, SIG_IGN)
        // The supervisor's to answer: it ends its children.
        signal(SIGINT, SIG_IGN)
        let seeds = try Seeds(in: folder)
        let house = try House(folder: folder)
        let input = folder.appending(path: "input").path
        let searchPath = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let doorNumber = UInt64(Door.allCases.firstIndex(of: door)!)
        for index in indices {
            var mutation = Mutation(seed: seed &* 0x1_0000_0001 &+ doorNumber << 40 &+ UInt64(index))
            let mayHaveChild = index % Door.childRecordingEvery == 0
            let choices: [[UInt8]]
            switch door {
            case .recording:
                choices = mayHaveChild && !seeds.childRecordings.isEmpty ? seeds.childRecordings : seeds.recordings
                setenv("PATH", mayHaveChild ? searchPath : "/nowhere", 1)
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
            alarm(seconds)
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
        var children = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &children)
        say("memory \(max(memory?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0, children.ru_maxrss))")
        exit(0)
    }

    /// At once, so that what a child that dies has done is known.
    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
