import ArgumentParser
import Foundation
import Monitoring
import Store

struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Tells a running `falsetto listen` that a call begins, ends, or is made by a machine that says so.",
        discussion: """
            EXAMPLES
              falsetto call start --id desk3-0714
              falsetto call disclose
              falsetto call end
            """,
        subcommands: [Start.self, End.self, Disclose.self, Pause.self, Resume.self, Status.self])

    struct Socket: ParsableArguments {
        enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

        @Option(help: ArgumentHelp("The control socket of `listen`, where it is not at its usual place.", valueName: "file"))
        var control: String?

        @Option(help: "text for people, json for machines.")
        var format: Format = .text

        func ask(_ request: ControlRequest) throws {
            let place = control.map { ControlSocketPath(path: $0) } ?? .standard(stateFolder: StateFolder.standard.path)
            let reply: ControlReply
            do throws(ControlError) { reply = try ControlClient(place).ask(request) } catch {
                throw Fault(error.description, code: Self.code(error.kind))
            }
            switch format {
            case .text:
                guard reply.isDone else { throw Fault(reply.words, code: Exit.usage) }
                try Console.write(reply.words + "\n")
            case .json:
                try Console.write(json: reply)
                if !reply.isDone { throw Exit.usage }
            }
        }

        private static func code(_ kind: ControlError.Kind) -> ExitCode {
            switch kind {
            case .absent: Exit.missingOnMachine
            case .usage: Exit.usage
            case .permission, .full, .other: Exit.internalError
            }
        }
    }

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A call begins here; it then ends with `call end` only.",
            discussion: """
                EXAMPLE
                  falsetto call start --id desk3-0714 --party bank-robot
                """)

        @Option(help: ArgumentHelp("The call's name in the store; no telephone number. One is made where none is given.", valueName: "name"))
        var id: String?

        @Option(help: ArgumentHelp("Who calls, as the configuration's list [disclosed] knows it; not stored.", valueName: "name"))
        var party: String?

        @OptionGroup var socket: Socket

        func run() async throws { try await reporting { try socket.ask(.start(id: id, party: party)) } }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The call that is on ends here.",
            discussion: """
                EXAMPLE
                  falsetto call end
                """)
        @OptionGroup var socket: Socket
        func run() async throws { try await reporting { try socket.ask(.end) } }
    }

    struct Disclose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The caller said that its voice is a machine's: the rest of the call is recorded and raises no alert.",
            discussion: """
                EXAMPLES
                  falsetto call disclose
                  falsetto call disclose --call 8e9b1kpbhsx5    # one of many
                """)

        @Option(help: ArgumentHelp("Which call, as `falsetto calls list` has it; needed where several are on.", valueName: "id"))
        var call: String?

        @OptionGroup var socket: Socket
        func run() async throws { try await reporting { try socket.ask(.disclose(call: call)) } }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Nothing is heard until `call resume`.",
            discussion: """
                EXAMPLE
                  falsetto call pause
                """)
        @OptionGroup var socket: Socket
        func run() async throws { try await reporting { try socket.ask(.pause) } }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "It hears again after `call pause`.",
            discussion: """
                EXAMPLE
                  falsetto call resume
                """)
        @OptionGroup var socket: Socket
        func run() async throws { try await reporting { try socket.ask(.resume) } }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says whether a call is on.",
            discussion: """
                EXAMPLE
                  falsetto call status --format json
                """)
        @OptionGroup var socket: Socket
        func run() async throws { try await reporting { try socket.ask(.status) } }
    }
}
