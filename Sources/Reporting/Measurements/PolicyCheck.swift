import Alerting
import Policies
import Text

/// Whether a policy can be used, and why not.
public struct PolicyCheck: Sendable {
    public let path: String
    public let model: Policy.ModelReference
    /// What was read of it; nil where it could not be read.
    public var policy: Policy?
    public var problems: [PolicyError] = []
    /// Where an edited policy was written without its measurements.
    public var acceptedAs: String?

    public init(path: String, model: Policy.ModelReference) {
        self.path = path
        self.model = model
    }

    public var text: String {
        var text = problems.map { "✗ \($0.description.escapedForTerminal)\n" }.joined()
        guard problems.isEmpty, let policy else { return text }
        text += "✓ \(path.escapedForTerminal): for the model \(model.name.escapedForTerminal) (\(model.identity.prefix(12)))"
        if let acceptedAs {
            text += "; it was edited, so it is written to \(acceptedAs.escapedForTerminal) without what was measured\n"
        } else {
            text += ", unchanged since it was written\n"
        }
        for point in policy.completePoints {
            let promise = acceptedAs == nil ? point.measurement.map(Wording.promise) : nil
            text += "  \(point.name.escapedForTerminal): \(promise ?? "provisional, nobody has measured how often it is wrong, nor what it misses")\n"
        }
        return text
    }

    public var json: String {
        JSONValue.object([
            ("path", .string(path)),
            ("usable", .bool(problems.isEmpty)),
            ("problems", .array(problems.map { .string($0.description) })),
            ("model", .string(model.name)),
            ("modelIdentity", .string(model.identity)),
            ("acceptedAs", JSONValue(acceptedAs)),
        ]).pretty() + "\n"
    }
}
