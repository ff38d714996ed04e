import ArgumentParser
import Foundation
import Reporting
import Store

/// What every command on stored calls shares: text or JSON, and how the store is opened.
struct StoreOutput: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    @Option(help: "text for people, json for machines.")
    var format: Format = .text

    func store(for purpose: Store.Purpose) throws -> Store { try Store(.standard, for: purpose) }

    func text() -> StoredCallText { StoredCallText(summary: .forConsole()) }
}

extension Fault {
    init(_ error: StoreError) {
        let code: ExitCode =
            switch error.kind {
            case .inUse, .locked: Exit.missingOnMachine
            case .absent, .corrupt, .newerSchema, .permission, .key: Exit.configuration
            case .usage, .notFound: Exit.usage
            case .audio: Exit.unreadableInput
            case .full, .io: Exit.internalError
            }
        self.init(error.description, code: code)
    }
}
