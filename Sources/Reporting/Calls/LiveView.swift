import Alerting
import Calls
import Foundation
import Screening
import Text

/// What is going on, for a person at a terminal: events in, rows out. Whoever shows it draws the rows over the last ones.
///
/// Pure: no clock, no terminal. Memory is bounded by `timelineSeconds` a leg, however long the call.
public struct LiveView: Sendable {
    struct Leg: Sendable {
        var name: String
        /// The newest hops, oldest first.
        var hops: [HopScore] = []
        var netSpeechSeconds = 0.0
        var alert: Alert?
        var alertCount = 0
        var isDisclosed = false
    }

    /// Five minutes.
    static let timelineSeconds = 300.0
    private static let noticesShown = 3

    public var width: Int
    private let paint: Paint
    private let point: OperatingPoint
    private let hopSeconds: Double
    private(set) var call: String?
    private(set) var legs: [Leg] = []
    private var notices: [String] = []
    private var last: String?
    private var isAway = false
    private let waits: Bool

    /// - Parameter waitsToBeTold: nothing is heard until a call is begun from outside.
    public init(width: Int, colour: Bool, operatingPoint: OperatingPoint, hopSeconds: Double, waitsToBeTold: Bool) {
        self.width = min(max(width, 40), 140)
        paint = Paint(on: colour)
        point = operatingPoint
        self.hopSeconds = hopSeconds
        waits = waitsToBeTold
    }

    /// Whether the event changes what is seen enough to be drawn at once.
    public static func isUrgent(_ event: CallEvent) -> Bool { if case .hop = event.kind { false } else { true } }

    public mutating func take(_ event: CallEvent) {
        switch event.kind {
        case .callStarted(_, let names, _, _):
            call = event.call
            legs = names.map { Leg(name: $0) }
        case .hop(let hop):
            let seconds = hopSeconds
            change(event.leg) { $0.add(hop, seconds) }
        case .alertRaised(let alert):
            change(event.leg) {
                $0.alert = alert
                $0.alertCount += 1
            }
        case .alertEnded(let alert): change(event.leg) { $0.alert = alert }
        case .disclosed: change(event.leg) { $0.isDisclosed = true }
        case .callEnded(let reason, let seconds, let ended):
            last = ended.map { leg in
                let llr = leg.result.llr.map { ", LLR \(signed($0))" } ?? ""
                let alerts = leg.result.alerts.count
                return "Last call \(event.call ?? "") (\(clock(seconds)), ended by \(Self.words(reason))): "
                    + "\(Wording.mark(leg.result.outcome)) \(Wording.short(leg.result, at: point))\(llr)"
                    + (alerts > 0 ? ", \(counted(alerts, "alert"))" : "")
            }.joined(separator: "; ")
            call = nil
            legs = []
        case .lineAway(let words):
            isAway = true
            note(words)
        case .lineBack:
            isAway = false
            note("the device is back")
        case .gap(_, let seconds, let cause):
            note("\(fixed(seconds, 2)) s of sound are missing (\(Self.gapWords(cause))); marked, not heard as speech")
        case .notice(let words): note(words)
        case .watchBegan, .watchEnded: break
        }
    }

    /// No wider than `width`, no newline in any.
    public func rows() -> [String] {
        var rows: [String] = []
        if let call {
            let seconds = legs.compactMap { $0.hops.last?.startSeconds }.max() ?? 0
            rows.append(paint.bold("Falsetto hears call \(call)") + "  \(clock(seconds))" + (isAway ? paint.yellow("  the device is away") : ""))
            for leg in legs { rows += self.rows(of: leg) }
        } else {
            let state =
                isAway
                ? paint.yellow("The device is away; it is tried again")
                : waits ? "It hears nothing until `falsetto call start`" : "Waiting for a call"
            rows.append(paint.bold("Falsetto") + "  " + state)
        }
        rows += wrapped(Wording.errors(point)) { $0 } + wrapped(Wording.thresholds(point), style: paint.dim)
        if let last { rows += wrapped(last) { $0 } }
        for notice in notices { rows += wrapped("· " + notice, style: paint.dim) }
        return rows.map { Self.clipped($0, to: width) }
    }

    /// A row cut to so many columns; sequences that set colours take none and stay.
    static func clipped(_ row: String, to width: Int) -> String {
        var text = "", columns = 0, isSequence = false
        for character in row {
            if character == "\u{1B}" { isSequence = true }
            if isSequence {
                text.append(character)
                if character == "m" { isSequence = false }
            } else if columns < width {
                text.append(character)
                columns += 1
            }
        }
        return text
    }

