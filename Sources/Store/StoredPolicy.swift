import Alerting
import Foundation

/// What decided over a call beside its model is stored with it whole, so that it can be heard again whatever policy is in use then.
extension AppliedPolicy {
    /// - Throws: `StoreError` of kind `corrupt`.
    init(stored text: String) throws(StoreError) {
        let policy: AppliedPolicy
        do { policy = try CanonicalJSON.value(AppliedPolicy.self, text) } catch {
            throw StoreError(.corrupt, "the policy stored with the call cannot be read", advice: "run `falsetto store verify`")
        }
        if let fault = policy.operatingPoint.fault ?? policy.recalibration?.fault {
            throw StoreError(.corrupt, "the policy stored with the call cannot be used: \(fault)", advice: "run `falsetto store verify`")
        }
        self = policy
    }

    /// As people name it: the policy, where there is one, and its operating point.
    var name: String { (policy.map { $0.name + " at " } ?? "") + operatingPoint.name }
}

extension CallStart {
    var policy: AppliedPolicy {
        AppliedPolicy(operatingPoint: provenance.operatingPoint, recalibration: recalibration, policy: provenance.policy)
    }
}
