import Alerting
import Screening
import Text

extension RecordingScreening.Arrival {
    /// One line for people: an alert, or how far it has come.
    public func line(at point: OperatingPoint) -> String {
        let name = leg.escapedForTerminal
        guard let alert else {
            return "standard input (\(name)): \(clock(seconds)) so far, \(fixed(netSpeechSeconds, 1)) s of them speech"
        }
        return "standard input (\(name)), still coming in: machine-made voice, raised at \(clock(alert.atSeconds, tenths: true)) after "
            + "\(fixed(alert.atNetSpeechSeconds, 1)) s of speech by \(Wording.evidence(alert))"
            + (Wording.mark(alert, at: point).map { ". " + $0 } ?? "")
    }
}