    private func rows(of leg: Leg) -> [String] {
        let newest = leg.hops.last
        let level = newest.map { Double($0.levelDBFS) } ?? -.infinity
        let meter = Int((min(max((level + 70) / 70, 0), 1) * 20).rounded())
        let speech = newest?.isSpeech == true ? paint.blue("speech ") : paint.dim("silence")
        let score = newest?.windowLLR.map { "window LLR \(signed($0))" } ?? "no score yet"
        let name = legs.count > 1 ? padded(leg.name.escapedForTerminal, 6) + " " : ""
        var rows = [
            "  " + name + "level " + paint.green(String(repeating: "▮", count: meter)) + paint.dim(String(repeating: "▯", count: 20 - meter))
                + " " + leftPadded(level.isFinite ? fixed(level, 0) : "−∞", 4) + " dBFS  " + speech,
            "  " + score + paint.dim(" (natural log, positive is machine-made)") + " · net speech \(spoken(leg.netSpeechSeconds))",
        ]
        rows += timeline(leg).map { "  " + $0 }
        if leg.isDisclosed {
            rows.append("  " + paint.yellow("The voice said that it is machine-made: recorded, no alerts."))
        } else if let alert = leg.alert {
            let isOn = alert.endSample == nil
            let times =
                """
                at \(clock(alert.atSeconds, tenths: true)), after \(spoken(alert.atNetSpeechSeconds)) of speech, window LLR \(signed(alert.windowLLR))
                """
            rows += wrapped("▲ Machine-made voice \(isOn ? "" : "(the evidence has ended) ")\(times)", indent: 2) { paint.bold(paint.red($0)) }
            rows += wrapped(Wording.advice, indent: 2, style: paint.bold)
            rows += wrapped(Wording.caution, indent: 2, style: paint.dim)
        }
        return rows
    }

    /// The newest hops, a column for as many of them as make the timeline fit.
    private func timeline(_ leg: Leg) -> [String] {
        let columns = max(width - 2 - TimelineText.labelColumns, 8)
        let hopsPerColumn = max(1, (leg.hops.count + columns - 1) / columns)
        // Whole columns from the newest back, so that a column does not change once it is full.
        var groups: [ArraySlice<HopScore>] = []
        var start = leg.hops.startIndex
        while start < leg.hops.endIndex {
            let end = min(start + hopsPerColumn, leg.hops.endIndex)
            groups.append(leg.hops[start..<end])
            start = end
        }
        let speech = groups.map { group in
            let share = Double(group.count { $0.isSpeech }) / Double(group.count)
            return TimelineText.bar(share * 0.625, lowest: share > 0)
        }.joined()
        let drawing = TimelineText(width: columns, paint: paint)
        return [drawing.label("speech") + " " + paint.blue(speech)]
            + drawing.scoreRows(groups.map { $0.compactMap(\.windowLLR).max() }, at: point)
    }

    private mutating func change(_ leg: String?, _ body: (inout Leg) -> Void) {
        guard let index = legs.firstIndex(where: { $0.name == leg }) else { return }
        body(&legs[index])
    }

    private mutating func note(_ words: String) {
        notices.append(words.escapedForTerminal)
        notices.removeFirst(max(0, notices.count - Self.noticesShown))
    }

    private func wrapped(_ text: String, indent: Int = 0, style: (String) -> String) -> [String] {
        TextSummary(width: width).wrapped(text, indent: indent, style: style).split(separator: "\n").map(String.init)
    }

    static func gapWords(_ cause: Mark.Kind) -> String {
        switch cause {
        case .overrun: "the device's buffer ran over"
        case .dropped: "the machine was too busy"
        case .deviceGone: "the device was away"
        case .noData: "the device gave nothing"
        case .paused: "paused"
        case .reopened: "the device was opened again"
        case .disclosed: "the voice said that it is a machine's"
        case .notStored: "the disk was full"
        }
    }

    static func words(_ reason: EndReason) -> String {
        switch reason {
        case .silence: "silence of the line"
        case .noSpeech: "nobody speaking"
        case .away: "the device being away"
        case .told: "falsetto call end"
        case .replaced: "another call"
        case .shutdown: "the end of the program"
        case .hungUp: "the telephone system"
        case .connectionLost: "a lost connection"
        case .idle: "a connection that stood still"
        case .malformed: "a malformed message"
        case .tooLong: "its length"
        }
    }
}

extension LiveView.Leg {
    fileprivate mutating func add(_ hop: HopScore, _ hopSeconds: Double) {
        hops.append(hop)
        hops.removeFirst(max(0, hops.count - Int((LiveView.timelineSeconds / hopSeconds).rounded())))
        if hop.isSpeech { netSpeechSeconds += hopSeconds }
    }
}
