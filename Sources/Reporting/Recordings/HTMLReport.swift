import Alerting
import Calls
import Foundation
import Policies
import Screening

/// A page that tells a person what was found: one file without script, font or picture from outside, for screen and paper.
public enum HTMLReport {
    /// - Parameters:
    ///   - records: each leg's result; it is drawn where it carries its track and spectrogram.
    ///   - made: when the page was made, in words, for the footer; the wall clock is the caller's.
    public static func page(_ records: [ReportRecord], made: String? = nil) -> String {
        let title = records.count == 1 ? "Falsetto: \(records[0].path)" : "Falsetto: \(records.count) results"
        let body = records.enumerated().map { section($1, id: "leg-\($0 + 1)") }.joined(separator: "\n")
        return HTMLPage.report(
            title: title,
            header: "<h1>Falsetto: is the voice on this call machine-made?</h1>\n" + (records.count > 1 ? overview(records) : ""),
            main: body + "\n" + explanation(records), footer: footer(records, made: made))
    }

    // MARK: several results

    private static func overview(_ records: [ReportRecord]) -> String {
        var tally = ScreeningTally()
        for record in records { tally.add(record) }
        let counts = [
            (tally.synthetic, "machine-made"), (tally.human, "human"), (tally.inconclusive, "without verdict"),
            (tally.unreadable, "not screened"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        let rows = records.enumerated().map { index, record in
            let link = "<td class=\"line\"><a class=\"path\" href=\"#leg-\(index + 1)\">\(record.path.pathForHTML)</a></td>"
            switch record {
            case .unreadable:
                return "<tr>\(link)<td></td><td class=\"tone unreadable\">not screened</td><td></td><td></td><td></td></tr>\n"
            case .analysis(let record):
                let result = record.result
                let alert = result.alerts.first.map { clock($0.atSeconds, tenths: true) }
                return "<tr>\(link)<td>\(record.leg.escapedForHTML)</td>"
                    + """
                    <td class="tone \(result.outcome.rawValue)">\(Wording.mark(result.outcome)) \
                    \(Wording.short(result, at: record.provenance.operatingPoint))</td>
                    """
                    + number(result.llr.map(signed), head: "LLR") + number(spoken(result.netSpeechSeconds), head: "speech")
                    + number(alert, head: "first alert") + "</tr>\n"
            }
        }.joined()
        return """
            <p>\(counts).</p>
            <div class="scroll"><table class="sheets"><thead>
            <tr><th>recording</th><th>leg</th><th>outcome</th><th class="number">LLR</th><th class="number">speech</th>\
            <th class="number">first alert</th></tr></thead><tbody>
            \(rows)</tbody></table></div>

            """
    }

    /// - Parameter head: stands in front of the number where the page is too narrow for columns.
    private static func number(_ value: String?, head: String) -> String {
        value.map { "<td class=\"number\" data-head=\"\(head)\">\($0)</td>" } ?? "<td class=\"number\"></td>"
    }

    // MARK: one result

    private static func section(_ record: ReportRecord, id: String) -> String {
        switch record {
        case .unreadable(let record):
            return """
                <section id="\(id)">
                <div class="verdict unreadable">
                <div class="path">\(record.path.pathForHTML)</div>
                <h2>✗ Not screened</h2>
                <p>\(record.error.escapedForHTML)</p>
                </div>
                </section>
                """
        case .analysis(let record): return section(record, id: id)
        }
    }

    /// - Parameter picture: a spectrogram that is not in the result.
    static func section(_ record: AnalysisRecord, id: String, picture: ScorePlot.Picture? = nil) -> String {
        let result = record.result
        let point = record.provenance.operatingPoint
        var text = [paragraph(Wording.errors(result, at: point), kind: "errors")]
        text += [Wording.likelihood(result, at: point), Wording.heard(result)].compactMap { $0 }.map(paragraph)
        if let next = Wording.nextVoice(result) { text.append(paragraph(next)) }
        if result.mayBeMixed { text.append(paragraph(Wording.mixed(result))) }
        if Wording.callsForAdvice(result) { text += [paragraph(Wording.advice, kind: "advice"), paragraph(Wording.caution)] }
        text += record.warnings.map { paragraph("Warning: " + $0) }
        let leg = record.leg == "mono" ? "" : " · \(record.leg.escapedForHTML)"
        return """
            <section id="\(id)">
            <div class="verdict \(result.outcome.rawValue)">
            <div class="path">\(record.path.pathForHTML)\(leg)</div>
            <h2>\(Wording.mark(result.outcome)) \(Wording.headline(result, at: point).escapedForHTML)</h2>
            \(text.joined(separator: "\n"))
            </div>
            \(player(record))\(figure(result, at: point, id: id, picture: picture))\(alertTable(result, at: point))\(facts(record))</section>
            """
    }

    /// The leg's sound, where the page was to hold it.
    private static func player(_ record: AnalysisRecord) -> String {
        record.sound.map { "<audio controls preload=\"metadata\" src=\"data:audio/wav;base64,\(Data($0).base64EncodedString())\"></audio>\n" } ?? ""
    }

    /// What was screened, when, with what, and how often that is wrong: enough to do it again.
    private static func facts(_ record: AnalysisRecord) -> String {
        let (provenance, point) = (record.provenance, record.provenance.operatingPoint)
        var rows: [(String, String)] = []
        if let recording = record.recording {
            rows.append(("recording", "\(recording.codec), \(recording.sampleRate) Hz, \(counted(recording.channels, "channel"))"))
            rows.append(("SHA-256", recording.sha256 ?? "not known: it could not be read a second time"))
        }
        if let time = record.screenedAt { rows.append(("screened", CallEvent.timestamp(time))) }
        rows.append(("program", "Falsetto \(provenance.build), kernel \(provenance.kernel)"))
        rows.append(("model", "\(provenance.modelName) \(provenance.modelIdentity)"))
        rows.append(("policy", provenance.policy.map { "\($0.name) \($0.digest)" } ?? "none for this model"))
        rows.append(("thresholds", Wording.thresholds(point)))
        rows.append(("errors", point.measurement.map { "\(Wording.promise($0)) \(Wording.measured($0))" } ?? Wording.errors(point)))
        return "<h3>What this rests on</h3>\n<dl class=\"facts\">\n"
            + rows.map { "<dt>\($0.0)</dt><dd>\($0.1.escapedForHTML)</dd>\n" }.joined() + "</dl>\n"
    }

    private static func paragraph(_ words: String) -> String { paragraph(words, kind: nil) }

    private static func paragraph(_ words: String, kind: String?) -> String {
        "<p\(kind.map { " class=\"\($0)\"" } ?? "")>\(words.escapedForHTML)</p>"
    }

