import Alerting
import ArgumentParser
import Classifier
import Foundation
import Policies
import Reporting
import Screening

/// Which model to screen with; shared by every command that screens.
struct ModelChoice: ParsableArguments {
    @Option(help: ArgumentHelp("Another model file than the one the program ships.", valueName: "file"))
    var model: String?

    func load() throws -> Model { try model.map { try Model(path: $0) } ?? Model.bundled() }
}

extension Provenance {
    /// This program, the model and the policy that results are made with.
    init(_ model: Model, _ policy: AppliedPolicy) {
        self.init(
            build: Falsetto.version, modelName: model.name, modelIdentity: model.identity,
            operatingPoint: policy.operatingPoint, policy: policy.policy, kernel: model.kernel)
    }
}

extension TextSummary {
    /// For standard output as it is: its width, and colour where it is a terminal. The threshold is said once, at the end.
    static func forConsole() -> TextSummary {
        var summary = TextSummary(
            width: Console.width,
            colour: colourWanted(onTerminal: Console.outputIsTerminal, environment: ProcessInfo.processInfo.environment))
        summary.saysThreshold = false
        return summary
    }
}
