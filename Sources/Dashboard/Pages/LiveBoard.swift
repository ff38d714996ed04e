import Foundation
import Monitoring
import Reporting

/// What the page on the running calls shows, in words; its script only puts them in place.
struct LiveBoard {
    let words: String
    let isBlind: Bool
    /// Of the device, where one is on.
    let call: LiveCall?
    /// What telephone systems brought: those that are shown.
    let trunkCalls: [LiveCall]
    /// What is said about those that are not; empty where all are shown.
    let more: String
    /// What can be told at present: `call` (one is on at the device), `paused`, `hearing`.
    let can: [String]

    struct Word: Sendable {
        var name: String
        var label: String
        var when: String
    }

    static let words = [
        Word(name: "pause", label: "Pause: hear nothing", when: "hearing"), Word(name: "resume", label: "Hear again", when: "paused"),
        Word(name: "disclose", label: "The voice said that it is a machine's", when: "call"),
        Word(name: "end", label: "End the call here", when: "call"),
    ]

    /// - Parameter call: the id of one of many; nil for the only one.
    static func request(_ word: String, call: String?) -> ControlRequest? {
        switch word {
        case "pause": .pause
        case "resume": .resume
        case "disclose": .disclose(call: call)
        case "end": .end
        default: nil
        }
    }

    init(_ state: LiveFeed.State, isBlind: Bool) {
        self.isBlind = isBlind
        guard let reply = state.reply else {
            (words, call, trunkCalls, more, can) = (state.words, nil, [], "", [])
            return
        }
        call = reply.call.flatMap { id in reply.progress.map { LiveCall(id, $0, isBlind: isBlind) } }
        let trunks = reply.trunks
        // A call that is begun by hand at the device ends the pause there, and only there.
        let isAnyPaused = reply.isPaused || trunks?.isPaused == true
        let isAllPaused = reply.isPaused && trunks?.isPaused != false
        let place = reply.isPaused ? "device" : "telephone systems"
        let pause = isAllPaused ? "; paused: nothing is heard" : isAnyPaused ? "; paused at the \(place)" : ""
        let count = (reply.call == nil ? 0 : 1) + (trunks?.count ?? 0)
        words =
            switch count {
            case 0: isAllPaused ? "Paused: nothing is heard." : "It listens; no call is on."
            case 1: "A call is on\(pause)."
            default: "\(count) calls are on\(pause)."
            }
        let shown = trunks?.calls ?? []
        let hidden = (trunks?.count ?? 0) - shown.count
        // Which are shown, and in what order, is by their alerts, which who judges blind is not told.
        if isBlind {
            trunkCalls = hidden > 0 ? [] : shown.sorted { $0.call < $1.call }.map { LiveCall($0.call, $0.progress, isBlind: true) }
            more = hidden > 0 ? "So many calls are not shown to reviewers one by one." : ""
        } else {
            trunkCalls = shown.map { LiveCall($0.call, $0.progress, isBlind: false) }
            more = hidden > 0 ? "\(hidden) more are not shown; those with alerts stand first." : ""
        }
        can = [reply.call == nil ? nil : "call", isAnyPaused ? "paused" : nil, isAllPaused ? nil : "hearing"].compactMap(\.self)
    }

    /// For the script, on one line.
    var json: String {
        struct Form: Encodable {
            var words: String
            var more: String
            var call: LiveCall?
            var trunkCalls: [LiveCall]
            var can: [String]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and numbers that are finite cannot fail to encode.
        return String(decoding: try! encoder.encode(Form(words: words, more: more, call: call, trunkCalls: trunkCalls, can: can)), as: UTF8.self)
    }
}

/// A call that is on, in words.
struct LiveCall: Encodable {
    let id: String
    private(set) var texts: [String: String]
    /// How loud it is, from 0 to 1.
    let levelShare: Double
    private(set) var tone = "none"
    /// Whether it can still be said that the voice is a machine's; nil for who judges blind.
    private(set) var canDisclose: Bool?

    init(_ id: String, _ progress: ControlReply.Progress, isBlind: Bool) {
        self.id = id
        texts = [
            "call": id, "label": progress.label ?? "–", "length": PageParts.time(progress.seconds),
            "speech": "\(PageParts.number(progress.netSpeechSeconds, decimals: 1)) s\(progress.isSpeech == true ? ", somebody speaks" : "")",
            "spoken": "\(PageParts.number(progress.netSpeechSeconds, decimals: 1)) s",
            "dbfs": progress.levelDBFS.map { "\(PageParts.number($0, decimals: 0)) dBFS" } ?? "silence",
        ]
        let share = min(max(((progress.levelDBFS ?? -60) + 60) / 60, 0), 1)
        levelShare = (share * 100).rounded() / 100
        guard !isBlind else { return }
        texts["llr"] = progress.windowLLR.map(PageParts.llr) ?? "–"
        texts["point"] = progress.alertsAtLLR.map { "\(PageParts.llr($0)) (operating point \(progress.operatingPoint ?? ""))" } ?? "–"
        texts["at"] = progress.alertsAtLLR.map { "\(PageParts.llr($0)) (\(progress.operatingPoint ?? ""))" } ?? "–"
        texts["alerts"] = String(progress.alerts)
        canDisclose = progress.isDisclosed != true
        if progress.isDisclosed == true {
            texts["level"] = "disclosed: the voice is known, or said, to be a machine's; recorded, and silent"
            (texts["state"], tone) = ("disclosed", "syntheticDisclosed")
        } else {
            switch progress.level {
            case "alert": (texts["level"], texts["state"], tone) = ("alert: machine-made voice", "alert", "synthetic")
            case "watch": (texts["level"], texts["state"], tone) = ("watch: the evidence leans to a machine-made voice", "watch", "inconclusive")
            default: (texts["level"], texts["state"]) = ("no alert is on", "no alert")
            }
        }
    }
}
