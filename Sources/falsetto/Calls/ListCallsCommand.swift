import ArgumentParser
import Reporting
import Store

struct ListCallsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the stored calls, the latest first.",
        discussion: """
            EXAMPLES
              falsetto calls list
              falsetto calls list --blind                        # without outcome, for a reviewer who is to judge unswayed
              falsetto calls list --format json | jq -r '.[].id'
            """)

    @OptionGroup var output: StoreOutput

    @Flag(help: "Leaves out what Falsetto thinks of the calls.")
    var blind = false

    func validate() throws {
        if blind, output.format == .json { throw ValidationError("--blind is for text.") }
    }

    func run() async throws {
        try await reporting {
            let calls: [StoredCall]
            do { calls = try output.store(for: .reading).calls() } catch let error as StoreError where error.kind == .absent { calls = [] }
            switch output.format {
            case .json: try Console.write(StoredCallJSON.list(calls))
            case .text:
                var text = output.text()
                text.isBlind = blind
                try Console.write(text.list(calls))
            }
        }
    }
}
