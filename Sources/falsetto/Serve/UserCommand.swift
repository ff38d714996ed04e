import ArgumentParser
import Dashboard
import Foundation
import Store
import Text

extension Account.Role: ExpressibleByArgument {}
extension JudgementRelease.Kind: ExpressibleByArgument {}

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Makes, lists and removes accounts of people and programs.",
        discussion: """
            EXAMPLES
              falsetto serve user add mk --role admin
              falsetto serve user add dashboard-reader --role viewer --token
              falsetto serve user list
            """,
        subcommands: [Add.self, List.self, Remove.self])

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an account, or gives one another role and password; asks for the password, or reads it from standard input.",
            discussion: """
                viewer sees calls with their scores, reviewer judges them without, admin also pauses and ends calls and releases
                judgements that were held back.

                EXAMPLES
                  falsetto serve user add mk --role reviewer
                  falsetto serve user add robot --role viewer --token       # prints a token for Authorization: Bearer
                """)

        @Argument(help: ArgumentHelp("1 to 64 characters.", valueName: "name"))
        var name: String

        @Option(help: "viewer, reviewer or admin.")
        var role: Account.Role = .viewer

        @Flag(help: "For a program: makes a token and prints it, once.")
        var token = false

        @Option(help: "text for people, json for machines.")
        var format: Format = .text

        func run() async throws {
            try await reporting {
                let store = try Store(.standard, for: .server)
                var line = ["name": name, "role": role.rawValue]
                if token {
                    let token = Token.random()
                    try store.keep(Account(name: name, role: role, secret: Token.digest(token)))
                    line["token"] = token
                } else {
                    let password = try Self.password()
                    if let fault = Password.fault(password) { throw Fault(fault, code: Exit.usage) }
                    try store.keep(Account(name: name, role: role, secret: Password.digest(password)))
                }
                switch format {
                case .json: try Console.write(json: line)
                case .text:
                    let shown = line["token"].map { "; the token, which is not shown again: \($0)" } ?? ""
                    try Console.write("\(name.escapedForTerminal) is \(role.rawValue)\(shown).\n")
                }
            }
        }

        /// Without echo where a person types it.
        private static func password() throws -> String {
            guard isatty(STDIN_FILENO) == 1 else { return readLine() ?? "" }
            func ask(_ words: String) throws -> String {
                guard let line = unsafe getpass(words) else { throw Fault("no password was given", code: Exit.usage) }
                return unsafe String(cString: line)
            }
            let password = try ask("Password (12 characters or more): ")
            guard try ask("The same again: ") == password else { throw Fault("the two are not the same; nothing was changed", code: Exit.usage) }
            return password
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the accounts.",
            discussion: """
                EXAMPLE
                  falsetto serve user list --format json
                """)

        @Option(help: "text for people, json for machines.")
        var format: Format = .text

        func run() async throws {
            try await reporting {
                let accounts = try Store(.standard, for: .server).accounts()
                switch format {
                case .json: try Console.write(json: accounts.map { ["name": $0.name, "role": $0.role.rawValue] })
                case .text:
                    let lines = accounts.map { "\($0.name.escapedForTerminal)  \($0.role.rawValue)\n" }
                    try Console.write(lines.isEmpty ? "There is no account yet.\n" : lines.joined())
                }
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes an account; who is signed in with it is out at once. What they judged stays.",
            discussion: """
                EXAMPLE
                  falsetto serve user remove mk
                """)

        @Argument(help: ArgumentHelp("As `falsetto serve user list` names it.", valueName: "name"))
        var name: String

        @Option(help: "text for people, json for machines.")
        var format: Format = .text

        func run() async throws {
            try await reporting {
                try Store(.standard, for: .server).removeAccount(named: name)
                switch format {
                case .json: try Console.write(json: ["removed": name])
                case .text: try Console.write("\(name.escapedForTerminal) is removed.\n")
                }
            }
        }
    }
}

struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "A second person's word: judgements that were held back may move thresholds.",
        discussion: """
            Holds for those that stand now; later ones are looked at anew. Nobody releases their own.

            EXAMPLES
              falsetto serve release reviewer mk --by ab
              falsetto serve release day 2026-11-30 --by ab
            """)

    @Argument(help: "reviewer or day.")
    var kind: JudgementRelease.Kind

    @Argument(help: ArgumentHelp("The reviewer's name, or the day.", valueName: "unit"))
    var unit: String

    @Option(help: ArgumentHelp("Who has looked at them: initials or a role.", valueName: "name"))
    var by: String

    @Option(help: "text for people, json for machines.")
    var format: UserCommand.Format = .text

    func run() async throws {
        try await reporting {
            try Store(.standard, for: .command).release(kind, unit, by: by)
            switch format {
            case .json: try Console.write(json: ["released": unit, "kind": kind.rawValue, "by": by])
            case .text: try Console.write("The judgements of \(kind.rawValue) \(unit.escapedForTerminal) count from here on.\n")
            }
        }
    }
}
