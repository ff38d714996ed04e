import Alerting
import Calls
import Screening

/// What a page of stored calls takes from the reports: one style, one drawing, one set of words.
public enum PageParts {
    /// Safe between tags and inside quoted attributes.
    public static func escaped(_ text: String) -> String { text.escapedForHTML }

    /// A leg's verdict, its drawing and its alerts with what they rest on.
    /// - Parameters:
    ///   - id: unique on the page.
    ///   - picture: where the spectrogram of the leg's whole length is, up to `kilohertz`; nil for none.
    public static func leg(_ result: LegResult, name: String, provenance: Provenance, id: String, picture: String? = nil) -> String {
        HTMLReport.section(
            AnalysisRecord(path: name, leg: "mono", result: result, provenance: provenance), id: id,
            picture: picture.map { ScorePlot.Picture(href: $0, seconds: result.durationSeconds) })
    }

    /// How far up the spectrogram of a leg goes.
    public static func kilohertz(_ bandwidth: Bandwidth) -> Int { ScorePlot.kilohertz(bandwidth) }

    /// A spectrogram as a PNG.
    /// - Parameter levels: in dB above some floor, `bands` a column, lowest frequency first; at least one column.
    public static func picture(levels: [UInt8], bands: Int) -> [UInt8] {
        SpectrogramImage(levels: levels, bandCount: bands, columnSeconds: 1, bands: bands)!.png
    }

    /// The drawing alone, for a leg that is still being heard; empty where there is nothing to draw.
    public static func drawing(_ result: LegResult, at point: OperatingPoint, id: String) -> String {
        let plot = ScorePlot(result, at: point)
        return plot.isEmpty ? "" : plot.sharedPicture(id: id) + plot.svg(id: id) + ScorePlot(result, at: point, layout: .narrow).svg(id: id)
    }

    /// When somebody spoke on a leg, and nothing of what was made of it.
    public static func speech(_ result: LegResult) -> [ClosedRange<Double>] {
        result.speechIntervals.map { $0.startSeconds...max($0.startSeconds, $0.endSeconds) }
    }

    /// A mark of one character and the outcome in words, as something to look for.
    public static func words(_ outcome: Outcome) -> String { "\(Wording.mark(outcome)) \(StoredCallText.words(outcome))" }
    /// A mark of one character and what came out, with what its operating point misses.
    public static func words(_ outcome: Outcome, at point: OperatingPoint?) -> String {
        "\(Wording.mark(outcome)) \(Wording.short(outcome, at: point))"
    }
    public static func words(_ kind: Mark.Kind) -> String { StoredCallText.words(kind) }
    public static func words(_ kind: StoredAlert.Kind) -> String { StoredCallText.words(kind) }

    /// A moment or a length: `0:08`, `12:40`, `1:02:03`.
    public static func time(_ seconds: Double, tenths: Bool = false) -> String { clock(seconds, tenths: tenths) }
    /// A likelihood ratio with its sign and two decimals.
    public static func llr(_ value: Double) -> String { signed(value) }
    public static func number(_ value: Double, decimals: Int) -> String { fixed(value, decimals) }
    /// The thresholds, and how often they were measured to be wrong either way.
    public static func threshold(_ point: OperatingPoint) -> String { Wording.thresholds(point) + " " + Wording.errors(point) }

    public static let advice = Wording.advice
    public static let caution = Wording.caution
}
