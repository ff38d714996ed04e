/// Everything wrong with a table, or with the trials in it, told at once.
///
/// Each problem is one line: which file, which line of it, what is wrong there, what to do.
public struct TableError: Error, Equatable, Sendable, CustomStringConvertible {
    /// At most this many problems are listed; the rest are counted.
    static let listed = 20

    /// One sentence each, in order of the input.
    public let problems: [String]

    public init(_ problem: String) {
        problems = [problem]
    }

    /// - Precondition: `problems` is not empty.
    public init(_ problems: [String]) {
        precondition(!problems.isEmpty, "an error must say what is wrong")
        self.problems = problems
    }

    public var description: String {
        let rest = problems.count - Self.listed
        return problems.prefix(Self.listed).map(\.escapedForTerminal).joined(separator: "\n") + (rest > 0 ? "\nand \(rest) more of the kind" : "")
    }
}
