import Alerting
import Policies
import Text

/// What differs between two policies, value by value.
public struct PolicyDifference: Sendable {
    struct Change: Sendable, Equatable {
        /// Such as `operatingPoints[0].alert.window.begins`.
        var path: String
        /// As JSON; nil where it is not there.
        var before: String?
        var after: String?
    }

    let changes: [Change]

    public init(from before: Policy, to after: Policy) {
        let old = Dictionary(uniqueKeysWithValues: before.tree.leaves().map { ($0.path, $0.value) })
        let new = Dictionary(uniqueKeysWithValues: after.tree.leaves().map { ($0.path, $0.value) })
        changes = Set(old.keys).union(new.keys).sorted().compactMap { path in
            old[path] == new[path] ? nil : Change(path: path, before: old[path], after: new[path])
        }
    }

    public var text: String {
        if changes.isEmpty { return "The two policies say the same.\n" }
        return changes.map { "\($0.path.escapedForTerminal): \(shown($0.before)) → \(shown($0.after))\n" }.joined()
    }

    public var json: String {
        JSONValue.array(
            changes.map { .object([("path", .string($0.path)), ("before", JSONValue($0.before)), ("after", JSONValue($0.after))]) }
        ).pretty() + "\n"
    }

    private func shown(_ value: String?) -> String { value?.escapedForTerminal ?? "(not there)" }
}
