import Alerting
import Foundation

/// What decided over a call beside its model: stored with it whole, so that it can be heard again whatever policy is in use then.
public struct CallPolicy: Sendable, Equatable, Codable {
    public var operatingPoint: OperatingPoint
    public var recalibration: Recalibration?

    public init(operatingPoint: OperatingPoint, recalibration: Recalibration? = nil) {
        self.operatingPoint = operatingPoint
        self.recalibration = recalibration
    }

    init(stored text: String) throws(StoreError) {
        let policy: CallPolicy
        do { policy = try CanonicalJSON.value(CallPolicy.self, text) } catch {
            throw StoreError(.corrupt, "the policy stored with the call cannot be read", advice: "run `falsetto store verify`")
        }
        if let fault = policy.operatingPoint.fault ?? policy.recalibration?.fault {
            throw StoreError(.corrupt, "the policy stored with the call cannot be used: \(fault)", advice: "run `falsetto store verify`")
        }
        self = policy
    }
}
