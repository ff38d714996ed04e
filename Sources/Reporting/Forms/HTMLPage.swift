import Foundation

/// The skeleton of every page: of the reports, each a file for itself, and of those that are served. `page.css` is the style of all.
public enum HTMLPage {
    /// The style sheet of every page.
    public static let style = Resources.text("page.css")

    /// A report. Nothing of it is fetched and nothing in it runs, whatever a file's name holds: its head says so to the browser.
    /// - Parameters:
    ///   - title: words; the rest is HTML.
    static func report(title: String, header: String = "", main: String, footer: String) -> String {
        page(
            title: title,
            head: """
                <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'">
                <style>
                \(style)</style>
                """,
            body: """
                <body>
                \(header.isEmpty ? "" : "<header>\n\(header)</header>\n")<main>
                \(main)
                </main>
                <footer>
                \(footer)
                </footer>
                </body>
                """)
    }

    /// A page that is served with its style and script as files beside it; the answer's own head carries the policy.
    /// - Parameters:
    ///   - title: words; the rest is HTML.
    public static func served(title: String, header: String, main: String) -> String {
        page(
            title: title + " · Falsetto",
            head: """
                <link rel="icon" href="data:,">
                <link rel="stylesheet" href="/style.css">
                <script src="/script.js" defer></script>
                """,
            body: """
                <body>
                <a class="skip" href="#main">To the content</a>
                \(header)
                <main id="main">
                \(main)
                </main>
                </body>
                """)
    }

    private static func page(title: String, head: String, body: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title.escapedForHTML)</title>
        \(head)
        </head>
        \(body)
        </html>

        """
    }
}

/// A table of a report's figures: the first column names, the others are numbers.
struct FigureTable {
    var heads: [String]
    /// Cells as HTML, and the class of a row that is unlike the others.
    var rows: [(kind: String?, cells: [String])]
    /// Columns as wide as each other, so that tables of the same kind stand in line.
    var isFixed = false

    var html: String {
        let head = heads.map { "<th>\($0.escapedForHTML)</th>" }.joined()
        let body = rows.map { row in
            "<tr\(row.kind.map { " class=\"\($0)\"" } ?? "")>\(row.cells.map { "<td>\($0)</td>" }.joined())</tr>"
        }
        return """
            <div class="scroll"><table class="counts\(isFixed ? " fixed" : "")"><thead><tr>\(head)</tr></thead><tbody>
            \(body.joined(separator: "\n"))
            </tbody></table></div>
            """
    }
}
