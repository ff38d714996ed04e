import Alerting
import Calls
import Foundation
import Screening
import Text

/// Stored calls for a person at a terminal.
public struct StoredCallText: Sendable {
    /// Lays out what was found on a leg; its width and colour are those of all that is written here.
    public var summary: TextSummary
    /// Times are said in this zone.
    public var timeZone: TimeZone
    /// Leaves out all that Falsetto thinks of the calls, for a reviewer who is to judge without leaning on it.
    public var isBlind = false

    public init(summary: TextSummary = TextSummary(), timeZone: TimeZone = .current) {
        self.summary = summary
        // An alert is shown with the point it was raised at and how often that was wrong.
        self.summary.saysThreshold = true
        self.timeZone = timeZone
    }

    private var paint: Paint { summary.paint }

    /// A table, a call a line, the latest first.
    /// - Parameter isNarrowed: not all calls were looked for.
    public func list(_ calls: [StoredCall], isNarrowed: Bool = false) -> String {
        guard !calls.isEmpty else { return isNarrowed ? "No stored call is such.\n" : "No calls are stored.\n" }
        var rows = [["id", "began", "length"] + (isBlind ? [] : ["outcome", "alerts"]) + ["audio", "judged"]]
        for call in calls {
            rows.append(
                [call.id.text, time(call.startedAt), clock(call.durationSeconds)]
                    + (isBlind ? [] : [outcome(call), call.alertCount > 0 ? String(call.alertCount) : ""])
                    + [call.keepsAudio ? "kept" : "", judged(call)])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
        return rows.enumerated().map { index, row in
            let line = zip(row, widths).map { padded($0, $1) }.joined(separator: "  ")
            let trimmed = String(line.reversed().drop { $0 == " " }.reversed())
            return (index == 0 ? paint.bold(trimmed) : trimmed) + "\n"
        }.joined()
    }

    /// One call, all that a person wants to know of it.
    public func call(_ call: StoredCall, legs: [StoredLeg]) -> String {
        var text = paint.bold("Call \(call.id.text)") + "\n"
        func line(_ name: String, _ value: String) { text += "  \(padded(name, 10))\(value)\n" }
        line(
            "began",
            time(call.startedAt) + (call.state == .interrupted ? "; cut short: the program ended in it" : call.state == .open ? "; goes on" : ""))
        line("length", clock(call.durationSeconds))
        line("consent", call.consent.escapedForTerminal)
        if let device = call.device { line("device", device.escapedForTerminal) }
        line("audio", call.keepsAudio ? "kept, sealed" : "not kept")
        line(
            "made by",
            """
            falsetto \(call.build.escapedForTerminal), model \(call.modelName.escapedForTerminal) \(call.modelIdentity.prefix(12)), \(call.kernel), \
            policy \(call.policyName.escapedForTerminal)
            """
        )
        for judgement in call.judgements {
            line(
                "judged",
                """
                \(judgement.verdict.rawValue) by \(judgement.judge.escapedForTerminal), \
                \(time(judgement.judgedAt))\(judgement.sawScore ? ", the score seen" : ", the score not seen")
                """
            )
        }
        for leg in legs { text += "\n" + self.leg(leg, of: call) }
        return text
    }

    private func leg(_ leg: StoredLeg, of call: StoredCall) -> String {
        let name = "Leg \(leg.leg.name)"
        var text: String
        if !isBlind, let result = leg.screened, let provenance = call.provenance {
            text = summary.text(.analysis(AnalysisRecord(path: name, leg: "mono", result: result, provenance: provenance)))
        } else {
            text = paint.bold(name.escapedForTerminal) + "\n  \(clock(leg.leg.durationSeconds)), \(counted(leg.track.count, "hop")) stored\n"
            // Of a call without a result all that can be said is what happened when.
            for alert in leg.alerts where !isBlind { text += "    \(clock(hopEnd(alert.hop, leg), tenths: true))  \(Self.words(alert.kind))\n" }
            if !isBlind, leg.alerts.contains(where: { $0.kind == .raised }) { text += "    \(Wording.advice)\n" }
        }
        for mark in leg.marks {
            let length = mark.sampleCount > 0 ? " for \(fixed(LegTime.seconds(mark.sampleCount), 3)) s" : ""
            text += "    \(clock(LegTime.seconds(mark.startSample), tenths: true))  \(Self.words(mark.kind))\(length)\n"
        }
        return text
    }

    private func hopEnd(_ hop: Int, _ leg: StoredLeg) -> Double {
        guard hop > 0, let last = leg.track.indices.contains(hop - 1) ? leg.track[hop - 1] : leg.track.last else { return 0 }
        let step = leg.track.count > 1 ? leg.track[1].startSample - leg.track[0].startSample : 0
        return LegTime.seconds(last.startSample + step)
    }

    public func judgement(_ judgement: Judgement, of id: CallID) -> String {
        """
        Call \(id.text) is judged \(judgement.verdict.rawValue) by \(judgement.judge.escapedForTerminal), \
        the score \(judgement.sawScore ? "seen" : "not seen").\n
        """
    }

    public func purged(_ purged: Purged) -> String {
        if purged.waitsForClock {
            return
                """
                The clock has jumped ahead since calls were last purged; what is too old by the new time goes in an hour, \
                if the clock stands by then.\n
                """
        }
        let gone = [
            purged.calls.isEmpty && !purged.recordings.isEmpty ? nil : counted(purged.calls.count, "call"),
            purged.recordings.isEmpty ? nil : "the audio of " + counted(purged.recordings.count, "call"),
        ]
        var text = "Purged \(gone.compactMap(\.self).joined(separator: " and ")).\n"
        if purged.undelivered > 0 { text += "\(counted(purged.undelivered, "message")) that no sink had taken went with them.\n" }
        return text
    }

    public func verification(_ verification: AuditVerification) -> String {
        if let fault = verification.fault { return paint.red("✗ ") + Self.fault(fault) + ".\n" }
        guard let head = verification.head else { return "The audit chain has no entry yet.\n" }
        return """
            \(paint.green("●")) \(counted(Int(verification.entryCount), "entry", "entries")), each as it was written; what is stored matches them.
              head \(head)
            Note the head elsewhere: only `--head` with a noted one shows that the chain was not cut or written anew.

            """
    }

    /// What broke, in one sentence without its full stop.
    static func fault(_ fault: AuditVerification.Fault) -> String {
        switch fault {
        case .brokenLink(let entry): "the chain is broken at entry \(entry): it, or what stood before it, was changed, taken out or put in"
        case .changedContent(let entry, let call, let kind):
            "entry \(entry) (\(kind) of call \(call)) does not match what is stored: that was changed after it was written"
        case .missingContent(let entry, let call, let kind): "what entry \(entry) (\(kind) of call \(call)) tells of is gone, and no purge says so"
        case .unvouched(let call, let kind): "a \(kind) of call \(call) is stored that no entry tells of"
        case .headNotFound: "the chain does not hold the head that was noted: its end was cut off, or it was written anew"
        case .cutTail(let last, let expected): "the chain ends at entry \(last), but there were \(expected): its end was cut off"
        }
    }

    private func outcome(_ call: StoredCall) -> String {
        switch call.state {
        case .open: "goes on"
        case .interrupted: "cut short"
        case .ended: call.outcome.map { Wording.short($0, at: call.provenance?.operatingPoint) } ?? ""
        }
    }

    private func judged(_ call: StoredCall) -> String { call.judgements.last.map { $0.verdict.rawValue } ?? "" }

    static func words(_ kind: StoredAlert.Kind) -> String {
        switch kind {
        case .watchBegan: "watch begins: the evidence leans to a machine-made voice"
        case .watchEnded: "watch ends"
        case .raised: "alert: machine-made voice"
        case .ended: "alert ends"
        }
    }

    static func words(_ outcome: Outcome) -> String {
        switch outcome {
        case .human: "human voice"
        case .synthetic: "machine-made voice"
        case .inconclusive: "no verdict"
        case .syntheticDisclosed: "machine-made, disclosed"
        }
    }

    static func words(_ kind: Mark.Kind) -> String {
        switch kind {
        case .overrun: "lost to an overrun"
        case .dropped: "dropped by this machine"
        case .deviceGone: "the device was gone"
        case .noData: "the device gave nothing"
        case .paused: "paused"
        case .reopened: "the device was opened anew"
        case .disclosed: "said to be a machine's voice from here on"
        case .notStored: "screened, but not stored"
        }
    }

    private func time(_ date: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: date)
        func two(_ value: Int?) -> String { (value ?? 0) < 10 ? "0\(value ?? 0)" : "\(value ?? 0)" }
        return "\(parts.year ?? 0)-\(two(parts.month))-\(two(parts.day)) \(two(parts.hour)):\(two(parts.minute)) \(zone(at: date))"
    }

    /// `+02:00`: summer time is another zone.
    private func zone(at date: Date) -> String {
        let minutes = timeZone.secondsFromGMT(for: date) / 60
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(minutes < 0 ? "-" : "+")\(two(abs(minutes) / 60)):\(two(abs(minutes) % 60))"
    }
}
