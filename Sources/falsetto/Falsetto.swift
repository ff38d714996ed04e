import ArgumentParser

@main
struct Falsetto: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "falsetto",
        abstract: "Says whether the voice on a call is made by a machine, how sure it is, and how often it is wrong.",
        discussion: """
            EXAMPLES
              falsetto analyze call.wav            one recording, for a person
              falsetto analyze --format ndjson calls/   an archive, a line a leg
              falsetto policy show                 how often an alert is wrong, and on what that was measured
              falsetto demo                        two calls made on the spot

            EXIT CODES
              0  nothing synthetic             64  usage
              1  something synthetic           69  something is missing on the machine
              2  no verdict for any leg        70  internal error
              3  some input was unreadable,    78  configuration, model, policy or
                 and nothing is synthetic            store at fault

            Scores are log likelihood ratios (LLR, natural log): positive speaks for synthetic, negative for human.
            """,
        version: version,
        subcommands: [
            AnalyzeCommand.self, EvaluateCommand.self, TuneCommand.self, PolicyCommand.self, DemoCommand.self, CallsCommand.self, ReplayCommand.self,
            StoreCommand.self,
            DevicesCommand.self, ListenCommand.self, CallCommand.self, ServeCommand.self, BenchmarkCommand.self,
        ])
}
