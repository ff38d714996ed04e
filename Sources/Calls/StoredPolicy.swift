import Alerting
import Policies
import Text

/// Why the policy stored with a call cannot be used, in words that go behind "the policy stored with the call".
public struct StoredPolicyFault: Error, Equatable {
    public var words: String
}

/// What decided over a call beside its model is stored with it whole, so that it can be heard again whatever policy is in use then.
extension AppliedPolicy {
    public init(stored text: String) throws(StoredPolicyFault) {
        let policy: AppliedPolicy
        do { policy = try CanonicalJSON.value(AppliedPolicy.self, text) } catch { throw StoredPolicyFault(words: "cannot be read") }
        if let fault = policy.operatingPoint.fault ?? policy.recalibration?.fault { throw StoredPolicyFault(words: "cannot be used: \(fault)") }
        self = policy
    }

    /// As people name it: the policy, where there is one, and its operating point.
    public var name: String { (policy.map { $0.name + " at " } ?? "") + operatingPoint.name }
}

extension CallStart {
    public var policy: AppliedPolicy {
        AppliedPolicy(operatingPoint: provenance.operatingPoint, recalibration: recalibration, policy: provenance.policy)
    }
}
