/// What a terminal that knows no Unicode is told in ASCII instead.
public enum TerminalCharacters {
    /// Whether the reader's locale has Unicode: the first of LC_ALL, LC_CTYPE and LANG that says anything decides, as POSIX has it. Where
    /// none does, as in a container or a service, it is taken to: today's terminals are UTF-8.
    public static func haveUnicode(environment: [String: String]) -> Bool {
        guard let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap({ environment[$0] }).first(where: { !$0.isEmpty }) else { return true }
        let charset = locale.uppercased()
        return charset.hasSuffix("UTF-8") || charset.hasSuffix("UTF8") || charset.contains("UTF-8@") || charset.contains("UTF8@")
    }

    /// The text in ASCII: marks, blocks and dashes by what looks like them, as wide as before, anything else written out.
    public static func ascii(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { !$0.isASCII }) else { return text }
        var spelled = ""
        for scalar in text.unicodeScalars {
            if scalar.isASCII {
                spelled.unicodeScalars.append(scalar)
            } else {
                spelled += likenesses[scalar] ?? "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            }
        }
        return spelled
    }

    private static let likenesses: [Unicode.Scalar: String] = [
        "▲": "^", "△": "^", "●": "*", "○": "o", "✗": "x", "✓": "v", "·": "-", "–": "-", "—": "-", "−": "-", "…": "...", "→": "->",
        "▁": "_", "▂": "_", "▃": "-", "▄": "-", "▅": "=", "▆": "=", "▇": "#", "█": "#", "▔": "'", "▀": "\"", "━": "=", "─": "-",
        "▏": " ", "▎": " ", "▍": "-", "▌": "-", "▋": "=", "▊": "=", "▉": "#",
        "┤": "|", "┼": "+", "╵": "'", "▮": "#", "▯": ".", "∞": "inf", "µ": "u", "×": "x", "±": "+-", "\u{A0}": " ",
        "’": "'", "‘": "'", "“": "\"", "”": "\"",
    ]
}
