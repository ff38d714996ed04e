import Alerting
import ArgumentParser
import Classifier
import Foundation
import Policies
import Reporting
import Text

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Shows, compares and checks policy files: thresholds, and what they were measured on.",
        discussion: """
            EXAMPLES
              falsetto policy show                        the policy that the program ships
              falsetto policy show mine.json
              falsetto policy diff old.json new.json
              falsetto policy check mine.json
              falsetto policy join --out both.json strict.json lenient.json
            """,
        subcommands: [Show.self, Diff.self, Check.self, Join.self])

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what a policy promises, at which thresholds, and on what that was measured.",
            discussion: """
                EXAMPLES
                  falsetto policy show
                  falsetto policy show --format json mine.json
                """)

        @Argument(help: ArgumentHelp("A policy; by default the one that the program ships.", valueName: "file"))
        var policy: String?

        @Option(help: "text for people, json for machines.")
        var format: Format = .text

        func run() async throws {
            try await reporting {
                let shown = try policy.map { try PolicyFile.read($0) } ?? Policy.bundled()
                switch format {
                case .json: try Console.write(shown.json())
                case .text: try Console.say(PolicyText(width: Console.width).text(shown))
                }
            }
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists what differs between two policies, a line a value.",
            discussion: """
                The exit code is 0 either way.

                EXAMPLES
                  falsetto policy diff old.json new.json
                  falsetto policy diff --format json old.json new.json
                """)

        @Argument(help: ArgumentHelp("The policy before.", valueName: "file")) var before: String
        @Argument(help: ArgumentHelp("The policy after.", valueName: "file")) var after: String

        @Option(help: "text for people, json for machines.")
        var format: Format = .text

        func run() async throws {
            try await reporting {
                let difference = PolicyDifference(from: try PolicyFile.read(before), to: try PolicyFile.read(after))
                try format == .json ? Console.write(difference.json) : Console.say(difference.text)
            }
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says whether a policy can be used with a model, and if not, why.",
            discussion: """
                A policy carries a digest of what it says. One that was edited by hand is
                refused: what it calls measured was not measured at these numbers. --accept
                takes it over: the numbers stay, the measurements go, and results say
                "provisional". The exit code is 0 when the policy can be used, 78 when not.

                EXAMPLES
                  falsetto policy check mine.json
                  falsetto policy check --accept mine-own.json edited.json
                """)

        @Argument(help: ArgumentHelp("The policy.", valueName: "file")) var policy: String

        @OptionGroup var choice: ModelChoice

        @Option(help: ArgumentHelp("Writes an edited policy here, without its measurements.", valueName: "file"))
        var accept: String?

        @Option(help: "text for people, json for machines.")
        var format: Format = .text

        func run() async throws {
            try await reporting {
                try OutputFile.check([accept], inputs: [policy, choice.model])
                let model = try choice.load()
                let reference = Policy.ModelReference(name: model.name, identity: model.identity)
                var check = PolicyCheck(path: policy, model: reference)
                do throws(PolicyError) {
                    let (read, isEdited) = try Policy.reading(try PolicyFile.data(policy), path: policy)
                    check.policy = read
                    if isEdited, accept == nil { check.problems.append(.edited(path: policy)) }
                    if read.model.identity != model.identity {
                        check.problems.append(.otherModel(path: policy, policyFor: read.model, model: reference))
                    }
                    if let accept, isEdited, check.problems.isEmpty { check.acceptedAs = accept }
                } catch { check.problems.append(error) }
                if let accepted = check.acceptedAs, let read = check.policy {
                    try OutputFile.write(read.withoutMeasurement.json(), to: accepted)
                }
                try format == .json ? Console.write(check.json) : Console.say(check.text)
                if !check.problems.isEmpty { throw Exit.configuration }
            }
        }
    }

    struct Join: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes one policy of several, whose operating points are then chosen with --point.",
            discussion: """
                The policies must be for one model and tuned on the same recordings, under
                different names (falsetto tune --name). The first one's operating point is
                used where none is asked for. The exit code is 78 when they do not fit.

                EXAMPLE
                  falsetto policy join --out mine.json default.json gentle.json sharp.json
                  falsetto analyze --policy mine.json --point gentle call.wav
                """)

        @Argument(help: ArgumentHelp("The policies; the first one names the result.", valueName: "file")) var policies: [String]

        @Option(help: ArgumentHelp("Where the joined policy is written.", valueName: "file")) var out: String

        @Option(help: "text for people, json for machines.")
        var format: Format = .text

        func run() async throws {
            try await reporting {
                try OutputFile.check([out], inputs: policies)
                let read = try policies.map { try PolicyFile.read($0) }
                let joined: Policy
                do throws(PolicyMismatch) { joined = try read[0].joined(with: Array(read.dropFirst())) } catch {
                    throw Fault(
                        "policy \(error.name.escapedForTerminal): \(error.what.escapedForTerminal); tune them on the same recordings",
                        code: Exit.configuration)
                }
                try OutputFile.write(joined.json(), to: out)
                switch format {
                case .json: try Console.write(joined.json())
                case .text: try Console.write(PolicyText(width: Console.width).text(joined))
                }
            }
        }
    }
}
