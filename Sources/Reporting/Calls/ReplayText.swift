import Alerting
import Calls
import Foundation
import Screening
import Text

/// A replay for people and for machines.
public enum ReplayText {
    /// A few lines, ending with a newline.
    public static func text(_ report: ReplayReport, colour: Bool) -> String {
        let paint = Paint(on: colour)
        var text = paint.bold("Call \(report.call.id.text)") + ": \(way(report.way))\n"
        for leg in report.legs {
            text += "  leg \(leg.name.escapedForTerminal): \(leg.hopCount) hops compared"
            if let hop = leg.firstDifferentHop {
                text += paint.yellow(", differs from hop \(hop + 1) on" + (leg.firstDifferentSeconds.map { " (\(clock($0, tenths: true)))" } ?? ""))
                if leg.largestEvidenceDifference > 0 { text += ", evidence by up to \(leg.largestEvidenceDifference)" }
            } else {
                text += ", the same to the byte"
            }
            text += "; \(leg.eventCount) events " + (leg.eventsAreSame ? "the same" : paint.yellow("differ"))
            switch leg.resultIsSame {
            case true?: text += "; the result is the same"
            case false?: text += paint.yellow("; the result differs")
            case nil: text += "; no result to compare"
            }
            if let stored = leg.storedOutcome, let replayed = leg.replayedOutcome { text += " (\(stored.rawValue), replayed \(replayed.rawValue))" }
            text += ".\n"
        }
        for note in report.notes { text += "  Note: \(note.escapedForTerminal).\n" }
        for reason in report.reasons { text += "  \(sentence(reason)).\n" }
        return text + "  " + conclusion(report, paint) + "\n"
    }

    public static func json(_ report: ReplayReport) -> String {
        let legs = report.legs.map { leg in
            JSONValue.object([
                ("leg", .string(leg.name)),
                ("hopsCompared", .integer(leg.hopCount)),
                ("storedHops", .integer(leg.storedHopCount)),
                ("replayedHops", .integer(leg.replayedHopCount)),
                ("firstDifferentHop", leg.firstDifferentHop.map(JSONValue.integer) ?? .null),
                ("largestEvidenceDifference", .number(leg.largestEvidenceDifference)),
                ("events", .integer(leg.eventCount)),
                ("eventsAreSame", .bool(leg.eventsAreSame)),
                ("resultIsSame", leg.resultIsSame.map(JSONValue.bool) ?? .null),
                ("storedOutcome", JSONValue(leg.storedOutcome?.rawValue)),
                ("replayedOutcome", JSONValue(leg.replayedOutcome?.rawValue)),
            ])
        }
        return JSONValue.object([
            ("id", .string(report.call.id.text)),
            ("way", .string(word(report.way))),
            ("judgement", .string(report.judgement.rawValue)),
            ("reasons", .array(report.reasons.map { .string(sentence($0)) })),
            ("notes", .array(report.notes.map(JSONValue.string))),
            ("legs", .array(legs)),
        ]).pretty() + "\n"
    }

    private static func word(_ way: ReplayReport.Way) -> String {
        switch way {
        case .audio: "audio"
        case .track: "track"
        case .recording: "recording"
        }
    }

    private static func way(_ way: ReplayReport.Way) -> String {
        switch way {
        case .audio: "the kept audio was heard again by the whole engine, with its gaps and pauses"
        case .track: "the stored score track was judged again by the alert engine; no sound was heard"
        case .recording(let name): "the recording \(name.escapedForTerminal) was heard by the whole engine; it knows nothing of gaps and pauses"
        }
    }

    private static func sentence(_ reason: ReplayReport.Reason) -> String {
        switch reason {
        case .model(let stored, let now): "The call was screened with model \(stored.prefix(12)), this is \(now.prefix(12))"
        case .policy(let stored, let now): "The call was judged by policy \(stored.escapedForTerminal), this is \(now.escapedForTerminal)"
        case .kernel(let stored, let now):
            "The call was screened at kernel level \(stored.escapedForTerminal), this machine runs \(now.escapedForTerminal)"
        case .build(let stored, let now): "The call was screened by falsetto \(stored.escapedForTerminal), this is \(now.escapedForTerminal)"
        }
    }

    private static func conclusion(_ report: ReplayReport, _ paint: Paint) -> String {
        switch report.judgement {
        case .same: paint.green("● ") + "The same, to the byte."
        case .differs: paint.red("✗ ") + "Not the same, by the same program, model, policy and kernel level."
        case .notComparable: paint.yellow("○ ") + "Not the same bytes; for the reasons above they need not be."
        }
    }
}
