import Calls
import Foundation
import HTTPTypes
import Hummingbird
import Monitoring
import Reporting
import Store
import Synchronization

/// The call that runs, as it runs.
extension Dashboard {
    func addLive(to router: Router<Visit>) {
        router.get("live") { _, visit in try await livePage(visit) }
        router.get("live/events") { request, visit in try liveEvents(request, visit) }
        router.post("live/:word") { request, visit in try await tell(request, visit) }
    }

    private func livePage(_ visit: Visit) async throws -> Response {
        let account = try visit.needs()
        let board = LiveBoard(await live.state(), isBlind: account.role == .reviewer)
        func put(_ name: String) -> HTML { "<span data-put=\"\(name)\">\(board.texts[name] ?? "")</span>" }
        let buttons: [HTML] =
            account.role == .admin
            ? LiveBoard.words.map { word in
                """
                <form method="post" action="/live/\(word.name)">\(visit.tokenField)\
                <button data-when="\(word.when)"\(board.can.contains(word.when) ? "" : " disabled" as HTML)>\(word.label)</button></form>
                """
            } : []
        let blind: HTML = "<p class=\"note\">You review: the score of a call is shown to you once you have judged it.</p>"
        let score: HTML =
            board.isBlind
            ? blind
            : """
            <dl class="facts"><dt>window LLR</dt><dd class="live-number">\(put("llr"))</dd><dt>alerts at</dt><dd>\(put("point"))</dd>
            <dt>state</dt><dd><span data-tone="\(board.tone)" class="tone \(board.tone)">\(put("level"))</span></dd>
            <dt>alerts so far</dt><dd>\(put("alerts"))</dd></dl>
            """
        let body: HTML = """
            <h1>Live</h1>
            <div data-live="/live/events">
            <p data-put="words" role="status">\(board.words)</p>
            <section data-call\(board.call == nil ? " hidden" as HTML : "") class="card">
            <h2>Call <a data-link class="path" href="/calls/\(board.call ?? "")">\(put("call"))</a></h2>
            <dl class="facts"><dt>line</dt><dd>\(put("label"))</dd>
            <dt>length</dt><dd class="live-number">\(put("length"))</dd><dt>speech</dt><dd>\(put("speech"))</dd>
            <dt>level</dt><dd><svg class="meter" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">\
            <path d="M0 0H\(Int(board.levelShare * 100))V10H0Z"/></svg> \(put("dbfs"))</dd></dl>
            \(score)
            <p class="note">\(PageParts.caution) \(board.isBlind ? "" : PageParts.advice)</p>
            </section>
            <div class="row">\(buttons)</div>
            </div>
            """
        return Page(title: "Live", body: body, visit: visit, place: "Live").response()
    }

    private func liveEvents(_ request: Request, _ visit: Visit) throws -> Response {
        let account = try visit.needs()
        let session = request.cookies[Gate.cookie]?.value
        let last = Mutex<String>("")
        return EventStream.response { [self] in
            // Who signs out, or is removed, sees no more.
            guard try store.account(named: account.name)?.role == account.role else { return nil }
            if options.trustedHeader == nil { guard let session, try sessions.isOpen(session) else { return nil } }
            let text = LiveBoard(await live.state(), isBlind: account.role == .reviewer).json
            return last.withLock { last in
                defer { last = text }
                return last == text ? [] : [.init(name: "live", data: text)]
            }
        }
    }

    private func tell(_ request: Request, _ visit: Visit) async throws -> Response {
        let account = try visit.needs(.admin)
        _ = try await visit.ownForm(request)
        guard let word = LiveBoard.words.first(where: { $0.name == visit.parameters.get("word") }) else { throw HTTPError(.notFound) }
        switch await live.tell(word.request) {
        case .success(let reply) where reply.isDone:
            try store.noteOrder(word.name, call: reply.call.flatMap { try? CallID($0) }, by: account.name)
            return .redirect(to: "/live")
        case .success(let reply): throw HTTPError(.conflict, message: reply.words + ".")
        case .failure(let error):
            let words = error.kind == .absent ? "Nobody listens." : "`falsetto listen` does not answer."
            throw HTTPError(.serviceUnavailable, message: words)
        }
    }
}

/// What the page on the running call shows, in words; its script only puts them in place.
struct LiveBoard {
    let words: String
    let call: String?
    let isBlind: Bool
    private(set) var texts: [String: String] = [:]
    private(set) var levelShare = 0.0
    private(set) var tone = "human"
    /// What can be told at present: `call` (one is on), `paused`, `hearing`.
    private(set) var can: [String] = []

    struct Word: Sendable {
        var name: String
        var label: String
        var when: String
        var request: ControlRequest
    }

    static let words = [
        Word(name: "pause", label: "Pause: hear nothing", when: "hearing", request: .pause),
        Word(name: "resume", label: "Hear again", when: "paused", request: .resume),
        Word(name: "disclose", label: "The voice said that it is a machine's", when: "call", request: .disclose(call: nil)),
        Word(name: "end", label: "End the call here", when: "call", request: .end),
    ]

    init(_ state: LiveFeed.State, isBlind: Bool) {
        self.isBlind = isBlind
        let reply = state.reply
        call = reply?.call
        words =
            switch (reply, reply?.call) {
            case (nil, _): state.words
            case (let reply?, nil): reply.isPaused ? "Paused: nothing is heard." : "It listens; no call is on."
            case (let reply?, _?): reply.isPaused ? "A call is on; paused: nothing is heard." : "A call is on."
            }
        guard let reply else { return }
        can = [reply.call == nil ? nil : "call", reply.isPaused ? "paused" : "hearing"].compactMap(\.self)
        guard let call, let progress = reply.progress else { return }
        texts = [
            "call": call, "label": progress.label ?? "–", "length": PageParts.time(progress.seconds),
            "speech": "\(PageParts.number(progress.netSpeechSeconds, decimals: 1)) s\(progress.isSpeech == true ? ", somebody speaks" : "")",
            "dbfs": progress.levelDBFS.map { "\(PageParts.number($0, decimals: 0)) dBFS" } ?? "silence",
        ]
        levelShare = min(max(((progress.levelDBFS ?? -60) + 60) / 60, 0), 1)
        guard !isBlind else { return }
        texts["llr"] = progress.windowLLR.map(PageParts.llr) ?? "–"
        texts["point"] = progress.alertsAtLLR.map { "\(PageParts.llr($0)) (operating point \(progress.operatingPoint ?? ""))" } ?? "–"
        texts["alerts"] = String(progress.alerts)
        if progress.isDisclosed == true {
            texts["level"] = "disclosed: the voice is known, or said, to be a machine's; recorded, and silent"
            tone = "syntheticDisclosed"
        } else {
            switch progress.level {
            case "alert": (texts["level"], tone) = ("alert: machine-made voice", "synthetic")
            case "watch": (texts["level"], tone) = ("watch: the evidence leans to a machine-made voice", "inconclusive")
            default: texts["level"] = "no alert is on"
            }
        }
    }

    /// For the script, on one line.
    var json: String {
        struct Form: Encodable {
            var words: String
            var call: String?
            var texts: [String: String]
            var levelShare: Double
            var tone: String
            var can: [String]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let form = Form(words: words, call: call, texts: texts, levelShare: (levelShare * 100).rounded() / 100, tone: tone, can: can)
        // Texts and numbers that are finite cannot fail to encode.
        return String(decoding: try! encoder.encode(form), as: UTF8.self)
    }
}
