import Alerting
import Policies
import Text

/// A policy for people: what it promises, what it draws its lines at, and on what that was measured.
public struct PolicyText: Sendable {
    private let summary: TextSummary

    public init(width: Int = 80) { summary = TextSummary(width: width) }

    public func text(_ policy: Policy) -> String {
        var text =
            "Policy \(policy.name.escapedForTerminal), for the model \(policy.model.name.escapedForTerminal) (\(policy.model.identity.prefix(12)))\n"
        text += line("asked for", policy.target) + line("made by", policy.madeBy)
        if let recalibration = policy.recalibration { text += line("scores", Self.words(recalibration)) }
        for point in policy.completePoints { text += "\n" + self.text(point, detections: policy.detections) }
        if let part = policy.measuredOn { text += "\nMeasured on\n" + self.text(part) + scores(policy.peopleScores) }
        if let part = policy.chosenOn {
            let unit = policy.splitBy.map { $0.escapedForTerminal }
            if policy.measuresWhatChose {
                text +=
                    "\nChosen on\n"
                    + line("what", "the same calls, each measured with thresholds chosen on other \(unit.map { "\($0)s" } ?? "calls")")
            } else {
                text += "\nChosen on" + (unit.map { " (no \($0) in common)" } ?? "") + "\n" + self.text(part)
            }
        }
        return text
    }

    private func text(_ point: OperatingPoint, detections: [Policy.Detection]) -> String {
        var text = "Operating point \(point.name.escapedForTerminal)\n"
        text += line(
            "errors", point.measurement.map(Wording.promise) ?? "none measured: provisional, nobody knows how often it is wrong, nor what it misses")
        if let measured = point.measurement {
            text += line("measured", Wording.measured(measured))
            text += line(
                "bounds",
                "an hour of people talking, 95 %: Poisson \(Wording.rate(measured.poissonBoundPerHour))"
                    + (measured.bootstrapBoundPerHour.map {
                        ", bootstrap by \(measured.speakers == measured.unnamedCalls ? "call" : "speaker") \(Wording.rate($0))"
                    } ?? "")
                    + (measured.worstSourcePerHour.map { ", worst held-out source \(Wording.rate($0))" } ?? ""))
        }
        text += line(
            "alert",
            Self.words(point.alert, point) + Self.steadyWords(point) + "; after \(Wording.seconds(point.alert.minimumNetSpeechSeconds)) of speech")
        text += line("watch", Self.words(point.watch, point))
        text += line("leg", "synthetic from LLR \(signed(point.syntheticAtLLR)), human below \(signed(point.humanBelowLLR))")
        text += line("lines", Self.words(point.conditions))
        for detection in detections where detection.operatingPoint == point.name { text += line("detects", Self.words(detection)) }
        for support in point.measurement?.support ?? [] { text += line("LLR", Self.words(support)) }
        return text
    }

    private func text(_ part: Policy.Part) -> String {
        line("what", part.description)
            + line(
                "people",
                "\(counted(part.humanCalls, "call")), \(spoken(3600 * part.humanNetSpeechHours)) of speech in \(spoken(3600 * part.humanLineHours)), "
                    + (part.speakers > 0 ? counted(part.speakers, "speaker") : "no speaker named") + ", "
                    + (part.sources > 0 ? counted(part.sources, "source") : "no source named"))
            + line("machines", "\(counted(part.syntheticCalls, "call")), \(spoken(3600 * part.syntheticNetSpeechHours)) of speech")
    }

    private func scores(_ scores: PeopleScores?) -> String {
        guard let scores else { return line("scores", "not in this policy; the page Numbers compares a site's calls with its first ones") }
        return scores.bands.map { band in
            let parts = [0.1, 0.5, 0.9].map { share in
                let edge = band.edge(near: share)
                return "\(fixed(100 * edge.share, 0)) % up to LLR \(signed(edge.llr))"
            }
            // Where many score alike, one edge may be nearest to several.
            let words = parts.indices.filter { parts.firstIndex(of: parts[$0]) == $0 }.map { parts[$0] }.joined(separator: ", ")
            return line(
                "scores",
                "of people's first \(Wording.seconds(scores.netSpeechSeconds)) of speech, \(band.bandwidth.words): \(words) "
                    + "(\(counted(band.callCount, "call")))")
        }.joined()
    }

