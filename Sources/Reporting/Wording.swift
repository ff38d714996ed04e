import Alerting
import Foundation
import Screening
import Text

/// The sentences that people read, said once for terminal and page.
///
/// Rule: it says "machine-made voice", never "scam". Why: the program hears how a voice was made, not what it wants; a
/// disclosed machine voice is lawful, and a human can defraud. Otherwise a reader acts on a claim that nobody measured.
enum Wording {
    static func mark(_ outcome: Outcome) -> String {
        switch outcome {
        case .synthetic: "▲"
        case .syntheticDisclosed: "△"
        case .human: "●"
        case .inconclusive: "○"
        }
    }

    /// The outcome in at most 24 characters.
    static func short(_ result: LegResult) -> String {
        switch (result.outcome, result.reason) {
        case (.synthetic, _): "machine-made voice"
        case (.syntheticDisclosed, _): "machine-made, disclosed"
        case (.human, _): "human voice"
        case (.inconclusive, .noSpeech): "no verdict: no speech"
        case (.inconclusive, .tooLittleSpeech): "no verdict: short"
        case (.inconclusive, .outsideMeasuredConditions): "no verdict: unknown line"
        case (.inconclusive, .mixedParties): "no verdict: mixed"
        case (.inconclusive, .weakEvidence), (.inconclusive, nil): "no verdict: weak"
        }
    }

    static func headline(_ result: LegResult, at point: OperatingPoint) -> String {
        switch (result.outcome, result.reason) {
        case (.synthetic, _): "Machine-made voice"
        case (.syntheticDisclosed, _): "Machine-made voice that said so"
        case (.human, _) where result.nextVoice != nil: "Human voice, after a machine-made announcement"
        case (.human, _): "Human voice"
        case (.inconclusive, .noSpeech): "No verdict: no speech was heard"
        case (.inconclusive, .tooLittleSpeech):
            "No verdict: too little speech (\(fixed(result.netSpeechSeconds, 1)) s of the \(seconds(point.minimumNetSpeechSeconds)) needed)"
        case (.inconclusive, .outsideMeasuredConditions):
            "No verdict: the line is unlike those the error rates were measured on (\(outside(result.outside)))"
        case (.inconclusive, .mixedParties): "No verdict: both parties on one channel, and they disagree"
        case (.inconclusive, .weakEvidence), (.inconclusive, nil): "No verdict: the evidence is too weak to say"
        }
    }

    /// The likelihood ratio with its unit, its polarity and what it means; nil where there is none.
    static func likelihood(_ result: LegResult, at point: OperatingPoint) -> String? {
        guard let llr = result.llr else { return nil }
        let meaning = abs(llr) < 0.05
            ? "what was heard is as likely from a machine-made voice as from a human one"
            : "what was heard is \(times(llr)) likelier from a \(llr > 0 ? "machine-made voice than from a human one" : "human voice than from a machine-made one")"
        let isOfAPart = result.outcome == .synthetic && llr < point.syntheticAtLLR
        return "LLR \(signed(llr)) (natural log, positive is machine-made): \(meaning)."
            + (isOfAPart ? " That is of all the speech; the outcome rests on the alert, which a part of it raised." : "")
    }

    static func heard(_ result: LegResult) -> String {
        let band = result.bandwidth == .narrowband ? "telephone band" : "wide band"
        return "\(fixed(result.netSpeechSeconds, 1)) s of speech in \(clock(result.durationSeconds)) (\(band))."
    }

    static func alert(_ alert: Alert) -> String {
        let end = alert.endSeconds.map { "to \(clock($0, tenths: true))" } ?? "to the end"
        return "from \(clock(alert.startSeconds, tenths: true)) \(end), raised at \(clock(alert.atSeconds, tenths: true)) "
            + "after \(fixed(alert.atNetSpeechSeconds, 1)) s of speech by \(evidence(alert)); strongest "
            + "\(stretch(alert.strongest)).\(mark(alert).map { " " + $0 } ?? "")"
    }

    /// The mark of an alert that the promise does not hold for.
    static func mark(_ alert: Alert) -> String? {
        alert.outside.isEmpty
            ? nil : "The line was unlike those measured (\(outside(alert.outside))), so nothing is known of how often such an alert is wrong."
    }

    /// What raised an alert, with its figure.
    static func evidence(_ alert: Alert) -> String {
        switch alert.raisedBy {
        case .window: "the sliding window (window LLR \(signed(alert.windowLLR)))"
        case .change: "a change of voice (change sum \(fixed(alert.changeSum ?? 0, 1)) of evidence; window LLR \(signed(alert.windowLLR)))"
        }
    }

