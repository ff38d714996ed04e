import Alerting
import Screening
import Text

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

extension StoredAlert {
    /// How an event of the screener other than a hop is stored: its kind, and the whole of it as canonical JSON.
    package static func form(of event: ScreeningEvent) -> (kind: Kind, record: String) {
        guard case .action(let action) = event else { preconditionFailure("hops are stored in the track") }
        return switch action {
        case .watchBegan(let sample): (.watchBegan, CanonicalJSON.text(["atSample": sample]))
        case .watchEnded(let sample): (.watchEnded, CanonicalJSON.text(["atSample": sample]))
        case .raised(let alert): (.raised, CanonicalJSON.text(alert))
        case .ended(let alert): (.ended, CanonicalJSON.text(alert))
        }
    }
}
