import ArgumentParser
import Calls
import Reporting
import Store

struct ExportCallsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes all that is stored of calls, score tracks included, as one JSON array; or the kept audio of one.",
        discussion: """
            With --audio a call's kept sound is written as WAV, gaps as silence. That it was done, and which part, is entered in the
            audit chain first.

            EXAMPLES
              falsetto calls export 7kq2m4xw9a1c > call.json
              falsetto calls export --output calls.json          # all of them
              falsetto calls export --audio --leg far --from 0:42 --to 1:10 7kq2m4xw9a1c part.wav
            """)

    @Argument(help: ArgumentHelp("Calls, as `falsetto calls list` names them; all when none is given.", valueName: "id"))
    var ids: [String] = []

    @Option(help: ArgumentHelp("Writes a file instead of standard output.", valueName: "file"))
    var output: String?

    @Flag(help: "Writes the kept audio of one call: give its id and a file.")
    var audio = false

    @OptionGroup var part: KeptPart

    func validate() throws {
        if audio, ids.count != 2 {
            throw ValidationError("--audio needs a call's id and the file to write: falsetto calls export --audio ID out.wav")
        }
        if audio, output != nil {
            throw ValidationError("--output is for what is stored beside the audio; with --audio name the file behind the id.")
        }
        if !audio, part.isGiven { throw ValidationError("--leg, --from, --to and --key are for --audio.") }
    }

    func run() async throws {
        try await reporting {
            if audio { return try exportAudio() }
            try OutputFile.check([output], inputs: [])
            let store = try Store(.standard, for: .reading)
            let calls = ids.isEmpty ? try store.calls() : try ids.map { try store.call(CallID($0)) }
            let text = StoredCallJSON.export(try calls.map { ($0, try store.legs(of: $0.id)) })
            if let output { try OutputFile.write(text, to: output) } else { try Console.write(text) }
        }
    }

    private func exportAudio() throws {
        let file = try OutputFile(ids[1])
        let sound = try part.sound(of: ids[0], as: .audioExported)
        try file.write(sound.wav)
        Console.note(KeptPart.words(sound) + "\n")
    }
}
