import ArgumentParser
import Reporting
import Store

struct ExportCallsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes all that is stored of calls, score tracks included, as one JSON array.",
        discussion: """
            EXAMPLES
              falsetto calls export 7kq2m4xw9a1c > call.json
              falsetto calls export --output calls.json          # all of them
            """)

    @Argument(help: ArgumentHelp("Calls, as `falsetto calls list` names them; all when none is given.", valueName: "id"))
    var ids: [String] = []

    @Option(help: ArgumentHelp("Writes a file instead of standard output.", valueName: "file"))
    var output: String?

    func run() async throws {
        try await reporting {
            try OutputFile.check([output], inputs: [])
            let store = try Store(.standard, for: .reading)
            let calls = ids.isEmpty ? try store.calls() : try ids.map { try store.call(CallID($0)) }
            let text = StoredCallJSON.export(try calls.map { ($0, try store.legs(of: $0.id)) })
            if let output { try OutputFile.write(text, to: output) } else { try Console.write(text) }
        }
    }
}
