/// Why two policies cannot be one.
public struct PolicyMismatch: Error, Equatable {
    /// The policy that does not fit.
    public var name: String
    public var what: String
}

/// Why a policy cannot be used. One line: which file, what, and what to do.
public enum PolicyError: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String, why: String)
    case malformed(path: String, what: String)
    case format(path: String, found: String)
    case edited(path: String)
    case otherModel(path: String, policyFor: Policy.ModelReference, model: Policy.ModelReference)
    case noPoint(path: String, name: String, known: [String])

    public var description: String {
        switch self {
        case .unreadable(let path, let why): "policy \(path): cannot be read: \(why)"
        case .malformed(let path, let what): "policy \(path): \(what); write it anew with falsetto tune"
        case .format(let path, let found):
            "policy \(path): format is \(found), this program reads \(Policy.format); write it anew with falsetto tune"
        case .edited(let path):
            "policy \(path): was changed after it was written, so what it says was measured was not measured at these numbers; "
                + "falsetto policy check --accept keeps the numbers and takes the promise off"
        case .otherModel(let path, let policy, let model):
            "policy \(path): is for the model \(policy.name) (\(policy.identity.prefix(12))), this is \(model.name) "
                + "(\(model.identity.prefix(12))), whose scores are others; tune this model, or name the policy's with --model"
        case .noPoint(let path, let name, let known):
            "policy \(path): has no operating point \(name); it has \(known.joined(separator: ", "))"
        }
    }
}
