import HTTPTypes
import Hummingbird
import Store

/// Machine voices that the site knows of: its own voice bots, and callers who said so. Everybody sees the list, an admin changes it.
extension Dashboard {
    func addAllowList(to router: Router<Visit>) {
        router.get("known") { _, visit in try knownVoicesPage(visit) }
        router.post("known/add") { request, visit in try await allow(request, visit) }
        router.post("known/remove") { request, visit in try await disallow(request, visit) }
    }

    private func knownVoicesPage(_ visit: Visit) throws -> Response {
        let account = try visit.needs()
        let voices = try store.allowedVoices()
        let isAdmin = account.role == .admin
        var heads: [TablePart.Head] = [.init("what"), .init("which"), .init("whose voice"), .init("by"), .init("since")]
        if isAdmin { heads.append(.init("")) }
        let times = TimeWords()
        let rows: [[HTML]] = voices.map { voice in
            let row: [HTML] = ["\(Self.words(voice.kind))", "\(voice.key)", "\(voice.note)", "\(voice.by ?? "command line")", times.html(voice.at)]
            return !isAdmin
                ? row
                : row + [
                    """
                    <form method="post" action="/known/remove">\(visit.tokenField)<input type="hidden" name="kind" value="\(voice.kind.rawValue)">\
                    <input type="hidden" name="key" value="\(voice.key)">\
                    <button class="quiet" aria-label="Remove \(voice.kind.rawValue) \(voice.key)">Remove</button></form>
                    """
                ]
        }
        let body: HTML = """
            <h1>Known voices</h1>
            <p>Machine voices that nobody has to be warned of: your own voice bots, and callers who said that a machine speaks. A call of one is \
            shown as disclosed; it is stored and counted, raises no alert, and no sink hears of it. A change holds for the calls that begin \
            some seconds later.</p>
            \(voices.isEmpty ? "<p>No voice is known yet.</p>" : TablePart(caption: "Known machine voices", heads: heads, rows: rows).html)
            \(isAdmin ? form(visit) : "<p class=\"note\">An admin changes this list.</p>")
            <p class="note">Whoever is on this list is not warned of, be it a bank's robot or somebody who sends the bank's number: \
            a number can be forged. List lines that only your own bots use, where you can.</p>
            """
        return Page(title: "Known voices", body: body, visit: visit, place: "Known voices").response()
    }

    private func form(_ visit: Visit) -> HTML {
        let kinds: [HTML] = AllowedVoice.Kind.allCases.map { "<option value=\"\($0.rawValue)\">\(Self.words($0))</option>" }
        return """
            <h2>Add one</h2>
            <form class="sheet" method="post" action="/known/add">\(visit.tokenField)
            <label>What <select name="kind">\(kinds)</select></label>
            <label>Which: the line's label, or the caller's number or name as the telephone system gives it
            <input name="which" required maxlength="64" autocomplete="off"></label>
            <label>Whose voice that is <input name="note" maxlength="200" autocomplete="off"></label>
            <button>Add</button></form>
            <p class="note">Of a caller only a digest is kept, coded with a key of this machine; the number itself is not.</p>
            """
    }

    private static func words(_ kind: AllowedVoice.Kind) -> String {
        switch kind {
        case .line: "all calls of a line"
        case .caller: "one caller (digest)"
        }
    }

    private func kind(_ form: [String: String]) throws(HTTPError) -> AllowedVoice.Kind {
        guard let kind = form["kind"].flatMap(AllowedVoice.Kind.init(rawValue:)) else {
            throw HTTPError(.badRequest, message: "A known voice is a line's or a caller's.")
        }
        return kind
    }

    private func allow(_ request: Request, _ visit: Visit) async throws -> Response {
        let account = try visit.needs(.admin)
        let form = try await visit.ownForm(request)
        try store.allow(try kind(form), form["which"] ?? "", note: form["note"] ?? "", by: account.name)
        return .redirect(to: "/known")
    }

    private func disallow(_ request: Request, _ visit: Visit) async throws -> Response {
        let account = try visit.needs(.admin)
        let form = try await visit.ownForm(request)
        try store.disallow(try kind(form), key: form["key"] ?? "", by: account.name)
        return .redirect(to: "/known")
    }
}
