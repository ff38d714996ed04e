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

    static func value<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "+inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(type, from: Data(text.utf8))
    }
}

extension LegResult {
    /// The result without its track and spectrogram, as it is stored and compared.
    var canonicalText: String { CanonicalJSON.text(Canonical(durationSeconds: durationSeconds, verdict: verdict)) }

    /// - Returns: nil when the text is no result.
    init?(canonicalText text: String) {
        guard let canonical = try? CanonicalJSON.value(Canonical.self, text) else { return nil }
        self.init(canonical.verdict, durationSeconds: canonical.durationSeconds)
    }

    private struct Canonical: Codable {
        var durationSeconds: Double
        var verdict: Verdict
    }
}
