import ArgumentParser
import Dashboard
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Monitoring
import NIOCore
import Policies
import ServiceLifecycle
import Store

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves pages on which people look at calls and judge them, beside `falsetto listen`.",
        discussion: """
            Nobody comes in without an account; the first is made here, on the machine that listens. Without --address only this
            machine can ask; from elsewhere put a proxy that speaks HTTPS in front, and say --https and --name.

            EXAMPLES
              falsetto serve user add mk --role admin
              falsetto serve
              falsetto serve --port 8080 --https --name falsetto.example.org
            """,
        subcommands: [Run.self, UserCommand.self, AllowCommand.self, ReleaseCommand.self], defaultSubcommand: Run.self)

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serves the pages until it is told to end (Ctrl-C, SIGTERM).",
            discussion: """
                EXAMPLE
                  falsetto serve run --port 8080
                """)

        enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

        @Option(help: ArgumentHelp("Where to take requests; 0 for any port that is free.", valueName: "number"))
        var port = Dashboard.Options().port

        @Option(help: ArgumentHelp("The address of this machine to take them on; by default only from this machine itself.", valueName: "address"))
        var address = Dashboard.Options().address

        @Option(help: ArgumentHelp("A name under which the pages are asked for, beside localhost. Repeatable.", valueName: "host"))
        var name: [String] = []

        @Flag(help: "A proxy in front speaks HTTPS: cookies are for HTTPS only.")
        var https = false

        @Option(
            help: ArgumentHelp(
                "The header in which a proxy in front says who has signed in. Whoever reaches the port can send it: let only the proxy.",
                valueName: "header"))
        var trustHeader: String?

        @Option(help: ArgumentHelp("The longest recording that is taken in, in MiB.", valueName: "number"))
        var mostRecording = 64

        @Option(help: ArgumentHelp("The control socket of `listen`, where it is not at its usual place.", valueName: "socket"))
        var control: String?

        @Option(help: "How the one line that says where it serves is written.")
        var format: Format = .text

        @OptionGroup var choice: ModelChoice
        @OptionGroup var policy: PolicyChoice

        func validate() throws {
            guard 0...65_535 ~= port else { throw ValidationError("--port: from 0 to 65535.") }
            guard 1...1024 ~= mostRecording else { throw ValidationError("--most-recording: from 1 to 1024 MiB.") }
            if let trustHeader, HTTPField.Name(trustHeader) == nil { throw ValidationError("--trust-header: '\(trustHeader)' is no header's name.") }
        }

        func run() async throws {
            try await reporting {
                signal(SIGPIPE, SIG_IGN)
                let model = try choice.load()
                let store = try Store(.standard, for: .server)
                var options = Dashboard.Options()
                options.port = port
                options.address = address
                options.names.formUnion(name.map { $0.lowercased() } + [address.lowercased()])
                options.isBehindHTTPS = https
                options.trustedHeader = trustHeader.flatMap { HTTPField.Name($0) }
                options.mostRecordingBytes = mostRecording << 20
                options.build = Falsetto.version
                let place = control.map { ControlSocketPath(path: $0) } ?? .standard(stateFolder: store.folder.path)
                let (applied, whole) = try policy.loadWhole(for: model)
                let dashboard = Dashboard(
                    store: store, model: model, policy: applied, peopleScores: whole?.peopleScores, control: place, options: options)
                if try store.accounts().isEmpty, trustHeader == nil {
                    Console.note("Nobody can sign in yet: falsetto serve user add NAME --role admin\n")
                }
                var logger = Logger(label: "falsetto") { StreamLogHandler.standardError(label: $0) }
                logger.logLevel = .warning
                let (address, format) = (address, format)
                let application = dashboard.application(logger: logger) { port in
                    let page = "http://\(address == "0.0.0.0" ? "127.0.0.1" : address):\(port)/"
                    try? Console.write(format == .json ? "{\"address\":\"\(page)\"}\n" : "Falsetto's pages are at \(page)\n")
                }
                do { try await application.runService() } catch let error as IOError {
                    throw Fault(
                        "\(address):\(port): requests cannot be taken there: \(error); choose another --port or --address",
                        code: Exit.missingOnMachine)
                }
            }
        }
    }
}
