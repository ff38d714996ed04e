import ArgumentParser
import Foundation
import Store
import Text

struct AllowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "allow",
        abstract: "Machine voices that the site knows of: their calls are stored as disclosed, and nobody is warned of them.",
        discussion: """
            The site's own voice bots, and callers who said that a machine speaks. A call of one is stored and counted, raises no alert,
            and no sink hears of it. A running `listen` takes a change for the calls that begin some seconds later.

            EXAMPLES
              falsetto serve allow add --line "bot desk" --note "our appointment robot"
              falsetto serve allow add --caller - --note "the bank's robot"      # the number on standard input
              falsetto serve allow list
            """,
        subcommands: [Add.self, List.self, Remove.self])

    /// Which voice a command is about.
    struct Which: ParsableArguments {
        @Option(help: ArgumentHelp("All calls of a line: its label in the configuration, or the trunk's name.", valueName: "label"))
        var line: String?

        @Option(
            help: ArgumentHelp(
                "One caller: the number or name that the telephone system, or `call start --party`, gives; - reads it from standard input.",
                valueName: "number"))
        var caller: String?

        func validate() throws {
            guard (line == nil) != (caller == nil) else { throw ValidationError("Say either --line or --caller.") }
        }

        func voice() throws -> (AllowedVoice.Kind, String) {
            if let line { return (.line, line) }
            return (.caller, caller == "-" ? readLine() ?? "" : caller ?? "")
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a line or a caller on the list.",
            discussion: """
                Of a caller's number only a digest is kept, coded with a key of this machine.

                EXAMPLE
                  falsetto serve allow add --line "bot desk" --note "our appointment robot"
                """)

        @OptionGroup var which: Which

        @Option(help: ArgumentHelp("Whose voice that is, for people.", valueName: "words"))
        var note = ""

        @Option(help: "text for people, json for machines.")
        var format: UserCommand.Format = .text

        func run() async throws {
            try await reporting {
                let (kind, text) = try which.voice()
                let voice = try Store(.standard, for: .server).allow(kind, text, note: note, by: nil)
                switch format {
                case .json: try Console.write(json: AllowCommand.record(voice))
                case .text: try Console.write("\(AllowCommand.words(voice)) is known from here on.\n")
                }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the known voices.",
            discussion: """
                EXAMPLE
                  falsetto serve allow list --format json
                """)

        @Option(help: "text for people, json for machines.")
        var format: UserCommand.Format = .text

        func run() async throws {
            try await reporting {
                let voices = try Store(.standard, for: .server).allowedVoices()
                switch format {
                case .json: try Console.write(json: voices.map(AllowCommand.record))
                case .text:
                    let lines = voices.map { "\(AllowCommand.words($0))  \($0.note.escapedForTerminal)\n" }
                    try Console.write(lines.isEmpty ? "No voice is known yet.\n" : lines.joined())
                }
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a line or a caller off the list; the next call is screened as any other.",
            discussion: """
                EXAMPLES
                  falsetto serve allow remove --line "bot desk"
                  falsetto serve allow remove --digest 4k2m8x0qh1ze
                """)

        @Option(help: ArgumentHelp("A line's label.", valueName: "label"))
        var line: String?

        @Option(help: ArgumentHelp("A caller's number or name; - reads it from standard input.", valueName: "number"))
        var caller: String?

        @Option(help: ArgumentHelp("A caller, as `falsetto serve allow list` shows it.", valueName: "digest"))
        var digest: String?

        @Option(help: "text for people, json for machines.")
        var format: UserCommand.Format = .text

        func validate() throws {
            guard [line, caller, digest].count(where: { $0 != nil }) == 1 else { throw ValidationError("Say one of --line, --caller and --digest.") }
        }

        func run() async throws {
            try await reporting {
                let store = try Store(.standard, for: .server)
                let kind: AllowedVoice.Kind = line == nil ? .caller : .line
                let key = try digest ?? store.allowKey(kind, line ?? (caller == "-" ? readLine() ?? "" : caller ?? ""))
                try store.disallow(kind, key: key, by: nil)
                switch format {
                case .json: try Console.write(json: ["removed": key, "kind": kind.rawValue])
                case .text: try Console.write("\(kind.rawValue) \(key.escapedForTerminal) is not known any more.\n")
                }
            }
        }
    }

    private static func words(_ voice: AllowedVoice) -> String { "\(voice.kind.rawValue) \(voice.key)".escapedForTerminal }

    private static func record(_ voice: AllowedVoice) -> [String: String] {
        ["kind": voice.kind.rawValue, "key": voice.key, "note": voice.note, "by": voice.by ?? "", "at": voice.at.formatted(.iso8601)]
    }
}
