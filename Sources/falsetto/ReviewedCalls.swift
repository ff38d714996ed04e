import Alerting
import Classifier
import Evaluation
import Screening
import Spectra
import Store

/// Calls of the store that somebody judged, as material for tuning: their tracks are there, so nothing is scored.
///
/// Rule: a judgement by somebody who had seen Falsetto's score is left out. Why: it leans on the score, and thresholds chosen on
/// their own echo would promise too much. Calls of another model are left out too: their evidence is on another scale.
struct ReviewedCalls {
    private(set) var legs: [ScoredLeg] = []
    private var otherModel = 0
    private var sawScore = 0
    private var unsure = 0

    /// - Throws: `StoreError` when there is no store, or it cannot be read.
    init(of model: Model) throws {
        for call in try Store(.standard, for: .reading).judgedCalls() {
            let label: Trial.Label
            switch call.judgement.verdict {
            case .human: label = .human
            case .synthetic, .disclosed: label = .synthetic
            case .unsure:
                unsure += 1
                continue
            }
            if call.judgement.sawScore { sawScore += 1; continue }
            guard call.call.modelIdentity == model.identity else { otherModel += 1; continue }
            // A judgement is about the far end, which is the first leg.
            guard let leg = call.legs.first else { continue }
            // A track of other hops is no track of this model, whatever its row says.
            guard (leg.hopSamples ?? model.samplesPerHop) == model.samplesPerHop else { otherModel += 1; continue }
            legs.append(
                ScoredLeg(
                    LabelledLeg(path: "call \(call.call.id)", stretches: [.init(label: label)]), name: "call \(call.call.id)",
                    hops: leg.track.map(\.hop), hopSamples: model.samplesPerHop, mayHoldBothParties: leg.leg.isOnlyChannel))
        }
    }

    /// What was taken and what was left out, in one line.
    var summary: String {
        let left = [(sawScore, "judged by somebody who had seen the score"), (otherModel, "of another model"), (unsure, "judged unsure")]
            .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return "\(legs.count) judged calls of the store" + (left.isEmpty ? "" : "; left out: \(left.joined(separator: ", "))")
    }
}
