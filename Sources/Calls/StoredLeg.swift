import Screening

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
