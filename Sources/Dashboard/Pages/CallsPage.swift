import Alerting
import Calls
import Foundation
import HTTPTypes
import Hummingbird
import Reporting
import Screening
import Store

extension Dashboard {
    func addCalls(to router: Router<Visit>) {
        router.get("calls") { request, visit in try callsPage(request, visit) }
        router.get("calls/:id") { request, visit in try callPage(request, visit) }
        router.get("calls/:id/figure") { _, visit in try growingFigure(visit) }
        router.get("calls/:id/audio") { request, visit in try sound(request, visit) }
        router.get("calls/:id/spectrogram") { request, visit in try await spectrogram(request, visit) }
        router.get("calls/:id/export") { request, visit in try export(request, visit) }
        router.post("calls/:id/reveal") { request, visit in try await reveal(request, visit) }
        router.post("calls/:id/judgement") { request, visit in try await judge(request, visit) }
    }

    static let callsAPage = 50

    private func callsPage(_ request: Request, _ visit: Visit) throws -> Response {
        let account = try visit.needs()
        let isBlind = account.role == .reviewer
        let times = TimeWords()
        let (search, page) = try search(request, isBlind: isBlind, times: times)
        let (calls, total) = try store.calls(search)
        var heads: [TablePart.Head] = [.init("call"), .init("began"), .init("length", isNumber: true), .init("line")]
        if !isBlind { heads += [.init("outcome"), .init("alerts", isNumber: true)] }
        heads += [.init("sound"), .init("judged")]
        let rows: [[HTML]] = calls.map { call in
            var row: [HTML] = [
                "<a class=\"table-link\" href=\"/calls/\(call.id.text)\">\(call.id.text)</a>", times.html(call.startedAt),
                call.state == .open ? "" : "\(PageParts.time(call.durationSeconds))", "\(call.device ?? "")",
            ]
            if !isBlind { row += [Self.outcome(call), call.alertCount > 0 ? "\(call.alertCount)" : ""] }
            return row + [
                call.keepsAudio ? "kept" : "", isBlind ? "\(Self.own(call, account.name)?.verdict.rawValue ?? "")" : "\(Self.judged(call))",
            ]
        }
        let first = page * Self.callsAPage
        let span: HTML = total > Self.callsAPage ? ", \(first + 1) to \(min(first + Self.callsAPage, total))" : ""
        let body: HTML = """
            <h1>Calls</h1>
            \(searchForm(request, isBlind: isBlind))
            <p role="status">\(Self.counted(total, "call"))\(span); \
            times in \(times.zone).\(isBlind ? " What Falsetto thinks of a call is shown to you once you have judged it." as HTML : "")</p>
            \(calls.isEmpty ? "<p>No call is stored that fits.</p>" : TablePart(caption: "Calls, the latest first", heads: heads, rows: rows).html)
            \(pager(request, page: page, total: total))
            """
        return Page(title: "Calls", body: body, visit: visit, place: "Calls").response()
    }

    /// - Throws: 400 for a field that cannot be understood, 403 where a reviewer asks for outcomes.
    func search(_ request: Request, isBlind: Bool, times: TimeWords) throws(HTTPError) -> (CallSearch, page: Int) {
        var search = CallSearch()
        func day(_ name: String) throws(HTTPError) -> Date? {
            guard let text = request.field(name) else { return nil }
            guard let date = times.day(text) else { throw HTTPError(.badRequest, message: "'\(text)' is no date such as 2026-11-30.") }
            return date
        }
        search.from = try day("from")
        // The day itself is meant as well.
        search.until = try day("until")?.addingTimeInterval(86_400)
        if let text = request.field("outcome") {
            guard !isBlind else {
                throw HTTPError(.forbidden, message: "A reviewer does not search by outcome: that would tell what Falsetto thinks.")
            }
            guard let outcome = Outcome(rawValue: text) else { throw HTTPError(.badRequest, message: "'\(text)' is no outcome.") }
            search.outcomes = [outcome]
        }
        search.words = request.field("words") ?? ""
        guard search.words.count <= 100 else { throw HTTPError(.badRequest, message: "At most 100 characters are looked for.") }
        if let text = request.field("judged") {
            guard ["yes", "no"].contains(text) else { throw HTTPError(.badRequest, message: "Judged is yes or no.") }
            search.isJudged = text == "yes"
        }
        guard let page = Int(request.field("page") ?? "0"), 0...1_000_000 ~= page else {
            throw HTTPError(.badRequest, message: "There is no such page.")
        }
        search.limit = Self.callsAPage
        search.offset = page * Self.callsAPage
        return (search, page)
    }

    private func searchForm(_ request: Request, isBlind: Bool) -> HTML {
        func choice(_ name: String, _ label: String, _ values: [(String, String)]) -> HTML {
            let now = request.field(name) ?? ""
            let options: [HTML] = ([("", "any")] + values).map { value, words in
                "<option value=\"\(value)\"\(value == now ? " selected" as HTML : "")>\(words)</option>"
            }
            return "<label>\(label) <select name=\"\(name)\">\(options)</select></label>"
        }
        let outcomes = Outcome.allCases.map { ($0.rawValue, PageParts.words($0)) }
        return """
            <form class="search" role="search" action="/calls">
            <label>From <input type="date" name="from" value="\(request.field("from") ?? "")"></label>
            <label>Until <input type="date" name="until" value="\(request.field("until") ?? "")"></label>
            \(isBlind ? "" : choice("outcome", "Outcome", outcomes))
            \(choice("judged", "Judged", [("yes", "yes"), ("no", "no")]))
            <label>Line or call <input name="words" size="14" maxlength="100" value="\(request.field("words") ?? "")"></label>
            <button>Search</button>
            </form>
            """
    }

    private func pager(_ request: Request, page: Int, total: Int) -> HTML {
        func link(_ page: Int, _ words: String) -> HTML {
            let fields = ["from", "until", "outcome", "judged", "words"].compactMap { name in
                request.field(name).map { "\(name)=\(Self.encoded($0))" }
            }
            return "<a class=\"button\" href=\"/calls?\((fields + ["page=\(page)"]).joined(separator: "&"))\">\(words)</a>"
        }
        guard total > Self.callsAPage else { return "" }
        return """
            <nav class="row" aria-label="More calls">\(page > 0 ? link(page - 1, "← Later calls") : "")\
            \((page + 1) * Self.callsAPage < total ? link(page + 1, "Earlier calls →") : "")</nav>
            """
    }

    static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    static func outcome(_ call: StoredCall) -> HTML {
        switch call.state {
        case .open: return "<a href=\"/live\">goes on</a>"
        case .interrupted where call.outcome == nil: return "cut short"
        default:
            return call.outcome.map { "<span class=\"tone \($0.rawValue)\">\(PageParts.words($0, at: call.provenance?.operatingPoint))</span>" } ?? ""
        }
    }

    /// What most people say of it.
    static func judged(_ call: StoredCall) -> String {
        guard !call.judgements.isEmpty else { return "" }
        let people = Set(call.judgements.map(\.judge)).count
        let verdicts = Set(Dictionary(grouping: call.judgements, by: \.judge).compactMap { $0.value.last?.verdict })
        return (verdicts.count == 1 ? verdicts.first!.rawValue : "disputed") + (people > 1 ? " (\(people))" : "")
    }

    /// The last thing that somebody said of a call.
    static func own(_ call: StoredCall, _ name: String) -> Judgement? { call.judgements.last { $0.judge == name } }

    static func counted(_ count: Int, _ one: String) -> String { "\(count) \(one)\(count == 1 ? "" : "s")" }
}
