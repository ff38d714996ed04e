import Alerting
import Foundation
import Screening

/// Something that happened on a monitored call, or on its line: what sinks are sent, streams print and the store keeps.
///
/// Times on a call are seconds from its start; `at` is the wall clock, stamped once when the call began and counted on from
/// there in samples, so that a clock that is set meanwhile moves nothing.
public struct CallEvent: Sendable, Equatable {
    /// The version of the machine-readable form, carried by every event.
    public static let schema = "falsetto.event/1"

    public enum Kind: Sendable, Equatable {
        case callStarted(consent: String, legs: [String], provenance: Provenance, byHand: Bool)
        case hop(HopScore)
        case watchBegan(atSample: Int)
        case watchEnded(atSample: Int)
        case alertRaised(Alert)
        case alertEnded(Alert)
        /// Sound is missing.
        case gap(startSeconds: Double, seconds: Double, cause: Mark.Kind)
        /// The voice said that it is a machine's: nothing is alerted from here on.
        case disclosed(atSeconds: Double)
        case callEnded(reason: EndReason, durationSeconds: Double, legs: [EndedLeg])
        /// The device delivers nothing; screening goes on when it is back.
        case lineAway(words: String)
        case lineBack
        /// Something about storing or sending that a person should know.
        case notice(String)
    }

    public struct EndedLeg: Sendable, Equatable {
        public var name: String
        public var result: LegResult

        public init(name: String, result: LegResult) {
            self.name = name
            self.result = result
        }
    }

    /// One event, one id: whoever receives it twice can tell.
    public var id: String
    /// Nil for what belongs to no call.
    public var call: String?
    /// The leg it happened on; nil where it concerns the whole call or line.
    public var leg: String?
    public var at: Date
    public var kind: Kind

    public init(id: String, call: String?, leg: String? = nil, at: Date, kind: Kind) {
        self.id = id
        self.call = call
        self.leg = leg
        self.at = at
        self.kind = kind
    }

    /// The kind's name, as it stands in `event` and in the configuration of a sink.
    public var name: String {
        switch kind {
        case .callStarted: "callStarted"
        case .hop: "hop"
        case .watchBegan: "watchBegan"
        case .watchEnded: "watchEnded"
        case .alertRaised: "alertRaised"
        case .alertEnded: "alertEnded"
        case .gap: "gap"
        case .disclosed: "disclosed"
        case .callEnded: "callEnded"
        case .lineAway: "lineAway"
        case .lineBack: "lineBack"
        case .notice: "notice"
        }
    }

    /// The kinds that a sink can be sent, in order of importance.
    public static let names = [
        "alertRaised", "alertEnded", "watchBegan", "watchEnded", "callStarted", "callEnded", "disclosed", "gap", "lineAway", "lineBack", "notice",
    ]
}
