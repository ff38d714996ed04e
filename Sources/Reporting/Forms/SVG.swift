import Foundation

/// The shapes of the drawings; their colours and type are the classes of `page.css`.
enum SVG {
    /// A place, to a tenth of a unit.
    static func number(_ value: Double) -> String {
        let text = fixed(value, 1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    static func rect(_ kind: String, _ x: Double, _ y: Double, _ width: Double, _ height: Double, title: String? = nil) -> String {
        let inside = title.map { "><title>\($0.escapedForHTML)</title></rect>\n" } ?? "/>\n"
        return "<rect class=\"\(kind)\" x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(max(width, 0)))\" height=\"\(number(max(height, 0)))\""
            + inside
    }

    static func line(_ kind: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
        "<line class=\"\(kind)\" x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\"/>\n"
    }

    static func circle(_ kind: String, _ x: Double, _ y: Double, radius: Double = 5) -> String {
        "<circle class=\"\(kind)\" cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"\(number(radius))\"/>\n"
    }

    static func text(_ kind: String, _ x: Double, _ y: Double, _ words: String) -> String {
        "<text class=\"\(kind)\" x=\"\(number(x))\" y=\"\(number(y))\">\(words.escapedForHTML)</text>\n"
    }

    /// Words that read upwards, the middle of them at a place.
    static func upright(_ kind: String, _ x: Double, _ y: Double, _ words: String) -> String {
        "<text class=\"\(kind)\" transform=\"translate(\(number(x)) \(number(y))) rotate(-90)\">\(words.escapedForHTML)</text>\n"
    }

    /// A line through places; one nearer than a third of a unit to the last one drawn is left out, the ends excepted.
    static func path(_ places: [(x: Double, y: Double)]) -> String {
        var path = ""
        var last = (x: -1.0, y: -1.0)
        for (index, next) in places.enumerated() {
            guard index == 0 || index == places.count - 1 || hypot(next.x - last.x, next.y - last.y) > 0.34 else { continue }
            path += "\(path.isEmpty ? "M" : "L")\(number(next.x)) \(number(next.y))"
            last = next
        }
        return path
    }

    /// A drawing that stands in no page: the plots' part of the style sheet is written into it, in its light colours, for viewers that
    /// know no variables.
    static func alone(_ drawing: String) -> String {
        let sheet = HTMLPage.style
        var colours: [Substring: Substring] = [:]
        for match in sheet.prefix(upTo: sheet.firstRange(of: "@media")!.lowerBound).matches(of: /--([a-z-]+): ([^;]+);/) {
            colours[match.1] = match.2
        }
        let rules = sheet.split(separator: "\n").filter { $0.hasPrefix(".plot ") || $0.hasPrefix(".plot {") }.joined(separator: "\n")
        let style = rules.replacing(/var\(--([a-z-]+)\)/) { String(colours[$0.1] ?? "inherit") }
        return drawing.replacing(/<svg [^>]*>/, maxReplacements: 1) {
            "<svg xmlns=\"http://www.w3.org/2000/svg\"\($0.output.dropFirst(4))\n<style>\n\(style)\n</style>"
                + "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>"
        }
    }
}
