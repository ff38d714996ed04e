import Text

/// Why a text cannot be a call's id. `description` is one line: what is wrong and what to do.
public struct CallIDError: Error, Sendable, Equatable, CustomStringConvertible {
    public var problem: String
    public var advice: String

    init(_ problem: String, advice: String) {
        self.problem = problem
        self.advice = advice
    }

    public var description: String { "\(problem.escapedForTerminal); \(advice)" }
}
