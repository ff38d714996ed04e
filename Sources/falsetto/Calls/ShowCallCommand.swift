import ArgumentParser
import Calls
import Reporting
import Store

struct ShowCallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one stored call: alerts, gaps, judgements, what it was screened with.",
        discussion: """
            EXAMPLES
              falsetto calls show 7kq2m4xw9a1c
              falsetto calls show --blind 7kq2m4xw9a1c
            """)

    @OptionGroup var call: CallArgument
    @OptionGroup var output: StoreOutput

    @Flag(help: "Leaves out what Falsetto thinks of the call.")
    var blind = false

    func validate() throws {
        if blind, output.format == .json { throw ValidationError("--blind is for text.") }
    }

    func run() async throws {
        try await reporting {
            let store = try output.store(for: .reading)
            let id = try CallID(call.id)
            let (stored, legs) = try (store.call(id), store.legs(of: id))
            switch output.format {
            case .json: try Console.write(StoredCallJSON.call(stored, legs: legs, tracks: false))
            case .text:
                var text = output.text()
                text.isBlind = blind
                try Console.say(text.call(stored, legs: legs))
            }
        }
    }
}
