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

/// A likelihood ratio as odds for people, to about two figures and never beyond what can be measured: `62 times`,
/// `more than 1000 times`. `llr` is a natural logarithm.
func times(_ llr: Double) -> String {
    let ratio = exp(abs(llr))
    if ratio > 1000 { return "more than 1000 times" }
    if ratio >= 9.95 { return "\(fixed(ratio >= 100 ? (ratio / 10).rounded() * 10 : ratio, 0)) times" }
    return "\(fixed(ratio, 1)) times"
}
