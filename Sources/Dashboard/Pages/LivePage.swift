import Calls
import Foundation
import HTTPTypes
import Hummingbird
import Monitoring
import Reporting
import Store
import Synchronization

/// The calls that run, as they run.
extension Dashboard {
    func addLive(to router: Router<Visit>) {
        router.get("live") { _, visit in try await livePage(visit) }
        router.get("live/events") { request, visit in try liveEvents(request, visit) }
        router.post("live/:word") { request, visit in try await tell(request, visit) }
    }

    private func livePage(_ visit: Visit) async throws -> Response {
        let account = try visit.needs()
        let board = LiveBoard(await live.state(), isBlind: account.role == .reviewer)
        /// Of the device's call, or of all that is heard.
        func buttons(ofCall: Bool) -> HTML {
            let buttons: [HTML] = LiveBoard.words.filter { ($0.when == "call") == ofCall }.map { word in
                """
                <form method="post" action="/live/\(word.name)">\(visit.tokenField)\
                <button data-when="\(word.when)"\(board.can.contains(word.when) ? "" : " disabled" as HTML)>\(word.label)</button></form>
                """
            }
            return account.role == .admin ? "<div class=\"row\" data-orders\(hidden(board.can.isEmpty))>\(buttons)</div>" : ""
        }
        let caution: HTML = "<p class=\"note\">\(PageParts.caution) \(board.isBlind ? "" : PageParts.advice)</p>"
        let scores: HTML = """
            <p class="note">Window LLR: how the last seconds of speech lean, positive to a machine's voice, negative to a person's (natural log). \
            An alert begins at the LLR named, or where weaker evidence has added up, and lasts until the LLR is well below.</p>
            """
        let blind: HTML = "<p class=\"note\">You review: the score of a call is shown to you once you have judged it.</p>"
        let body: HTML = """
            <h1>Live</h1>
            <div data-live="/live/events">
            <p data-put="words" role="status">\(board.words)</p>
            \(buttons(ofCall: false))
            \(deviceCall(board, buttons: buttons(ofCall: true)))
            \(trunkCalls(board, visit, canDisclose: account.role == .admin))
            <div data-any\(hidden(board.call == nil && board.trunkCalls.isEmpty))>\(board.isBlind ? "" : scores)\(caution)\
            \(board.isBlind ? blind : "")</div>
            </div>
            <p class="note">Calls that have ended stand under <a href="/calls">Calls</a>.</p>
            """
        return Page(title: "Live", body: body, visit: visit, place: "Live").response()
    }

    private func hidden(_ isHidden: Bool) -> HTML { isHidden ? " hidden" : "" }

    private func deviceCall(_ board: LiveBoard, buttons: HTML) -> HTML {
        func put(_ name: String) -> HTML { "<span data-put=\"\(name)\">\(board.call?.texts[name] ?? "")</span>" }
        let tone = board.call?.tone ?? "none"
        let score: HTML =
            board.isBlind
            ? ""
            : """
            <dl class="facts"><dt>window LLR</dt><dd class="live-number">\(put("llr"))</dd><dt>alerts at</dt><dd>\(put("point"))</dd>
            <dt>state</dt><dd><span data-tone="\(tone)" class="tone \(tone)">\(put("level"))</span></dd>
            <dt>alerts so far</dt><dd>\(put("alerts"))</dd></dl>
            """
        return """
            <section data-call\(hidden(board.call == nil)) class="card">
            <h2>Call <a data-link class="path" href="/calls/\(board.call?.id ?? "")">\(put("call"))</a></h2>
            <dl class="facts"><dt>line</dt><dd>\(put("label"))</dd>
            <dt>length</dt><dd class="live-number">\(put("length"))</dd><dt>speech</dt><dd>\(put("speech"))</dd>
            <dt>level</dt><dd><svg class="meter" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">\
            <path d="M0 0H\(Int((board.call?.levelShare ?? 0) * 100))V10H0Z"/></svg> \(put("dbfs"))</dd></dl>
            \(score)
            \(buttons)
            </section>
            """
    }

    /// Calls of telephone systems: begun and ended by those, so that here they can be disclosed only.
    private func trunkCalls(_ board: LiveBoard, _ visit: Visit, canDisclose: Bool) -> HTML {
        var columns: [(name: String, head: TablePart.Head)] = [
            ("call", .init("call")), ("label", .init("line")), ("length", .init("length", isNumber: true)),
            ("spoken", .init("speech", isNumber: true)), ("dbfs", .init("level", isNumber: true)),
        ]
        if !board.isBlind {
            columns += [
                ("llr", .init("window LLR", isNumber: true)), ("at", .init("alerts at")), ("state", .init("state")),
                ("alerts", .init("alerts", isNumber: true)),
            ]
        }
        func row(_ call: LiveCall?) -> [HTML] {
            var cells: [HTML] = columns.map { name, _ in
                let text = call?.texts[name] ?? ""
                return switch name {
                case "call": "<a class=\"table-link\" data-cell=\"call\" href=\"/calls/\(call?.id ?? "")\">\(text)</a>"
                case "state": "<span data-cell=\"state\" class=\"tone \(call?.tone ?? "none")\">\(text)</span>"
                default: "<span data-cell=\"\(name)\">\(text)</span>"
                }
            }
            if canDisclose {
                cells.append(
                    """
                    <button class="quiet" form="disclose" name="call" value="\(call?.id ?? "")"\(call?.canDisclose == false ? " disabled" : "")>\
                    Disclose</button>
                    """)
            }
            return cells
        }
        let table = TablePart(
            caption: "Calls of telephone systems", heads: columns.map(\.head) + (canDisclose ? [.init("")] : []), rows: board.trunkCalls.map(row))
        let form: HTML =
            !canDisclose
            ? ""
            : """
            <form id="disclose" method="post" action="/live/disclose">\(visit.tokenField)</form>
            <p class="note">Disclose: the voice of that call said that it is a machine's; from there on it raises no alert.</p>
            """
        return """
            <section data-trunks\(hidden(board.trunkCalls.isEmpty && board.more.isEmpty))>
            <h2>Calls of telephone systems</h2>
            \(table.whole)
            <template data-row>\(table.row(row(nil)))</template>
            \(form)
            <p class="note" data-put="more">\(board.more)</p>
            </section>
            """
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
        let form = try await visit.ownForm(request)
        guard let word = visit.parameters.get("word"), let order = LiveBoard.request(word, call: form["call"]) else { throw HTTPError(.notFound) }
        switch await live.tell(order) {
        case .success(let reply) where reply.isDone:
            try store.noteOrder(word, call: reply.call.flatMap { try? CallID($0) }, by: account.name)
            return .redirect(to: "/live")
        case .success(let reply): throw HTTPError(.conflict, message: reply.words + ".")
        case .failure(let error):
            let words = error.kind == .absent ? "Nobody listens." : "`falsetto listen` does not answer."
            throw HTTPError(.serviceUnavailable, message: words)
        }
    }
}
