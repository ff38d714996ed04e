import HTTPTypes
import Hummingbird
import Reporting
import Store

/// A whole page around its body.
struct Page {
    var title: String
    var body: HTML
    var visit: Visit
    /// Which of the ways at the top it belongs to.
    var place = ""

    func response(status: HTTPResponse.Status = .ok) -> Response {
        .text(HTMLPage.served(title: title, header: top.text, main: body.text), type: "text/html; charset=utf-8", status: status)
    }

    private var top: HTML {
        guard let account = visit.account else { return "<header class=\"top\"><span class=\"brand\">Falsetto</span></header>" }
        let ways = [
            ("Live", "/live"), ("Calls", "/calls"), ("Review", "/review"), ("People", "/people"), ("Numbers", "/numbers"), ("Known voices", "/known"),
        ]
        let links: [HTML] = ways.map { name, path in
            "<a href=\"\(path)\"\(name == place ? " aria-current=\"page\"" as HTML : "")>\(name)</a>"
        }
        let out: HTML =
            visit.formToken == nil
            ? ""
            : """
            <form method="post" action="/sign-out">\(visit.tokenField)<button class="quiet">Sign out</button></form>
            """
        return """
            <header class="top"><span class="brand">Falsetto</span><nav aria-label="Pages">\(links)</nav>\
            <div class="who"><span>\(account.name), \(account.role.rawValue)</span>\(out)</div></header>
            """
    }
}

extension Visit {
    /// What each form of ours carries.
    var tokenField: HTML { "<input type=\"hidden\" name=\"token\" value=\"\(formToken ?? "")\">" }
}

/// A table: heads and rows; numbers stand at the right.
struct TablePart {
    struct Head {
        var words: String
        var isNumber = false

        init(_ words: String, isNumber: Bool = false) {
            self.words = words
            self.isNumber = isNumber
        }
    }

    var caption: String
    var heads: [Head]
    var rows: [[HTML]]

    /// Nothing where there are no rows.
    var html: HTML { rows.isEmpty ? "" : whole }

    /// With its heads even where no row stands yet.
    var whole: HTML {
        let top: [HTML] = heads.map { "<th scope=\"col\"\($0.isNumber ? " class=\"number\"" as HTML : "")>\($0.words)</th>" }
        let body: [HTML] = rows.map { row($0) + "\n" }
        return """
            <div class="scroll" tabindex="0" role="region" aria-label="\(caption)"><table class="sheets"><caption class="hidden">\(caption)</caption>
            <thead><tr>\(top)</tr></thead><tbody>
            \(body)</tbody></table></div>
            """
    }

    /// On narrow pages a row is a small sheet, and each cell says of which column it is.
    func row(_ cells: [HTML]) -> HTML {
        let parts: [HTML] = zip(cells, heads).map { cell, head in
            "<td\(head.isNumber ? " class=\"number\"" as HTML : "")\(head.words.isEmpty ? "" : " data-head=\"\(head.words)\"" as HTML)>\(cell)</td>"
        }
        return "<tr>\(parts)</tr>"
    }
}
