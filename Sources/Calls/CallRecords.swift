import Alerting
import Foundation
import Policies
import Screening

/// What is known of a call when it begins.
public struct CallStart: Sendable, Equatable {
    public var id: CallID
    /// Stamped once, at the door, from the store's clock.
    public var startedAt: Date
    /// Why listening is lawful, as the operator gave it (`--consent`).
    public var consent: String
    /// The device's label from the configuration; never what a driver calls it, which can name a person's phone.
    public var device: String?
    public var provenance: Provenance
    /// The policy's correction of scores, where it has one.
    public var recalibration: Recalibration?
    public var legs: [Leg]
    public var keepsAudio: Bool
    /// Why its voice is known to be a machine's from the start (`AllowList.reason`); nil where it is not.
    public var allowed: String?

    public struct Leg: Sendable, Equatable {
        /// Such as `far`.
        public var name: String
        /// As handed to `Screener.Options`: replay must hand over the same.
        public var isOnlyChannel: Bool

        public init(name: String, isOnlyChannel: Bool) {
            self.name = name
            self.isOnlyChannel = isOnlyChannel
        }
    }

    public init(
        id: CallID, startedAt: Date, consent: String, device: String?, provenance: Provenance, recalibration: Recalibration? = nil,
        legs: [Leg], keepsAudio: Bool = false, allowed: String? = nil
    ) {
        precondition(!legs.isEmpty, "a call has a leg")
        self.id = id
        self.startedAt = startedAt
        self.consent = consent
        self.device = device
        self.provenance = provenance
        self.recalibration = recalibration
        self.legs = legs
        self.keepsAudio = keepsAudio
        self.allowed = allowed
    }
}

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

/// What somebody who knows says a call was.
public struct Judgement: Sendable, Equatable {
    public enum Verdict: String, Sendable, CaseIterable {
        case human, synthetic
        /// A machine's voice that said so.
        case disclosed
        case unsure
    }

    public var verdict: Verdict
    /// Who judged: a name or initials of the reviewer.
    public var judge: String
    /// The judge had seen Falsetto's own score: such a judgement leans on it, and is no independent label.
    public var sawScore: Bool
    public var judgedAt: Date
    /// What the judge adds in words.
    public var note: String?
    /// Its place among all judgements of the store, ascending.
    public var number: Int64

    public init(verdict: Verdict, judge: String, sawScore: Bool, judgedAt: Date, note: String? = nil, number: Int64 = 0) {
        self.verdict = verdict
        self.judge = judge
        self.sawScore = sawScore
        self.judgedAt = judgedAt
        self.note = note
        self.number = number
    }
}

/// A stretch of a leg that was not heard, or a moment at which something about it changed; exact to the sample.
public struct Mark: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Samples the card or the machine lost.
        case overrun, dropped
        /// The device was gone, or gave nothing.
        case deviceGone, noData
        /// The operator had said not to listen.
        case paused
        /// The device came back, perhaps at another rate: no length of its own.
        case reopened
        /// From here on the machine's voice had said what it is.
        case disclosed
        /// Heard and screened, but not stored: the disk was full.
        case notStored
    }

    public var kind: Kind
    /// Hops of the track before it; `CallRecorder` fills it in.
    public package(set) var hop: Int
    /// At 16 kHz, from the start of the leg.
    public var startSample: Int
    public var sampleCount: Int
    /// The same in frames of the line's own rate; nil where the line has no part in it.
    public var startFrame: Int?
    public var frameCount: Int?
    /// The line's rate from here on, in Hz.
    public var sampleRate: Int?

    public init(
        _ kind: Kind, hop: Int = 0, startSample: Int, sampleCount: Int = 0, startFrame: Int? = nil, frameCount: Int? = nil,
        sampleRate: Int? = nil
    ) {
        self.kind = kind
        self.hop = hop
        self.startSample = startSample
        self.sampleCount = sampleCount
        self.startFrame = startFrame
        self.frameCount = frameCount
        self.sampleRate = sampleRate
    }
}

/// A decision of the alert engine as it was stored.
public struct StoredAlert: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable { case watchBegan, watchEnded, raised, ended }

    public var kind: Kind
    public var leg: Int
    /// Hops of the track up to and with the one that decided.
    public var hop: Int
    /// The one id that every message about it carries.
    public var event: String
    /// Canonical JSON.
    public var record: String

    package init(kind: Kind, leg: Int, hop: Int, event: String, record: String) {
        self.kind = kind
        self.leg = leg
        self.hop = hop
        self.event = event
        self.record = record
    }
}

/// A leg with all that was stored of it, enough to run the alert engine again.
public struct StoredLeg: Sendable, Equatable {
    public var leg: StoredCall.Leg
    /// Hop by hop, bit for bit what the screener said.
    public var track: [HopScore]
    public var marks: [Mark]
    public var alerts: [StoredAlert]

    package init(leg: StoredCall.Leg, track: [HopScore], marks: [Mark], alerts: [StoredAlert]) {
        self.leg = leg
        self.track = track
        self.marks = marks
        self.alerts = alerts
    }

    /// Length of a hop of the track, in samples at 16 kHz, as the model had it that heard the call; nil where the track is too short to tell.
    public var hopSamples: Int? { zip(track, track.dropFirst()).map { $1.startSample - $0.startSample }.min() }

    /// What the leg was found to be, with its track; nil until the call has ended.
    public var screened: LegResult? {
        guard var result = leg.result.flatMap(LegResult.init(canonicalText:)) else { return nil }
        result.track = track
        return result
    }
}
