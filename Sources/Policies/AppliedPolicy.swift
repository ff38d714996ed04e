import Alerting
import Foundation

/// What a policy comes to for one run: one operating point, and how scores are corrected before they meet it.
public struct AppliedPolicy: Sendable, Equatable, Codable {
    /// The policy it comes from, as results name it.
    public struct Reference: Sendable, Equatable, Codable {
        public var name: String
        /// 64 hexadecimal digits over all that it says.
        public var digest: String

        public init(name: String, digest: String) {
            self.name = name
            self.digest = digest
        }
    }

    public var operatingPoint: OperatingPoint
    public var recalibration: Recalibration?
    /// Nil where there is no policy for the model.
    public var policy: Reference?

    public init(operatingPoint: OperatingPoint, recalibration: Recalibration? = nil, policy: Reference? = nil) {
        self.operatingPoint = operatingPoint
        self.recalibration = recalibration
        self.policy = policy
    }

    /// Without a policy.
    public static let provisional = AppliedPolicy(operatingPoint: .provisional)
}

extension Policy {
    /// The policy at one of its operating points, by name, or the first; nil where it has none of that name.
    public func applied(at name: String? = nil) -> AppliedPolicy? {
        operatingPoint(named: name).map {
            AppliedPolicy(operatingPoint: $0, recalibration: recalibration, policy: .init(name: self.name, digest: digest))
        }
    }

    /// The policy that the program ships. Whether it is for the model at hand is the caller's to see.
    public static func bundled() throws(PolicyError) -> Policy {
        let name = "default-policy.json"
        guard let url = Bundle.module.url(forResource: "default-policy", withExtension: "json"), let data = try? Data(contentsOf: url) else {
            throw .unreadable(path: name, why: "the program's resources are missing; build it again")
        }
        return try Policy(json: data, path: name)
    }
}