    private func line(_ name: String, _ words: String) -> String {
        summary.wrapped(padded(name, 10).replacing(" ", with: "\u{A0}") + words.escapedForTerminal, indent: 2, hanging: 10)
            .replacing("\u{A0}", with: " ")
    }

    private static func words(_ rule: LevelRule, _ point: OperatingPoint) -> String {
        var words =
            """
            window LLR \(signed(rule.window.begins)) over \(Wording.seconds(point.windowNetSpeechSeconds)), \
            ends below \(signed(rule.window.endsBelow))
            """
        if let change = rule.change, let drift = point.changeDrift {
            words += "; or change sum \(fixed(change.begins, 2)) of evidence less \(fixed(drift, 2)) a hop, ends below \(fixed(change.endsBelow, 2))"
        }
        if rule.holdNetSpeechSeconds > 0 { words += "; held for \(Wording.seconds(rule.holdNetSpeechSeconds))" }
        return words
    }

    private static func steadyWords(_ point: OperatingPoint) -> String {
        guard let steady = point.steady else { return "" }
        return
            """
            ; or window LLR that stays at \(signed(point.alert.window.begins - steady.margin)) or more for \(Wording.seconds(steady.netSpeechSeconds))
            """
    }

    private static func words(_ conditions: MeasuredConditions) -> String {
        let any = MeasuredConditions.unlimited
        var words = [conditions.bandwidths.map(\.words).joined(separator: " and ")]
        if conditions.leastSpeechLevelDBFS > any.leastSpeechLevelDBFS || conditions.mostSpeechLevelDBFS < any.mostSpeechLevelDBFS {
            words.append("speech at \(fixed(conditions.leastSpeechLevelDBFS, 0)) to \(fixed(conditions.mostSpeechLevelDBFS, 0)) dBFS")
        }
        if let most = conditions.mostSignalToNoiseDB {
            words.append("\(fixed(conditions.leastSignalToNoiseDB, 0)) to \(fixed(most, 0)) dB above the noise")
        } else if conditions.leastSignalToNoiseDB > any.leastSignalToNoiseDB {
            words.append("at least \(fixed(conditions.leastSignalToNoiseDB, 0)) dB above the noise")
        }
        if conditions.mostClippedShare < any.mostClippedShare { words.append("at most \(percent(conditions.mostClippedShare)) of it clipped") }
        if conditions.mostLostShare < any.mostLostShare { words.append("at most \(percent(conditions.mostLostShare)) lost") }
        return words.joined(separator: "; ")
    }

    private static func words(_ recalibration: Recalibration) -> String {
        switch recalibration {
        case .affine(let scale, let offset): "recalibrated: LLR' = \(fixed(scale, 3)) LLR \(offset < 0 ? "-" : "+") \(fixed(abs(offset), 3))"
        case .knots(let knots): "recalibrated by \(knots.count) knots (isotonic)"
        }
    }

    private static func words(_ detection: Policy.Detection) -> String {
        var words = "\(detection.kind): \(detection.detected) of \(counted(detection.calls, "call")), \(detection.calls - detection.detected) missed"
        if let median = detection.medianNetSpeechSeconds {
            words += ", after \(fixed(median, 1)) s of its speech (median)"
            if let ninetieth = detection.ninetiethNetSpeechSeconds { words += ", \(fixed(ninetieth, 1)) s (90th percentile)" }
        }
        return words
    }

    private static func words(_ support: LLRSupport) -> String {
        let stated =
            switch (support.from, support.below) {
            case (let from?, let below?): "\(signed(from)) to \(signed(below))"
            case (let from?, nil): "\(signed(from)) and more"
            case (nil, let below?): "below \(signed(below))"
            case (nil, nil): "any"
            }
        return "stated \(stated): held-out calls bear out \(support.least.map(signed) ?? "any") to \(support.most.map(signed) ?? "any") "
            + "(95 %; \(support.human) human, \(support.synthetic) synthetic)"
    }

    private static func percent(_ share: Double) -> String { "\(fixed(100 * share, 1)) %" }
}
