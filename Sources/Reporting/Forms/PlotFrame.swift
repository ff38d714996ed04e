import Foundation

/// The frame of every plot: a field with two axes, their ticks and names, as inline SVG.
struct PlotFrame {
    /// One axis: what it shows, on which scale, with which ticks.
    struct Axis {
        var name = ""
        var range: ClosedRange<Double>
        var ticks: [(value: Double, name: String)]
        /// Lines through the field, or short marks outside it.
        var isGrid = true
        /// What is even on the paper: the value itself, its logarithm, its normal deviate.
        var scale: @Sendable (Double) -> Double = { $0 }

        /// From 0 at the lower end to 1 at the upper; what lies beyond is at the edge.
        func place(_ value: Double) -> Double {
            let low = scale(range.lowerBound), high = scale(range.upperBound)
            return (scale(min(max(value, range.lowerBound), range.upperBound)) - low) / (high - low)
        }

        /// - Parameters:
        ///   - step: of the ticks; nil for a round one that gives six at most.
        ///   - factor: what is multiplied to a value to name it: 100 for shares in per cent.
        static func linear(_ name: String = "", _ range: ClosedRange<Double>, step: Double? = nil, factor: Double = 1) -> Axis {
            let step = step ?? roundStep((range.upperBound - range.lowerBound) / 6)
            let first = (range.lowerBound / step - 1e-9).rounded(.up)
            let last = (range.upperBound / step + 1e-9).rounded(.down)
            let ticks = stride(from: first, through: last, by: 1).map { index in
                // What adding steps of a decimal leaves behind is not printed.
                (value: index * step, name: String(format: "%g", index == 0 ? 0 : (index * step * factor * 1e6).rounded() / 1e6))
            }
            return Axis(name: name, range: range, ticks: ticks)
        }

        /// From 1 up, with ticks at those digits of each power of ten.
        static func logarithmic(_ name: String, upTo most: Double, digits: [Double]) -> Axis {
            let ticks = (0..<9).flatMap { decade in digits.map { $0 * pow(10, Double(decade)) } }.filter { $0 <= most }
            return Axis(name: name, range: 1...most, ticks: ticks.map { ($0, String(format: "%g", $0)) }, scale: { log($0) })
        }

        /// 1, 2 or 5 times a power of ten, at least as large as the value.
        static func roundStep(_ value: Double) -> Double {
            let power = pow(10, floor(log10(value)))
            return [1, 2, 5, 10].map { $0 * power }.first { $0 >= value * (1 - 1e-9) } ?? 10 * power
        }
    }

    var left = 58.0
    var top = 14.0
    var width = 440.0
    var height = 300.0
    var x: Axis
    var y: Axis

    var right: Double { left + width }
    var bottom: Double { top + height }
    func placeX(_ value: Double) -> Double { left + width * x.place(value) }
    func placeY(_ value: Double) -> Double { top + height * (1 - y.place(value)) }

    var field: String { SVG.rect("panel", left, top, width, height) }

    /// Ticks of the upright axis; where its values have signs, zero stands out.
    var ticksY: String {
        y.ticks.map { value, name in
            let at = placeY(value)
            let isZero = value == 0 && y.range.lowerBound < 0
            return (y.isGrid ? SVG.line(isZero ? "zero" : "grid", left, at, right, at) : SVG.line("mark", left - 4, at, left, at))
                + SVG.text("tick end", left - 7, at + 4, name)
        }.joined()
    }

    var ticksX: String {
        x.ticks.map { value, name in
            let at = placeX(value)
            return (x.isGrid ? SVG.line("grid", at, top, at, bottom) : SVG.line("mark", at, bottom, at, bottom + 5))
                + SVG.text("tick middle", at, bottom + 19, name)
        }.joined()
    }

    var names: String {
        (x.name.isEmpty ? "" : SVG.text("axis", left + width / 2, bottom + 40, x.name))
            + (y.name.isEmpty ? "" : SVG.upright("axis", 14, top + height / 2, y.name))
    }

    /// The whole drawing: the frame around what stands in its field.
    func svg(_ content: [String], label: String, foot: Double = 0) -> String {
        let foot = bottom + (x.name.isEmpty ? 26 : 48) + foot
        return """
            <svg class="plot" viewBox="0 0 \(Int(right + 16)) \(Int(foot))" role="img" aria-label="\(label.escapedForHTML)">
            \(field)\(ticksX)\(ticksY)\(content.joined())\(names)</svg>
            """
    }

    // MARK: what stands in the field, by its values

    func line(_ points: [(Double, Double)], class name: String) -> String { "<path class=\"\(name)\" d=\"\(path(points))\"/>\n" }

    /// A closed area.
    func area(_ points: [(Double, Double)], class name: String) -> String { "<path class=\"\(name)\" d=\"\(path(points))Z\"/>\n" }

    /// A step function that rises at each value by one `count`th.
    func steps(_ ascending: [Double], of count: Int, class name: String) -> String {
        var points = [(x.range.lowerBound, 0.0)]
        for (index, value) in ascending.enumerated() {
            points += [(value, Double(index) / Double(count)), (value, Double(index + 1) / Double(count))]
        }
        return line(points + [(x.range.upperBound, points.last!.1)], class: name)
    }

    func dot(_ a: Double, _ b: Double, radius: Double = 4, class name: String = "dot") -> String {
        SVG.circle(name, placeX(a), placeY(b), radius: radius)
    }

    private func path(_ points: [(Double, Double)]) -> String { SVG.path(points.map { (placeX($0.0), placeY($0.1)) }) }
}
