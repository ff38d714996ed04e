/// Why a model file cannot be used. One line: which file, what in it, and what was expected.
public enum ModelError: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String, why: String)
    case malformed(path: String, what: String)
    case tensor(path: String, name: String, what: String)
    /// The environment asks for kernels that this machine has not.
    case kernels(why: String)
    case shape(path: String, name: String, found: [Int], expected: [Int])
    /// Its scores cannot stand beside those of the model at hand.
    case otherHops(path: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let why): "model \(path): cannot be read: \(why)"
        case .malformed(let path, let what): "model \(path): \(what); use an unchanged model file"
        case .tensor(let path, let name, let what): "model \(path): tensor \(name): \(what)"
        case .kernels(let why): why
        case .otherHops(let path): "model \(path): its hops are of another length than those of the policy's model; score with models of one family"
        case .shape(let path, let name, let found, let expected):
            "model \(path): tensor \(name) has shape \(found), the layer list asks for \(expected)"
        }
    }
}
