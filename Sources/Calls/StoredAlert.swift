import Alerting
import Screening
import Text

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
