import Alerting
import Screening

/// What a leg gave when it was heard again.
package struct HeardLeg: Sendable {
    package var track: [HopScore] = []
    package var events: [HeardEvent] = []
    /// Canonical; nil where the sound ended before the call did.
    package var result: String?
    package var outcome: Outcome?
    /// Hops that hang on where the sound ended.
    package var unsureHops = 0
    /// What a person should know of it.
    package var note: String?

    package init() {}

    package struct HeardEvent: Sendable, Equatable {
        package var kind: StoredAlert.Kind
        package var hop: Int
        package var record: String
    }

    /// Takes events as the screener gives them.
    package mutating func take(_ screened: [ScreeningEvent]) {
        for event in screened {
            if case .hop(let hop) = event {
                track.append(hop)
            } else {
                let (kind, record) = StoredAlert.form(of: event)
                events.append(HeardEvent(kind: kind, hop: track.count, record: record))
            }
        }
    }
}
