import Alerting
import Calls
import Evaluation
import Foundation
import HTTPTypes
import Hummingbird
import Policies
import Reporting
import Scoring
import Store

/// Alerts a day, what people said of them, and whether scores have moved.
extension Dashboard {
    func addNumbers(to router: Router<Visit>) {
        router.get("numbers") { _, visit in try numbersPage(visit) }
    }

    static let daysShown = 30

    private func numbersPage(_ visit: Visit) throws -> Response {
        _ = try visit.needs()
        let start = store.clock().addingTimeInterval(-Double(Self.daysShown) * 86_400)
        let tallies = try store.tallies(from: start)
        let reviewed = try reviewed()
        /// Alerted calls of a day, line and model that people decided on.
        var decided: [[String]: (confirmed: Int, refuted: Int)] = [:]
        for call in reviewed.calls where call.alertCount > 0 {
            guard let isSynthetic = reviewed.book.consensus(on: call.id.text) else { continue }
            let day = String(call.startedAt.formatted(.iso8601).prefix(10))
            decided[[day, call.device ?? "", call.modelName], default: (0, 0)].confirmed += isSynthetic ? 1 : 0
            decided[[day, call.device ?? "", call.modelName], default: (0, 0)].refuted += isSynthetic ? 0 : 1
        }
        let rows: [[HTML]] = tallies.prefix(200).map { tally in
            let said = decided[[tally.day, tally.line, tally.model]] ?? (0, 0)
            return [
                "\(tally.day)", "\(tally.line.isEmpty ? "–" : tally.line)", "\(tally.model)", "\(tally.calls)",
                "\(tally.alertedCalls)", "\(tally.alerts)", "\(tally.disclosedCalls)", "\(said.confirmed)", "\(said.refuted)",
            ]
        }
        let moved = page(try drift())
        let body: HTML = """
            <h1>Numbers</h1>
            <h2>Calls and alerts a day</h2>
            \(tallies.isEmpty ? "<p>No call in the last \(Self.daysShown) days.</p>" : bars(tallies))
            """
            + TablePart(
                caption: "Calls and alerts of the last \(Self.daysShown) days",
                heads: [
                    .init("day (UTC)"), .init("line"), .init("model"), .init("calls", isNumber: true), .init("with alert", isNumber: true),
                    .init("alerts", isNumber: true), .init("disclosed", isNumber: true),
                    .init("confirmed", isNumber: true), .init("refuted", isNumber: true),
                ], rows: rows
            ).html
            + (tallies.isEmpty
                ? "" : "<p class=\"note\">Confirmed, refuted: calls with an alert that most blind judgements call synthetic, human.</p>")
            + (tallies.count > 200 ? "<p class=\"note\">The latest 200 of \(tallies.count) rows.</p>" : "")
            + moved
        return Page(title: "Numbers", body: body, visit: visit, place: "Numbers").response()
    }

    /// A slot for each day, with or without calls, the present one at the right.
    private func bars(_ tallies: [CallTally]) -> HTML {
        var days: [String: (calls: Int, alerted: Int)] = [:]
        for tally in tallies {
            days[tally.day, default: (0, 0)].calls += tally.calls
            days[tally.day, default: (0, 0)].alerted += tally.alertedCalls
        }
        let most = days.values.map(\.calls).max() ?? 1
        let now = store.clock()
        let names = (0...Self.daysShown).reversed().map { String(now.addingTimeInterval(-86_400 * Double($0)).formatted(.iso8601).prefix(10)) }
        let parts: [HTML] = names.enumerated().map { index, name in
            guard let (calls, alerted) = days[name] else { return "" }
            func bar(_ count: Int, _ kind: String) -> HTML {
                let height = PageParts.number(100 * Double(count) / Double(most), decimals: 1)
                let top = PageParts.number(100 - 100 * Double(count) / Double(most), decimals: 1)
                return "<rect class=\"\(kind)\" x=\"\(10 * index + 1)\" y=\"\(top)\" width=\"8\" height=\"\(height)\"/>"
            }
            let words = "\(name): \(Self.counted(calls, "call")), \(alerted) with an alert"
            return "<g><title>\(words)</title>\(bar(calls, "bar"))\(bar(alerted, "alerted"))</g>"
        }
        return """
            <svg class="bars" viewBox="0 0 \(10 * names.count) 100" preserveAspectRatio="none" role="img" \
            aria-label="Calls a day, those with an alert in red; the table has the numbers">\(parts)</svg>
            <p class="ends"><span>\(names[0])</span><span>blue: calls, the highest bar \(most); red: those with an alert</span>\
            <span>\(names[names.count - 1])</span></p>
            """
    }

    private func page(_ drift: Drift) -> HTML {
        let name = policy.policy?.name ?? ""
        let promise: HTML = "A policy's promise holds for calls like those that it was measured on."
        let words: HTML =
            switch (drift.against, policy.policy) {
            case (.peopleMeasured(let seconds), _):
                """
                \(promise) Compared is what a call's first \(PageParts.number(seconds, decimals: 0)) s of speech scored: in the people's calls that \
                policy \(name) was measured on, and in the latest \(Drift.mostCalls) calls screened here with it, whoever spoke in them. Calls said \
                to be a machine's are left out; machines that nobody named are among them, and tend to score high.
                """
            case (.firstCalls, nil):
                """
                There is no policy for this model, so nothing was measured; compared are the first and the latest calls that were screened here, at \
                most \(Drift.mostCalls / 2) each.
                """
            case (.firstCalls, _):
                """
                \(promise) Policy \(name) does not carry the scores that it was measured on (falsetto tune writes them where it measures \
                \(PopulationStability.fewest) people's calls or more); compared are the first and the latest calls that were screened here with \
                it, at most \(Drift.mostCalls / 2) each, so scores that were off from the first day are not seen.
                """
            }
        return "<h2>Have the scores moved?</h2>\n<p>\(words)</p>\n\(drift.parts.map { page($0, against: drift.against) })"
    }

    private func page(_ part: Drift.Part, against: Drift.Against) -> HTML {
        var title: HTML = ""
        if let words = part.bandwidth?.words { title = "<b>\(words.prefix(1).uppercased() + words.dropFirst()).</b> " }
        guard let stability = part.stability else { return "<p>\(title)\(part.says)</p>" }
        func llr(_ value: Double) -> String { (value < 0 ? "" : "+") + PageParts.number(value, decimals: 2) }
        let rows: [[HTML]] = zip(stability.reference, stability.present).enumerated().map { index, pair in
            [
                index < part.edges.count ? "up to \(llr(part.edges[index]))" : "above \(llr(part.edges[part.edges.count - 1]))",
                "\(PageParts.number(100 * pair.0, decimals: 1)) %", "\(PageParts.number(100 * pair.1, decimals: 1)) %",
            ]
        }
        let isMeasured = if case .peopleMeasured = against { true } else { false }
        return """
            <p>\(title)Population stability index <b>\(PageParts.number(stability.index, decimals: 3))</b>, \(part.calls) calls against \
            \(part.referenceCalls) (by chance about \(PageParts.number(stability.byChance, decimals: 3)); 0.1 is worth a look, 0.25 is a change). \
            <b>\(part.says)</b></p>
            """
                + TablePart(
                    caption: "Scores" + (part.bandwidth.map { ", \($0.words)" } ?? ""),
                    heads: [
                        .init("LLR", isNumber: true), .init(isMeasured ? "people measured" : "first calls", isNumber: true),
                        .init("latest calls", isNumber: true),
                    ], rows: rows
                ).html
    }
}
