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
}
