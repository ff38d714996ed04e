/// What spreadsheets do to a table that is to be CSV in UTF-8, told in one sentence each.
public enum TextProblem {
    /// Why these bytes are no UTF-8 text, and what to do; nil where they are.
    public static func encoding(of bytes: [UInt8]) -> String? {
        // Every second byte of Latin text in UTF-16 is zero, with or without a byte order mark.
        let start = bytes.prefix(64)
        let zeros = start.indices.filter { start[$0] == 0 }
        let isWide = start.count >= 4 && zeros.count * 3 > start.count && (zeros.allSatisfy { $0 % 2 == 0 } || zeros.allSatisfy { $0 % 2 == 1 })
        if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) || isWide {
            return "this is UTF-16 text, as spreadsheets and PowerShell write it; save it as UTF-8"
        }
        guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
        var line = 1, begin = 0
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            if String(validating: bytes[begin..<offset], as: UTF8.self) == nil { break }
            (line, begin) = (line + 1, offset + 1)
        }
        return "line \(line): this is not UTF-8 text; save it as UTF-8"
    }

    /// Why a header without a comma is no row of CSV; nil where nothing looks like another separator.
    public static func separator(of header: some StringProtocol) -> String? {
        for (mark, name) in [(Character(";"), "semicolons"), ("\t", "tabs"), ("|", "bars")] where header.contains(mark) {
            return "the columns are separated by \(name); separate them by commas"
        }
        return nil
    }
}