    /// In what a line was unlike the measured ones.
    static func outside(_ conditions: [Condition]) -> String {
        conditions.map {
            switch $0 {
            case .bandwidth: "its band"
            case .level: "its level"
            case .noise: "its noise"
            case .clipping: "overdriven speech"
            case .lostSound: "lost sound"
            }
        }.joined(separator: ", ")
    }

    /// What followed an announcement; nil where there was none.
    static func nextVoice(_ result: LegResult) -> String? {
        result.nextVoice.map {
            "The machine-made voice stopped at \(clock($0.startSeconds, tenths: true)). The \(fixed($0.netSpeechSeconds, 1)) s of speech "
                + "after it stand at LLR \(signed($0.llr)); the LLR above is of the whole leg."
        }
    }

    static func stretch(_ stretch: Stretch) -> String {
        "\(clock(stretch.startSeconds, tenths: true))–\(clock(stretch.endSeconds, tenths: true)) (window LLR \(signed(stretch.windowLLR)))"
    }

    static func mixed(_ result: LegResult) -> String {
        let strongest = result.strongest.map { " The strongest stretch is \(stretch($0))." } ?? ""
        return "mixed? This channel seems to hold more than one party, one of them machine-made.\(strongest)"
    }

    /// Also where a channel that holds both parties alerted and got no verdict.
    static func callsForAdvice(_ result: LegResult) -> Bool { result.outcome == .synthetic || !result.alerts.isEmpty }

    static let advice = "What to do: hang up, and ring back on a number you know."
    static let caution = "An honest caller may use a machine voice and say so: this tells how the voice was made, not what it wants."

    static func threshold(_ point: OperatingPoint) -> String {
        let change = point.alert.change.map { " or change sum \(fixed($0.begins, 1)) of evidence" } ?? ""
        let at = "alert at window LLR \(signed(point.alert.window.begins))\(change), human below LLR \(signed(point.humanBelowLLR))"
        let name = point.name.escapedForTerminal
        guard let measurement = point.measurement else {
            let provisional = name == OperatingPoint.provisional.name ? name : "\(name), provisional"
            return "Threshold: \(provisional) (\(at)); nobody has measured how often it is wrong."
        }
        return "Threshold: \(name) (\(at)): \(promise(measurement)) \(measured(measurement))"
    }

    /// What stands beside the alerts of a leg: how often such an alert was measured to be wrong; nil where there is none that
    /// the promise holds for.
    static func promise(_ alerts: [Alert]) -> String? {
        guard let alert = alerts.first(where: \.outside.isEmpty) else { return nil }
        let name = alert.operatingPoint.escapedForTerminal
        guard let measurement = alert.measurement else {
            return "Setting \(name): nobody has measured how often such an alert is wrong."
        }
        return "Setting \(name): \(promise(measurement))"
    }

    /// The promise, on one line.
    static func promise(_ measurement: OperatingPoint.Measurement) -> String {
        let speakers = "\(measurement.speakers) \(measurement.speakers == 1 ? "speaker" : "speakers")"
        return "at most \(rate(measurement.falseAlarmsPerHourBound)) false alarms per hour of people talking (95 %), measured on "
            + "\(fixed(measurement.netSpeechHours, 1)) hours of \(speakers) in \(measurement.description.escapedForTerminal)."
    }

    /// What was counted, and what that is in other units.
    static func measured(_ measurement: OperatingPoint.Measurement) -> String {
        let alarms = "\(measurement.falseAlarms) false \(measurement.falseAlarms == 1 ? "alarm" : "alarms")"
        return "\(alarms) in \(measurement.calls) calls of people; at most \(rate(measurement.falseAlarmsPerLineHourBound)) per hour of line "
            + "at \(fixed(100 * measurement.speechShare, 0)) % speech, \(roundedUp(100 * measurement.perCallBound, 1)) % of calls."
    }

    /// Whole seconds without decimals, others with one: `3 s`, `2.5 s`.
    static func seconds(_ value: Double) -> String {
        value == value.rounded() ? "\(fixed(value, 0)) s" : "\(fixed(value, 1)) s"
    }

    /// A bound on a rate.
    static func rate(_ value: Double) -> String { roundedUp(value, value >= 1 ? 1 : 3) }

    /// A bound is rounded up: a promise is not made smaller by printing it.
    private static func roundedUp(_ value: Double, _ decimals: Int) -> String {
        let scale = decimals == 1 ? 10.0 : 1000.0
        return fixed((value * scale - 1e-9).rounded(.up) / scale, decimals)
    }
}
