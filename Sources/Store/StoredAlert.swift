import Alerting
import Screening

extension StoredAlert {
    /// How an event of the screener other than a hop is stored: its kind, and the whole of it as canonical JSON.
    static func form(of event: ScreeningEvent) -> (kind: String, record: String) {
        switch event {
        case .hop: preconditionFailure("hops are stored in the track")
        case .alertRaised(let alert): ("raised", CanonicalJSON.text(alert))
        case .alertEnded(let alert): ("ended", CanonicalJSON.text(alert))
        }
    }
}
