import Text

extension String {
    /// Safe between tags and inside quoted attributes; invisible controls are written out as on a terminal.
    var escapedForHTML: String {
        var text = ""
        for scalar in escapedForTerminal.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// A path, which a narrow page breaks behind its parts rather than within a name.
    var pathForHTML: String { escapedForHTML.replacing(/[\/_]/) { "\($0.output)<wbr>" } }
}
