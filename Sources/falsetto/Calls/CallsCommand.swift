import ArgumentParser

struct CallsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calls",
        abstract: "Shows, plays, judges, exports and purges the calls that `falsetto listen` has stored.",
        discussion: """
            Stored under $XDG_STATE_HOME/falsetto (or ~/.local/state/falsetto). Nothing in it names a caller, and no sound is kept
            unless `listen --keep-audio` was asked for it.

            EXAMPLES
              falsetto calls list
              falsetto calls show 7kq2m4xw9a1c
              falsetto calls judge 7kq2m4xw9a1c --as synthetic --by mk
              falsetto calls export 7kq2m4xw9a1c > call.json
              falsetto calls purge 7kq2m4xw9a1c
            """,
        subcommands: [
            ListCallsCommand.self, ShowCallCommand.self, PlayCallCommand.self, ExportCallsCommand.self, JudgeCallCommand.self, PurgeCallsCommand.self,
        ])
}

/// A stored call, as the user names it.
struct CallArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The call, as `falsetto calls list` names it.", valueName: "id"))
    var id: String
}
