import Alerting
import Screening

/// ANSI colours (the sixteen that every terminal and theme defines), or none.
struct Paint: Sendable {
    var on: Bool

    func bold(_ text: String) -> String { style(text, "1") }
    func dim(_ text: String) -> String { style(text, "2") }
    func red(_ text: String) -> String { style(text, "31") }
    func green(_ text: String) -> String { style(text, "32") }
    func yellow(_ text: String) -> String { style(text, "33") }
    func blue(_ text: String) -> String { style(text, "36") }

    func outcome(_ outcome: Outcome, _ text: String) -> String {
        switch outcome {
        case .synthetic, .syntheticDisclosed: red(text)
        case .human: green(text)
        case .inconclusive: yellow(text)
        }
    }

    /// Ends only what it began (22 for bold and dim, 39 for the colour), so that styles nest.
    private func style(_ text: String, _ code: String) -> String {
        guard on, !text.isEmpty else { return text }
        let end = code == "1" || code == "2" ? "22" : "39"
        return "\u{1B}[\(code)m\(text)\u{1B}[\(end)m"
    }
}
