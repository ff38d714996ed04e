import Alerting
import ArgumentParser
import Classifier
import Foundation
import Policies
import Text

/// Which operating point to screen at; shared by every command that screens.
struct PolicyChoice: ParsableArguments {
    @Option(help: ArgumentHelp("A policy file of falsetto tune; by default the one that the program ships.", valueName: "file"))
    var policy: String?

    @Option(help: ArgumentHelp("Which of the policy's operating points; by default the first.", valueName: "name"))
    var point: String?

    /// The policy that was asked for, or the shipped one where it is for this model, or none.
    ///
    /// Where the shipped policy is for another model, the operating point is the provisional one, and every result says so: a
    /// model of the user's own has no measured threshold before it is tuned.
    /// - Throws: `PolicyError` for a policy that was asked for and cannot be used.
    func load(for model: Model) throws -> AppliedPolicy { try loadWhole(for: model).applied }

    /// The same, and the policy that it comes from; nil where there is none.
    func loadWhole(for model: Model) throws -> (applied: AppliedPolicy, whole: Policy?) {
        let reference = Policy.ModelReference(name: model.name, identity: model.identity)
        if let policy {
            let read = try PolicyFile.read(policy)
            guard read.model.identity == model.identity else {
                throw PolicyError.otherModel(path: policy, policyFor: read.model, model: reference)
            }
            return (try chosen(from: read, path: policy), read)
        }
        let shipped = try Policy.bundled()
        guard shipped.model.identity == model.identity else {
            if point != nil {
                throw Fault(
                    "--point needs --policy FILE: the program ships no policy for the model \(model.name.escapedForTerminal)", code: Exit.usage)
            }
            return (.provisional, nil)
        }
        return (try chosen(from: shipped, path: "of the program"), shipped)
    }

    private func chosen(from policy: Policy, path: String) throws -> AppliedPolicy {
        guard let applied = policy.applied(at: point) else {
            throw PolicyError.noPoint(path: path, name: point ?? "", known: policy.operatingPoints.map(\.name))
        }
        return applied
    }
}

/// Reading and writing policy files.
enum PolicyFile {
    static func read(_ path: String) throws -> Policy { try Policy(json: data(path), path: path) }

    static func data(_ path: String) throws(PolicyError) -> Data {
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw .unreadable(path: path, why: "there is no such file")
        }
        if isFolder.boolValue { throw .unreadable(path: path, why: "it is a folder; name the file") }
        do { return try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
            throw .unreadable(path: path, why: (error as NSError).localizedDescription)
        }
    }
}