    private static func figure(_ result: LegResult, at point: OperatingPoint, id: String, picture: ScorePlot.Picture?) -> String {
        let plot = ScorePlot(result, at: point, picture: picture)
        guard !plot.isEmpty else { return "" }
        let narrow = ScorePlot(result, at: point, layout: .narrow, picture: picture)
        var alerts = result.alerts.isEmpty ? "" : " Red spans are alerts, each with an upright line at its moment of decision."
        if result.alerts.contains(where: { $0.raisedBy == .change }) {
            alerts += " Where the change test raised one, the line is of the speech since that change alone from there on."
        }
        return """
            <figure>
            \(plot.sharedPicture(id: id))\(plot.svg(id: id))
            \(narrow.svg(id: id))
            <figcaption>The line is the window LLR: how the last \(Wording.seconds(point.windowNetSpeechSeconds)) of speech lean at each \
            moment; in the shaded zone, from the dashed line up, an alert is raised, and below the dotted one it ends.\(alerts) The \
            strip beside it holds the LLR of all the speech: without an alert, its zones decide between machine-made (above), human \
            (below) and no verdict. Blue bars are speech\
            \(result.spectrogram == nil ? "" : ", the picture below is the sound itself (its spectrogram)").</figcaption>
            </figure>

            """
    }

    private static func alertTable(_ result: LegResult, at point: OperatingPoint) -> String {
        guard !result.alerts.isEmpty else { return "" }
        let rows = result.alerts.enumerated().map { index, alert in
            // A row of their own: as a column they would be four words wide on a telephone.
            let words = [Wording.evidence(alert), Wording.mark(alert, at: point)].compactMap { $0 }.joined(separator: ". ")
            let end = alert.endSeconds.map { clock($0, tenths: true) } ?? "end of the call"
            return """
                <tr class="above">\(number("\(index + 1)", head: "alert"))<td>\(clock(alert.startSeconds, tenths: true)) – \(end)</td>\
                \(number(clock(alert.atSeconds, tenths: true), head: "raised at"))\
                \(number(spoken(alert.atNetSpeechSeconds), head: "after speech"))\
                <td data-head="strongest stretch">\(Wording.stretch(alert.strongest))</td></tr>
                <tr><td></td><td class="line" colspan="4">Raised by \(words.escapedForHTML)</td></tr>

                """
        }.joined()
        return """
            <h3>\(result.alerts.count == 1 ? "The alert" : "The alerts")</h3>
            <div class="scroll"><table class="sheets"><thead>
            <tr><th>alert</th><th>span</th><th class="number">raised at</th><th class="number">after speech</th>\
            <th>strongest stretch</th></tr></thead><tbody>
            \(rows)</tbody></table></div>

            """
    }

    // MARK: what stands once

    private static func explanation(_ records: [ReportRecord]) -> String {
        guard records.contains(where: { if case .analysis = $0 { true } else { false } }) else { return "" }
        return """
            <section>
            <h3>How to read this</h3>
            <p>The <b>LLR</b> (log likelihood ratio, natural logarithm, positive is machine-made) says how much better a \
            machine-made voice explains what was heard than a human voice does. At 0 both explain it equally well; at +2.3 a \
            machine-made voice explains it ten times better, at −2.3 a human voice does; at ±4.6 a hundred times. It is not the \
            probability that the voice is machine-made: that also depends on how common such calls are.</p>
            <p>It is worth what the program's tests are worth: a voice made by a system unlike any it was trained and measured \
            on, a bad line or a loudspeaker can turn it. It hears how a voice was made, not who speaks or what they want. A \
            human can deceive, and an honest caller may use a machine voice and say so.</p>
            </section>
            """
    }

    private static func footer(_ records: [ReportRecord], made: String?) -> String {
        var seen: [Provenance] = []
        for case .analysis(let record) in records where !seen.contains(record.provenance) { seen.append(record.provenance) }
        let lines = seen.map { provenance in
            let point = provenance.operatingPoint
            return "Falsetto \(provenance.build) · model \(provenance.modelName) \(provenance.modelIdentity.prefix(12)) · "
                + "operating point \(point.name)\(point.isProvisional ? " (provisional)" : "")"
                + (provenance.policy.map { " of policy \($0.name) \($0.digest.prefix(12))" } ?? "") + " · kernel \(provenance.kernel)"
        }
        let all = (made.map { ["Made \($0)"] } ?? []) + (lines.isEmpty ? ["Falsetto"] : lines)
        return all.map { paragraph($0) }.joined(separator: "\n")
    }
}

extension ReportRecord {
    /// The recording, as the user named it.
    public var path: String {
        switch self {
        case .analysis(let record): record.path
        case .unreadable(let record): record.path
        }
    }
}
