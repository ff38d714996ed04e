import ArgumentParser
import Audio
import Calls
import Foundation
import Reporting
import Store
import Text

struct PlayCallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "play",
        abstract: "Plays the kept audio of a stored call.",
        discussion: """
            That it was played, and which part, is entered in the audit chain first. The sound goes to the player through a pipe
            and never to the disk.

            EXAMPLES
              falsetto calls play 7kq2m4xw9a1c
              falsetto calls play --from 0:42 --to 1:10 7kq2m4xw9a1c
            """)

    @OptionGroup var call: CallArgument
    @OptionGroup var part: KeptPart

    func run() async throws {
        try await reporting {
            let player = try SoundPlayer.find()
            let sound = try part.sound(of: call.id, as: .audioPlayed)
            Console.note(KeptPart.words(sound) + "\n")
            try await player.play(sound.wav)
        }
    }
}

/// Which part of a call's kept audio; shared by what plays and what exports it.
struct KeptPart: ParsableArguments {
    @Option(help: ArgumentHelp("The leg, by its name; by default the first.", valueName: "name"))
    var leg: String?

    @Option(help: ArgumentHelp("Where to begin, such as 42 or 1:02.5.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Where to end.", valueName: "time"))
    var to: String?

    @Option(help: ArgumentHelp("The key that sealed the kept audio, where it is not in its usual place.", valueName: "file"))
    var key: String?

    var isGiven: Bool { leg != nil || from != nil || to != nil || key != nil }

    func validate() throws {
        for (name, text) in [("--from", from), ("--to", to)] {
            if let text, Self.seconds(text) == nil { throw ValidationError("\(name) needs seconds, or minutes and seconds such as 1:02.5.") }
        }
        if range == nil { throw ValidationError("--to must lie behind --from.") }
    }

    private var range: Range<Double>? {
        let start = from.flatMap(Self.seconds) ?? 0, end = to.flatMap(Self.seconds) ?? .infinity
        return start < end ? start..<end : nil
    }

    func sound(of id: String, as purpose: AuditEntry.Kind) throws -> KeptSound {
        let store = try Store(.standard, for: .command)
        let call = try CallID(id)
        return try store.hear(call, .init(leg: leg, stretch: range!), key: try AudioKey(path: key ?? store.folder.audioKey), as: purpose)
    }

    /// `90`, `1:30`, `1:02:03.5`; nil for anything else.
    static func seconds(_ text: String) -> Double? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count), text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ":" || $0 == ".") }) else { return nil }
        var total = 0.0
        for (index, part) in parts.enumerated() {
            guard let number = Double(part), index == parts.count - 1 || !part.contains("."), index == 0 || number < 60 else { return nil }
            total = total * 60 + number
        }
        return total < 1e7 ? total : nil
    }

    /// What was given out: leg, stretch, gaps.
    static func words(_ sound: KeptSound) -> String {
        func tenths(_ seconds: Double) -> String { "\((seconds * 10).rounded() / 10) s" }
        var text =
            """
            Leg \(sound.leg.escapedForTerminal), \(tenths(sound.startSeconds)) to \
            \(tenths(sound.startSeconds + sound.seconds)), \(sound.sampleRate) Hz
            """
        if !sound.gaps.isEmpty {
            text +=
                "; silence stands for "
                + sound.gaps.map { "\(tenths($0.seconds)) at \(tenths($0.startSeconds)) (\($0.kind.rawValue))" }.joined(separator: ", ")
        }
        return text + (sound.isWhole ? "." : "; the recording was cut off at its end.")
    }
}

/// A program of this machine that plays a WAV from its standard input.
struct SoundPlayer {
    let path: String
    let arguments: [String]

    private static let known: [(String, [String])] = [
        ("aplay", ["-q", "-"]), ("ffplay", ["-nodisp", "-autoexit", "-loglevel", "error", "-i", "-"]), ("play", ["-q", "-t", "wav", "-"]),
    ]

    static func find() throws -> SoundPlayer {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        for (name, arguments) in known {
            for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
                return SoundPlayer(path: "\(folder)/\(name)", arguments: arguments)
            }
        }
        throw Fault(
            "no player is installed (\(known.map(\.0).joined(separator: ", "))); install one with: apt-get install alsa-utils",
            code: Exit.missingOnMachine)
    }

    func play(_ wav: [UInt8]) async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardInput = pipe
        // Its libraries write several lines where one will do.
        let words = Pipe()
        process.standardError = words
        // A player that is closed early is no fault of ours.
        signal(SIGPIPE, SIG_IGN)
        do { try process.run() } catch {
            throw Fault("\(path): cannot be run: \((error as NSError).localizedDescription)", code: Exit.missingOnMachine)
        }
        let said = Task.detached { (try? words.fileHandleForReading.readToEnd()) ?? nil }
        try? pipe.fileHandleForWriting.write(contentsOf: Data(wav))
        try? pipe.fileHandleForWriting.close()
        process.waitUntilExit()
        let last = await said.value.map { String(decoding: $0, as: UTF8.self).split(separator: "\n").last.map(String.init) ?? "" }
        guard process.terminationStatus == 0 else {
            let why = last.map { $0.isEmpty ? "" : ": \($0.escapedForTerminal)" } ?? ""
            throw Fault(
                "\(path): ended with \(process.terminationStatus)\(why); the sound was not played whole; to have it in a file: "
                    + "falsetto calls export --audio ID out.wav", code: Exit.missingOnMachine)
        }
    }
}
