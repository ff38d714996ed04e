import Alerting
import Foundation
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
