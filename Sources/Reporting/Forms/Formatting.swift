import Foundation

/// A number with a fixed count of decimals, rounded to nearest (ties away from zero), never in exponent form up to 1e15.
func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    guard abs(value) < 1e15 else { return value.description }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 9e18 else { return value.description }
    let units = Int(scaled)
    let whole = units / Int(scale)
    let sign = value < 0 && units > 0 ? "-" : ""
    guard decimals > 0 else { return sign + String(whole) }
    let fraction = String(units % Int(scale))
    return sign + String(whole) + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
}

/// A likelihood ratio with its sign, two decimals: `+3.10`, `-0.42`, `+0.00`.
func signed(_ value: Double) -> String {
    let text = fixed(value, 2)
    return text.hasPrefix("-") ? text : "+" + text
}

/// A point in time for people: `0:08`, `12:40`, `1:02:03`; with one decimal where `tenths` is set: `0:08.6`.
func clock(_ seconds: Double, tenths: Bool = false) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    let total = tenths ? (max(seconds, 0) * 10).rounded() : max(seconds, 0).rounded()
    let units = Int(total)
    let whole = tenths ? units / 10 : units
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
    let text = hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
    return tenths ? text + ".\(units % 10)" : text
}

/// A length of time for people: `19.6 s`, and from a minute on `1:03`, `1:02:03`.
func spoken(_ seconds: Double) -> String { seconds < 59.95 ? "\(fixed(seconds, 1)) s" : clock(seconds) }

/// `1 call`, `2 calls`.
func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String { "\(count) \(count == 1 ? one : many ?? one + "s")" }

/// A likelihood ratio as odds for people: `about 60 times`. One figure (below ten halves too), and nothing beyond a hundred: where
/// nobody counted on held-out calls, a calibration fitted to some thousand clips knows no more. `llr` is a natural logarithm.
func times(_ llr: Double) -> String {
    let ratio = exp(abs(llr))
    if ratio >= 100 { return "more than 100 times" }
    if ratio >= 9.5 { return "about \(fixed((ratio / 10).rounded() * 10, 0)) times" }
    if ratio >= 2.75 { return "about \(fixed(ratio, 0)) times" }
    let halves = (ratio * 2).rounded() / 2
    return halves > 1 ? "about \(fixed(halves, halves == halves.rounded() ? 0 : 1)) times" : "slightly"
}

/// A ratio of at least one cut to one figure, for the lower end of a range, and raised to one for the upper end.
func figureBelow(_ ratio: Double) -> String { oneFigure(ratio, .down) }
func figureAbove(_ ratio: Double) -> String { oneFigure(ratio, .up) }

private func oneFigure(_ ratio: Double, _ rule: FloatingPointRoundingRule) -> String {
    // Between one and ten a half makes a difference.
    if ratio < 10 {
        let halves = (ratio * 2).rounded(rule) / 2
        return fixed(halves, halves == halves.rounded() ? 0 : 1)
    }
    let scale = pow(10, log10(ratio).rounded(.down))
    return fixed((ratio / scale).rounded(rule) * scale, 0)
}
