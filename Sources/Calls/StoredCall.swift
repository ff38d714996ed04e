import Alerting
import Foundation
import Policies
import Screening

/// A stored call without its tracks.
public struct StoredCall: Sendable, Equatable {
    public enum State: String, Sendable {
        /// A daemon is listening to it.
        case open
        case ended
        /// The daemon died in it; what had been stored until then is here.
        case interrupted
    }

    public struct Leg: Sendable, Equatable {
        public var name: String
        public var isOnlyChannel: Bool
        /// Length at 16 kHz, gaps and pauses included.
        public var sampleCount: Int
        /// Nil until the call has ended.
        public var outcome: Outcome?
        /// The whole result as canonical JSON; nil until the call has ended.
        public var result: String?

        public var durationSeconds: Double { LegTime.seconds(sampleCount) }

        package init(name: String, isOnlyChannel: Bool, sampleCount: Int, outcome: Outcome?, result: String?) {
            self.name = name
            self.isOnlyChannel = isOnlyChannel
            self.sampleCount = sampleCount
            self.outcome = outcome
            self.result = result
        }
    }

    public var id: CallID
    public var state: State
    public var startedAt: Date
    public var consent: String
    public var device: String?
    public var build: String
    public var modelName: String
    public var modelIdentity: String
    public var kernel: String
    public var policyName: String
    /// The policy the call was screened with, as canonical JSON.
    public var policy: String
    public var legs: [Leg]
    public var keepsAudio: Bool
    public var alertCount: Int
    public var judgements: [Judgement]
    /// It is one of the tenth that is judged whatever its score, so that rates of all calls can be told from it.
    public var isInRandomShare: Bool

    package init(
        id: CallID, state: State, startedAt: Date, consent: String, device: String?, build: String, modelName: String, modelIdentity: String,
        kernel: String, policyName: String, policy: String, legs: [Leg], keepsAudio: Bool, alertCount: Int, judgements: [Judgement],
        isInRandomShare: Bool
    ) {
        self.id = id
        self.state = state
        self.startedAt = startedAt
        self.consent = consent
        self.device = device
        self.build = build
        self.modelName = modelName
        self.modelIdentity = modelIdentity
        self.kernel = kernel
        self.policyName = policyName
        self.policy = policy
        self.legs = legs
        self.keepsAudio = keepsAudio
        self.alertCount = alertCount
        self.judgements = judgements
        self.isInRandomShare = isInRandomShare
    }

    /// What the call is as a whole: one synthetic leg makes it so.
    public var outcome: Outcome? {
        let all = legs.compactMap(\.outcome)
        for outcome in [Outcome.synthetic, .syntheticDisclosed, .human, .inconclusive] where all.contains(outcome) { return outcome }
        return nil
    }

    public var durationSeconds: Double { legs.map(\.durationSeconds).max() ?? 0 }

    /// What the call was screened with; nil when its policy cannot be read.
    public var provenance: Provenance? {
        (try? AppliedPolicy(stored: policy)).map {
            Provenance(
                build: build, modelName: modelName, modelIdentity: modelIdentity, operatingPoint: $0.operatingPoint,
                policy: $0.policy, kernel: kernel)
        }
    }
}
