import Foundation

/// What errors cost and how frequent synthetic voices are taken to be, for the detection cost function.
///
/// DCF(theta) = C_fa (1 - pi) P_fa + C_miss pi P_miss, divided by min(C_fa (1 - pi), C_miss pi): 1 is what a system
/// that always gives the cheaper answer pays.
public struct DetectionCosts: Sendable, Equatable, Codable {
    /// pi, the prior of a synthetic voice; between 0 and 1, both excluded.
    public var syntheticPrior: Double
    /// C_fa, the cost of flagging a person.
    public var falseAlarmCost: Double
    /// C_miss, the cost of passing a synthetic voice.
    public var missCost: Double

    /// The costs of ASVspoof 5 (X. Wang et al., 2024, track 1) in this polarity; theirs calls bona fide the target.
    public init(syntheticPrior: Double = 0.05, falseAlarmCost: Double = 1, missCost: Double = 10) {
        precondition(syntheticPrior > 0 && syntheticPrior < 1, "the prior must lie between 0 and 1")
        precondition(falseAlarmCost > 0 && missCost > 0, "costs must be positive")
        self.syntheticPrior = syntheticPrior
        self.falseAlarmCost = falseAlarmCost
        self.missCost = missCost
    }

    /// Where a calibrated log likelihood ratio is to be cut: ln(C_fa (1 - pi) / (C_miss pi)); 0.642 by default.
    public var bayesThreshold: Double { log(falseAlarmCost * (1 - syntheticPrior) / (missCost * syntheticPrior)) }

    /// The normalized cost of two error rates.
    public func cost(falseAlarmRate: Double, missRate: Double) -> Double {
        let falseAlarmWeight = falseAlarmCost * (1 - syntheticPrior)
        let missWeight = missCost * syntheticPrior
        return (falseAlarmWeight * falseAlarmRate + missWeight * missRate) / min(falseAlarmWeight, missWeight)
    }
}
