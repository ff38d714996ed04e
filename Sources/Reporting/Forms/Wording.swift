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

    /// The outcome in at most 24 characters. "Human" never stands without what is missed: silence of a detector that misses most
    /// machines is no all-clear.
    static func short(_ result: LegResult, at point: OperatingPoint) -> String {
        switch (result.outcome, result.reason) {
        case (.inconclusive, .noSpeech): "no verdict: no speech"
        case (.inconclusive, .tooLittleSpeech): "no verdict: short"
        case (.inconclusive, .outsideMeasuredConditions): "no verdict: unknown line"
        case (.inconclusive, .mixedParties): "no verdict: mixed"
        case (.inconclusive, .weakEvidence): "no verdict: weak"
        default: short(result.outcome, at: point)
        }
    }

    /// The same of a call whose reason is not known.
    static func short(_ outcome: Outcome, at point: OperatingPoint?) -> String {
        switch outcome {
        case .synthetic: return "machine-made voice"
        case .syntheticDisclosed: return "machine-made, disclosed"
        case .inconclusive: return "no verdict"
        case .human:
            guard let missed = point?.measurement?.wholeCalls?.missedShare ?? point?.measurement?.midCalls?.missedShare else {
                return "human voice, unmeasured"
            }
            return "human voice, misses \(wholePercent(missed)) %"
        }
    }

    static func headline(_ result: LegResult, at point: OperatingPoint) -> String {
        switch (result.outcome, result.reason) {
        case (.synthetic, _): "Machine-made voice"
        case (.syntheticDisclosed, _): "Machine-made voice that said so"
        case (.human, _) where result.nextVoice != nil: "Human voice, after a machine-made announcement; \(butMisses(point))"
        case (.human, _): "Human voice; \(butMisses(point))"
        case (.inconclusive, .noSpeech): "No verdict: no speech was heard"
        case (.inconclusive, .tooLittleSpeech):
            "No verdict: too little speech (\(fixed(result.netSpeechSeconds, 1)) s of the \(seconds(point.minimumNetSpeechSeconds)) needed)"
        case (.inconclusive, .outsideMeasuredConditions):
            "No verdict: the line is unlike those the error rates were measured on: \(outside(result.outside, of: result.conditions, at: point))"
        case (.inconclusive, .mixedParties): "No verdict: both parties on one channel, and they disagree"
        case (.inconclusive, .weakEvidence), (.inconclusive, nil): "No verdict: \(weak(result.llr ?? 0, at: point))"
        }
    }

    /// What the evidence comes to where it reaches neither threshold. The words follow the LLR: what is sixty times likelier one way
    /// is not called too weak, but short of what the operating point asks for.
    private static func weak(_ llr: Double, at point: OperatingPoint) -> String {
        if abs(llr) < evenLLR { return "the evidence speaks for neither" }
        return llr > 0
            ? "leans to a machine-made voice, and falls short of the \(signed(point.syntheticAtLLR)) that this operating point asks for"
            : "leans to a human voice, and falls short of the \(signed(point.humanBelowLLR)) that this operating point asks for"
    }

    /// Less than this is said to speak for neither: half as likely again.
    private static let evenLLR = 0.4

    /// The likelihood ratio with its unit, its polarity and what it means; nil where there is none.
    static func likelihood(_ result: LegResult, at point: OperatingPoint) -> String? {
        guard let llr = result.llr else { return nil }
        let isOfAPart = result.outcome == .synthetic && llr < point.syntheticAtLLR
        return "LLR \(signed(llr)) (natural log, positive is machine-made): \(meaning(llr, point.measurement))."
            + (isOfAPart ? " That is of all the speech; the outcome rests on the alert, which a part of it raised." : "")
    }

    /// What a stated LLR says, no further than held-out calls bear it out.
    static func meaning(_ llr: Double, _ measurement: OperatingPoint.Measurement?) -> String {
        if abs(llr) < 0.05 { return "what was heard is as likely from a machine-made voice as from a human one" }
        let isMachine = llr > 0
        let likelier = "likelier from a \(isMachine ? "machine-made voice than from a human one" : "human voice than from a machine-made one")"
        guard let support = measurement?.support(of: llr) else {
            return "what was heard is \(times(llr)) \(likelier)"
        }
        // Seen from the side that the LLR is on: so many times likelier, at least and at most.
        let (least, most) = isMachine ? (support.least, support.most) : (support.most.map { -$0 }, support.least.map { -$0 })
        guard let least, least > 0 else {
            return "it leans to a \(isMachine ? "machine-made" : "human") voice, but calls held out do not bear out that this is more than chance"
        }
        let range = most.map { "\(figureBelow(exp(least))) to \(figureAbove(exp($0)))" } ?? "at least \(figureBelow(exp(least)))"
        let isInside = abs(llr) >= least && abs(llr) <= most ?? .infinity
        return isInside
            ? "what was heard is \(times(llr)) \(likelier); calls held out bear out \(range)"
            : "what was heard is \(range) times \(likelier), as far as calls held out bear out"
    }

    static func heard(_ result: LegResult) -> String {
        "\(spoken(result.netSpeechSeconds)) of speech in \(clock(result.durationSeconds)) (\(result.bandwidth.words))."
    }

    static func alert(_ alert: Alert, at point: OperatingPoint) -> String {
        let end = alert.endSeconds.map { "to \(clock($0, tenths: true))" } ?? "to the end"
        return "from \(clock(alert.startSeconds, tenths: true)) \(end), raised at \(clock(alert.atSeconds, tenths: true)) "
            + "after \(spoken(alert.atNetSpeechSeconds)) of speech by \(evidence(alert)); strongest "
            + "\(stretch(alert.strongest)).\(mark(alert, at: point).map { " " + $0 } ?? "")"
    }

    /// The mark of an alert that no error rate holds for.
    static func mark(_ alert: Alert, at point: OperatingPoint) -> String? {
        alert.outside.isEmpty
            ? nil
            : "The line was unlike those measured (\(outside(alert.outside, of: alert.line, at: point))), "
                + "so nothing is known of how often such an alert is wrong."
    }

    /// What raised an alert, with its figure.
    static func evidence(_ alert: Alert) -> String {
        switch alert.raisedBy {
        case .window: "the sliding window (window LLR \(signed(alert.windowLLR)))"
        case .change: "the change test (change sum \(fixed(alert.changeSum ?? 0, 1)) of evidence; window LLR \(signed(alert.windowLLR)))"
        }
    }

    /// In what a line was unlike the measured ones: what was found, on which side of what was measured.
    /// - Parameter line: nil where it was not kept.
    static func outside(_ conditions: [Condition], of line: LineConditions?, at point: OperatingPoint) -> String {
        conditions.map { outside($0, of: line, point.conditions) }.joined(separator: "; ")
    }

    private static func outside(_ condition: Condition, of line: LineConditions?, _ limits: MeasuredConditions) -> String {
        switch condition {
        case .bandwidth:
            return line?.bandwidth == .wideband
                ? "it is in wide band, measured was the telephone band" : "it is in the telephone band, measured was wide band"
        case .level:
            guard let level = line?.speechLevelDBFS else { return "its level" }
            return level < limits.leastSpeechLevelDBFS
                ? "speech is quieter, \(decibels(level)) dBFS; measured from \(fixed(limits.leastSpeechLevelDBFS, 0)) dBFS"
                : "speech is louder, \(decibels(level)) dBFS; measured up to \(fixed(limits.mostSpeechLevelDBFS, 0)) dBFS"
        case .noise:
            guard let ratio = line?.signalToNoiseDB else { return "its noise" }
            return ratio < limits.leastSignalToNoiseDB
                ? "noisier: speech stands \(decibels(ratio)) dB above the noise; measured from \(fixed(limits.leastSignalToNoiseDB, 0)) dB"
                : "quieter between words: speech stands \(decibels(ratio)) dB above the noise; "
                    + "measured up to \(fixed(limits.mostSignalToNoiseDB ?? .infinity, 0)) dB"
        case .clipping:
            guard let share = line?.clippedShare else { return "overdriven speech" }
            return "overdriven: \(fixed(100 * share, 1)) % of the speech at full scale; measured up to \(fixed(100 * limits.mostClippedShare, 1)) %"
        case .lostSound:
            guard let share = line?.lostShare, share > limits.mostLostShare else { return "a part of its sound could not be heard" }
            return "\(fixed(100 * share, 1)) % of its sound is lost; measured up to \(fixed(100 * limits.mostLostShare, 1)) %"
        }
    }

    /// One decimal: a value that rounds onto its limit would seem to lie inside.
    private static func decibels(_ value: Double) -> String { fixed(value, 1) }

    /// What followed an announcement; nil where there was none.
    static func nextVoice(_ result: LegResult) -> String? {
        result.nextVoice.map {
            "The machine-made voice stopped at \(clock($0.startSeconds, tenths: true)). The \(spoken($0.netSpeechSeconds)) of speech "
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

    // MARK: how often it is wrong

    /// Both errors of an operating point, on one line: no rate of wrong alarms without the machines that are missed at it.
    static func errors(_ point: OperatingPoint) -> String {
        guard let measurement = point.measurement else { return "Wrong alarms and missed machines: not measured at this operating point." }
        return "Wrong alarms: \(alarms(measurement)); \(misses(measurement))."
    }

    /// The same for a leg: on a line unlike the measured ones neither holds.
    static func errors(_ result: LegResult, at point: OperatingPoint) -> String {
        result.reason == .outsideMeasuredConditions && point.measurement != nil
            ? "Wrong alarms and missed machines: not measured on such a line." : errors(point)
    }

    /// `at most 2.7 an hour of talk`.
    static func alarms(_ measurement: OperatingPoint.Measurement) -> String {
        "at most \(rate(measurement.falseAlarmsPerHourBound)) an hour of talk"
    }

    /// `misses 78 of 100 machine-made calls`; of voices from the start of the call, where any were measured.
    static func misses(_ measurement: OperatingPoint.Measurement) -> String {
        if let calls = measurement.wholeCalls { return "misses \(missed(calls)) machine-made calls" }
        if let calls = measurement.midCalls { return "misses \(missed(calls)) calls that a machine takes over" }
        return "misses not measured"
    }

    private static func butMisses(_ point: OperatingPoint) -> String {
        guard let measurement = point.measurement else { return "how many machine-made calls are missed was not measured" }
        let words = misses(measurement)
        return words == "misses not measured" ? "how many machine-made calls are missed was not measured" : "this \(words)"
    }

    /// `78 of 100`; of fewer than a hundred what was counted. All or none is never rounded to.
    private static func missed(_ calls: OperatingPoint.Measurement.Detected) -> String {
        guard calls.calls >= 100 else { return "\(calls.missed) of \(calls.calls)" }
        return "\(wholePercent(calls.missedShare)) of 100"
    }

    private static func wholePercent(_ share: Double) -> String {
        let percent = (100 * share).rounded()
        if percent == 100, share < 1 { return "99" }
        if percent == 0, share > 0 { return "1" }
        return fixed(percent, 0)
    }

    /// Where the lines are drawn, for the foot of a page or of a terminal's output.
    static func thresholds(_ point: OperatingPoint) -> String {
        let change = point.alert.change.map { " or change sum \(fixed($0.begins, 1)) of evidence" } ?? ""
        let name = point.name.escapedForTerminal
        let provisional = point.isProvisional && name != OperatingPoint.provisional.name ? ", provisional" : ""
        return "Operating point \(name)\(provisional): alert at window LLR \(signed(point.alert.window.begins))\(change), "
            + "synthetic from LLR \(signed(point.syntheticAtLLR)), human below \(signed(point.humanBelowLLR))."
    }

    /// Everything about both errors, for a page and for `falsetto policy show`.
    static func promise(_ measurement: OperatingPoint.Measurement) -> String {
        "at most \(rate(measurement.falseAlarmsPerHourBound)) false alarms per hour of people talking (95 %); "
            + """
            \(detections(measurement)); measured on \(fixed(measurement.netSpeechHours, 1)) hours of \(voices(measurement)) in \
            \(measurement.description.escapedForTerminal).
            """
    }

    private static func detections(_ measurement: OperatingPoint.Measurement) -> String {
        guard let whole = measurement.wholeCalls, let mid = measurement.midCalls else { return misses(measurement) }
        func counts(_ calls: OperatingPoint.Measurement.Detected) -> String { calls.calls >= 100 ? " (\(calls.missed) of \(calls.calls))" : "" }
        return "\(misses(measurement))\(counts(whole)) and \(missed(mid)) that a machine takes over in mid-call\(counts(mid))"
    }

    /// How many voices the alarms were counted on, and how many of them only stand for a call.
    static func voices(_ measurement: OperatingPoint.Measurement) -> String {
        let unnamed = measurement.unnamedCalls ?? 0
        if unnamed > 0, unnamed >= measurement.speakers {
            return "\(counted(measurement.speakers, "call")) of people without a name (each counted as a speaker of its own)"
        }
        let words = counted(measurement.speakers, "speaker")
        return unnamed > 0 ? "\(words) (\(counted(unnamed, "call")) without a name among them, each counted as one)" : words
    }

    /// What was counted, and what that is in other units.
    static func measured(_ measurement: OperatingPoint.Measurement) -> String {
        "\(counted(measurement.falseAlarms, "false alarm")) in \(counted(measurement.calls, "call")) of people; at most "
            + "\(rate(measurement.falseAlarmsPerLineHourBound)) per hour of line at \(fixed(100 * measurement.speechShare, 0)) % speech, "
            + "\(roundedUp(100 * measurement.perCallBound, 1)) % of calls."
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

extension Bandwidth {
    /// As people name it.
    public var words: String { self == .narrowband ? "telephone band" : "wide band" }
}
