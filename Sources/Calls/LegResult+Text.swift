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

    /// Whether two results say the same. One that was stored before `openingLLR` was noted lacks it, and is compared without.
    package static func isSame(_ stored: String, _ heard: String) -> Bool {
        if stored == heard { return true }
        guard let old = LegResult(canonicalText: stored), old.openingLLR == nil, var new = LegResult(canonicalText: heard) else { return false }
        new.openingLLR = nil
        return stored == new.canonicalText
    }

    private struct Canonical: Codable {
        var durationSeconds: Double
        var verdict: Verdict
    }
}
