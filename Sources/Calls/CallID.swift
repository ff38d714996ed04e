/// The name of a call: opaque, so that it can stand in any log, file name or message.
public struct CallID: Hashable, Sendable, CustomStringConvertible {
    public let text: String
    public var description: String { text }

    /// Letters and digits that nobody misreads (Crockford's base 32, lower case).
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")

    /// A new one: 60 random bits.
    public static func random() -> CallID {
        var generator = SystemRandomNumberGenerator()
        return CallID(unchecked: String((0..<12).map { _ in alphabet[Int.random(in: 0..<32, using: &generator)] }))
    }

    /// Twelve letters for the first 60 bits.
    package static func letters(_ bytes: [UInt8]) -> String { String(bytes.prefix(12).map { alphabet[Int($0 & 31)] }) }

    /// An id from outside, such as a telephone exchange's own.
    ///
    /// Rule: what looks like a telephone number is refused. Why: the id stands in every log, list and event, and none of them
    /// may identify a caller.
    /// - Throws: `CallIDError`.
    public init(_ text: String) throws(CallIDError) {
        let allowed = text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
            default: false
            }
        }
        guard allowed, 1...64 ~= text.utf8.count, text.utf8.first != UInt8(ascii: "."), text.utf8.first != UInt8(ascii: "-") else {
            throw CallIDError("'\(text)' cannot be a call's id", advice: "use 1 to 64 letters, digits, - _ . and begin with a letter or digit")
        }
        let digits = text.utf8.count { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        let letters = text.utf8.contains { UInt8(ascii: "A") <= $0 && $0 != UInt8(ascii: "_") }
        guard letters || digits < 6 else {
            throw CallIDError("a call's id may not look like a telephone number", advice: "give an opaque one, or none and one is made")
        }
        self.text = text
    }

    /// For what comes out of the database, where it was checked on its way in.
    package init(unchecked text: String) { self.text = text }
}
