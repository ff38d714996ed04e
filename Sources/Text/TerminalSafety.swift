extension Unicode.Scalar {
    /// Whether a terminal may act on this character instead of showing it: controls (C0, DEL, C1), separators of lines,
    /// and the invisible marks that turn the direction of the text, with which a file name can pretend to be another.
    /// Joiners (U+200C, U+200D) stay: Persian, the scripts of India and many emoji are misspelt without them.
    public var isUnsafeOnTerminal: Bool {
        switch value {
        case 0..<0x20, 0x7F...0x9F, 0x2028...0x2029, 0x200B, 0x200E...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0x2066...0x2069, 0x061C, 0xFEFF: true
        default: false
        }
    }
}

extension String {
    /// Whether there is nothing to read in it: spaces, controls and invisible marks only, or nothing at all.
    public var isBlank: Bool {
        unicodeScalars.allSatisfy { scalar in
            scalar.properties.isWhitespace || [.control, .format, .unassigned].contains(scalar.properties.generalCategory)
        }
    }

    /// The text with every character that a terminal may act on written out (`\n`, `\t`, `\u{1B}`): a file's name cannot
    /// move the cursor, set colours or forge a line of the report.
    public var escapedForTerminal: String {
        guard unicodeScalars.contains(where: \.isUnsafeOnTerminal) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.isUnsafeOnTerminal: text += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
