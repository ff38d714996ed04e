import Reporting

/// A piece of a page. What is put into it is escaped unless it is such a piece itself, so that no call, label or note can bring
/// an element of its own.
struct HTML: ExpressibleByStringInterpolation, Sendable {
    let text: String

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        mutating func appendLiteral(_ literal: String) { text += literal }
        mutating func appendInterpolation(_ html: HTML) { text += html.text }
        mutating func appendInterpolation(_ html: HTML?) { text += html?.text ?? "" }
        mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { text += part.text } }
        /// Disfavoured, so that what stands in the source as a literal is a piece of a page, and only what comes at run time is words.
        @_disfavoredOverload
        mutating func appendInterpolation(_ words: String) { text += PageParts.escaped(words) }
        mutating func appendInterpolation(_ number: Int) { text += String(number) }
    }

    init(stringLiteral literal: String) { text = literal }
    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }
    /// Text that is HTML already, made by this program.
    init(trusted text: String) { self.text = text }

    static let none: HTML = ""

    static func + (left: HTML, right: HTML) -> HTML { HTML(trusted: left.text + right.text) }
    static func += (left: inout HTML, right: HTML) { left = left + right }
}
