import ArgumentParser
import Calls
import Reporting
import Store

struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Looks after the store of calls.",
        discussion: """
            EXAMPLES
              falsetto store verify
            """,
        subcommands: [VerifyStoreCommand.self])
}

struct VerifyStoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Walks the audit chain and compares what is stored with it.",
        discussion: """
            Finds the first entry that was changed, taken out or put in, and alerts, judgements and calls that were changed after
            they were stored. With a head noted elsewhere it also finds an end that was cut off, or a chain written anew; without
            one it cannot, since whoever can write the file can compute a new chain. It does not show that what was entered was true.

            EXIT CODES
              0 all holds, 1 something was changed, 78 no store, or one that cannot be read

            EXAMPLES
              falsetto store verify
              falsetto store verify --head 3b1f...               # 64 digits, as an earlier verify printed them
            """)

    @Option(help: ArgumentHelp("A head that was noted earlier; it must be in the chain.", valueName: "hash"))
    var head: String?

    @OptionGroup var output: StoreOutput

    func run() async throws {
        try await reporting {
            let verification = try output.store(for: .reading).verify(noted: head)
            try output.format == .json
                ? Console.write(StoredCallJSON.verification(verification)) : Console.say(output.text().verification(verification))
            if verification.fault != nil { throw ExitCode(1) }
        }
    }
}
