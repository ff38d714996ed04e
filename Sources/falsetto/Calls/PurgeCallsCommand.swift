import ArgumentParser
import Calls
import Reporting
import Store

struct PurgeCallsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Takes calls out: rows, score tracks, kept audio, messages still waiting.",
        discussion: """
            What stays is an entry in the audit chain that the call was purged, when and why. Without an id, calls go that are
            older than they may be; `falsetto listen` does that by itself.

            EXAMPLES
              falsetto calls purge 7kq2m4xw9a1c
              falsetto calls purge --keep-days 30 --keep-audio-days 2
            """)

    @Argument(help: ArgumentHelp("Calls, as `falsetto calls list` names them.", valueName: "id"))
    var ids: [String] = []

    @Option(help: ArgumentHelp("Without an id: calls older than this go.", valueName: "days"))
    var keepDays: Double?

    @Option(help: ArgumentHelp("Without an id: kept audio older than this goes.", valueName: "days"))
    var keepAudioDays: Double?

    @OptionGroup var output: StoreOutput

    func validate() throws {
        if !ids.isEmpty, keepDays != nil || keepAudioDays != nil { throw ValidationError("Give ids, or how long to keep, not both.") }
        if let days = [keepDays, keepAudioDays].compactMap({ $0 }).first(where: { !($0 > 0) }) {
            throw ValidationError("A time to keep is a number of days above 0, not \(days).")
        }
    }

    func run() async throws {
        try await reporting {
            let store = try output.store(for: .command)
            var purged = Purged()
            if ids.isEmpty {
                let usual = Retention()
                purged = try store.retain(Retention(callDays: keepDays ?? usual.callDays, audioDays: keepAudioDays ?? usual.audioDays))
            } else {
                let ids = try ids.map { try CallID($0) }
                // All are looked up first: a misspelt one must not leave half of them purged.
                for id in ids { _ = try store.call(id) }
                for id in ids { purged += try store.purge(id) }
            }
            try output.format == .json ? Console.write(StoredCallJSON.purged(purged)) : Console.say(output.text().purged(purged))
        }
    }
}
