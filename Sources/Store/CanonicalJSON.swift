import Alerting
import Foundation
import Screening

/// One value, one text: sorted keys, numbers as the shortest decimal that reads back as the same bits. So two results are the
/// same to the byte exactly when these texts are.
enum CanonicalJSON {
    static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "+inf", negativeInfinity: "-inf", nan: "nan")
        // Plain structures of numbers and texts cannot fail to encode.
        return String(decoding: try! encoder.encode(value), as: UTF8.self)
    }
}

extension LegResult {
    /// The result without its track and spectrogram, as it is stored and compared.
    var canonicalText: String {
        CanonicalJSON.text(
            Canonical(
                outcome: outcome, reason: reason, llr: llr, netSpeechSeconds: netSpeechSeconds, durationSeconds: durationSeconds,
                bandwidth: bandwidth, alerts: alerts, strongest: strongest, mayBeMixed: mayBeMixed))
    }

    private struct Canonical: Encodable {
        var outcome: Outcome
        var reason: InconclusiveReason?
        var llr: Double?
        var netSpeechSeconds: Double
        var durationSeconds: Double
        var bandwidth: Bandwidth
        var alerts: [Alert]
        var strongest: Stretch?
        var mayBeMixed: Bool
    }
}
