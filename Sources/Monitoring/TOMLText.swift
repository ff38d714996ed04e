/// What the parser of TOML answers by ending the program instead of with an error, found before it is asked.
enum TOMLText {
    /// The first such fault, with its line; nil where the parser may be asked.
    static func fault(in text: String) -> String? { unnamedTable(in: text) ?? missingValue(in: text) }

    /// A table whose name does not begin as one, which the parser answers by ending the program in builds with assertions.
    ///
    /// Rule: it looks at scalars, never at characters. Why: to the parser a bracket is one whatever combines with it, and so is a line's
    /// end after a carriage return.
    private static func unnamedTable(in text: String) -> String? {
        for (number, line) in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }
            guard words.first == "[" else { continue }
            let name = words.drop { $0 == "[" }
            let first = name.drop { $0 == " " || $0 == "\t" }.first ?? "\n"
            let isNamed = first.isASCII && first.properties.isAlphabetic || "0"..."9" ~= first || "_-\"']".unicodeScalars.contains(first)
            if words.count - name.count > 2 || !isNamed { return "line \(number + 1): a table is named as in [listen] or [[sink]]" }
        }
        return nil
    }

    /// A bracket or a comma with `}` or a foreign line break behind it, where a value must stand: the parser ends the program there too.
    private static func missingValue(in text: String) -> String? {
        let scalars = Array(text.unicodeScalars)
        var (index, line, last) = (0, 1, Unicode.Scalar(" "))
        var open: (quote: Unicode.Scalar, isLong: Bool)?
        func isTriple(_ quote: Unicode.Scalar) -> Bool { index + 2 < scalars.count && scalars[index + 1] == quote && scalars[index + 2] == quote }
        while index < scalars.count {
            let scalar = scalars[index]
            if scalar == "\n" { line += 1 }
            if let (quote, isLong) = open {
                if scalar == "\\", quote == "\"" {
                    if index + 1 < scalars.count, scalars[index + 1] == "\n" { line += 1 }
                    index += 1
                } else if isLong, scalar == quote, isTriple(quote) {
                    index += 2
                    // Two quotes more may stand at the end of a long text, and belong to it.
                    for _ in 0..<2 where index + 1 < scalars.count && scalars[index + 1] == quote { index += 1 }
                    open = nil
                } else if !isLong, scalar == quote || scalar == "\n" {
                    open = nil
                }
            } else {
                switch scalar {
                case "#": while index + 1 < scalars.count, scalars[index + 1] != "\n" { index += 1 }
                case " ", "\t", "\r", "\n": break
                case "}" where last == "[" || last == ",", "\u{85}", "\u{2028}", "\u{2029}":
                    return "line \(line): a value is missing before \(scalar == "}" ? "}" : "a line break that is none in TOML")"
                case "\"", "'":
                    open = (scalar, isTriple(scalar))
                    if open!.isLong { index += 2 }
                    last = scalar
                default: last = scalar
                }
            }
            index += 1
        }
        return nil
    }
}
