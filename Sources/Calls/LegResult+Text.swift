import Alerting
import Screening
import Text

extension LegResult {
    /// The result without its track and spectrogram, as it is stored and compared.
    package var canonicalText: String { CanonicalJSON.text(Canonical(durationSeconds: durationSeconds, verdict: verdict)) }

    /// - Returns: nil when the text is no result.
    package init?(canonicalText text: String) {
        guard let canonical = try? CanonicalJSON.value(Canonical.self, text) else { return nil }
        self.init(canonical.verdict, durationSeconds: canonical.durationSeconds)
    }

    private struct Canonical: Codable {
        var durationSeconds: Double
        var verdict: Verdict
    }
}
