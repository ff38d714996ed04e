import Foundation

/// The frame that the report's curves share: a field with two linear axes, ticks and names, as inline SVG.
struct PlotFrame {
    var width = 440.0
    var height = 300.0
    var x: ClosedRange<Double>
    var y: ClosedRange<Double>
    var xName: String
    var yName: String
    /// Steps of the ticks.
    var xStep: Double
    var yStep: Double
    /// What is multiplied to a value to name it: 100 for shares in per cent.
    var xScale = 1.0
    var yScale = 1.0
    var label: String

    private static let left = 58.0
    private static let top = 14.0

    func svg(_ content: [String]) -> String {
        let bottom = Self.top + height
        var parts = [
            """
            <svg class="plot" viewBox="0 0 \(Int(Self.left + width + 16)) \(Int(bottom + 50))" role="img" aria-label="\(label.escapedForHTML)">
            """,
            "<rect class=\"field\" x=\"\(Self.left)\" y=\"\(Self.top)\" width=\"\(width)\" height=\"\(height)\"/>",
        ]
        for value in stride(from: (x.lowerBound / xStep).rounded(.up) * xStep, through: x.upperBound + xStep / 1000, by: xStep) {
            parts.append("<path class=\"grid\" d=\"M\(number(placeX(value))) \(Self.top)V\(bottom)\"/>")
            parts.append(
                """
                <text class="tick" x="\(number(placeX(value)))" y="\(bottom + 16)" text-anchor="middle">\
                \(name(value * xScale, step: xStep * xScale))</text>
                """
            )
        }
        for value in stride(from: (y.lowerBound / yStep).rounded(.up) * yStep, through: y.upperBound + yStep / 1000, by: yStep) {
            parts.append("<path class=\"grid\" d=\"M\(Self.left) \(number(placeY(value)))H\(Self.left + width)\"/>")
            parts.append(
                """
                <text class="tick" x="\(Self.left - 6)" y="\(number(placeY(value) + 4))" text-anchor="end">\
                \(name(value * yScale, step: yStep * yScale))</text>
                """
            )
        }
        parts += content
        parts.append("<text class=\"axis\" x=\"\(Self.left + width / 2)\" y=\"\(bottom + 38)\" text-anchor=\"middle\">\(xName.escapedForHTML)</text>")
        parts.append(
            """
            <text class="axis" transform="translate(14 \(Self.top + height / 2)) rotate(-90)" text-anchor="middle">\(yName.escapedForHTML)</text>
            """
        )
        return (parts + ["</svg>"]).joined(separator: "\n")
    }

    /// A line through points; those outside are drawn at the edge.
    func line(_ points: [(Double, Double)], class name: String) -> String {
        var path = ""
        var last = (-1.0, -1.0)
        for (index, point) in points.enumerated() {
            let next = (placeX(point.0), placeY(point.1))
            guard index == 0 || index == points.count - 1 || hypot(next.0 - last.0, next.1 - last.1) > 0.34 else { continue }
            path += "\(path.isEmpty ? "M" : "L")\(number(next.0)) \(number(next.1))"
            last = next
        }
        return "<path class=\"\(name)\" d=\"\(path)\"/>"
    }

    /// A step function that rises at each value by one `count`th.
    func steps(_ ascending: [Double], of count: Int, class name: String) -> String {
        var path = "M\(number(placeX(x.lowerBound))) \(number(placeY(0)))"
        for (index, value) in ascending.enumerated() {
            path += "H\(number(placeX(value)))V\(number(placeY(Double(index + 1) / Double(count))))"
        }
        return "<path class=\"\(name)\" d=\"\(path)H\(number(placeX(x.upperBound)))\"/>"
    }

    func dot(_ a: Double, _ b: Double, radius: Double = 4, class name: String = "mark") -> String {
        "<circle class=\"\(name)\" cx=\"\(number(placeX(a)))\" cy=\"\(number(placeY(b)))\" r=\"\(number(radius))\"/>"
    }

    private func placeX(_ value: Double) -> Double {
        Self.left + width * (min(max(value, x.lowerBound), x.upperBound) - x.lowerBound) / (x.upperBound - x.lowerBound)
    }

    private func placeY(_ value: Double) -> Double {
        Self.top + height * (1 - (min(max(value, y.lowerBound), y.upperBound) - y.lowerBound) / (y.upperBound - y.lowerBound))
    }

    private func number(_ value: Double) -> String { String(format: "%.1f", value) }

    /// What adding steps of a decimal leaves behind is not printed.
    private func name(_ value: Double, step: Double) -> String { String(format: "%g", abs(value) < step / 1000 ? 0 : (value * 1e6).rounded() / 1e6) }

    /// 1, 2 or 5 times a power of ten, at least as large as the value.
    static func niceStep(_ value: Double) -> Double {
        let power = pow(10, floor(log10(value)))
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= value * (1 - 1e-9) } ?? 10 * power
    }
}
