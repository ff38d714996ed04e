import ArgumentParser
import Calls
import Reporting
import Store

extension Judgement.Verdict: ExpressibleByArgument {}

struct JudgeCallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "judge",
        abstract: "Notes what a call was, by somebody who knows; earlier judgements stay.",
        discussion: """
            `falsetto tune --include-reviews` learns thresholds from judged calls. A judgement made with the score in view leans on
            it; say --blind when it was made without.

            EXAMPLES
              falsetto calls judge 7kq2m4xw9a1c --as human --by mk
              falsetto calls judge 7kq2m4xw9a1c --as synthetic --by mk --blind
            """)

    @OptionGroup var call: CallArgument

    @Option(name: .customLong("as"), help: "What the far end was: human, synthetic, disclosed (a machine's voice that said so) or unsure.")
    var verdict: Judgement.Verdict

    @Option(help: ArgumentHelp("Who judges: initials or a role.", valueName: "name"))
    var by: String

    @Flag(help: "The judge had not seen Falsetto's score or alerts.")
    var blind = false

    @OptionGroup var output: StoreOutput

    func run() async throws {
        try await reporting {
            let store = try output.store(for: .command)
            let id = try CallID(call.id)
            let judgement = try store.judge(id, as: verdict, by: by, sawScore: !blind)
            try output.format == .json
                ? Console.write(StoredCallJSON.judgement(judgement, of: id)) : Console.say(output.text().judgement(judgement, of: id))
        }
    }
}
