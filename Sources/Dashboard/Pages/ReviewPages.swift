import Alerting
import Calls
import Evaluation
import Foundation
import HTTPTypes
import Hummingbird
import Reporting
import Scoring
import Screening
import Store
import Tuning

/// Judging calls, and what the judgements come to.
extension Dashboard {
    func addReview(to router: Router<Visit>) {
        router.get("review") { request, visit in try reviewPage(request, visit) }
        router.get("people") { _, visit in try peoplePage(visit) }
        router.post("people/release") { request, visit in try await release(request, visit) }
    }

    private func reviewPage(_ request: Request, _ visit: Visit) throws -> Response {
        let account = try visit.needs()
        guard account.role == .reviewer else {
            let body: HTML = """
                <h1>Review</h1>
                <p>Calls are judged blind, by reviewers: people who are not shown what Falsetto thinks of a call before they have judged it. \
                You are \(account.role.rawValue) and see scores everywhere, so that nothing waits here for you.</p>
                <p>A reviewer is made at the command line: <code>falsetto serve user add NAME --role reviewer</code>. \
                What reviewers said stands under <a href="/people">People</a>.</p>
                """
            return Page(title: "Review", body: body, visit: visit, place: "Review").response()
        }
        let before: HTML = try request.field("judged").flatMap { try? CallID($0) }.flatMap { try judgedNote($0, account) } ?? ""
        guard let (id, _) = try store.nextToJudge(by: account.name) else {
            let words: HTML = "<p>Nothing waits to be judged. A call comes here when it has ended, and is asked of two people.</p>"
            let body: HTML = "<h1>Review</h1>\(before)\(words)"
            return Page(title: "Review", body: body, visit: visit, place: "Review").response()
        }
        let call = try store.call(id)
        try store.noteLook(at: id, by: account.name, withScore: false)
        let legs = try store.legs(of: id)
        let silent: HTML =
            call.keepsAudio
            ? ""
            : """
            <p class="card">No sound was kept of this call. Judge it only if you know who called, as somebody who was on it; otherwise say \
            that you are unsure.</p>
            """
        let body: HTML = """
            <h1>Is the far end's voice made by a machine?</h1>
            \(before)
            <p class="path"><a href="/calls/\(id.text)">\(id.text)</a></p>
            \(try facts(call, isBlind: true))
            \(silent)
            \(legs.enumerated().map { leg($1, number: $0, of: call, isBlind: true) })
            \(judging(call, visit, isBlind: true, after: "/review?judged=\(id.text)"))
            """
        return Page(title: "Review", body: body, visit: visit, place: "Review").response()
    }

    /// What became of the call that was just judged.
    private func judgedNote(_ id: CallID, _ account: Account) throws -> HTML? {
        guard let call = try? store.call(id), let own = Self.own(call, account.name) else { return nil }
        try store.noteLook(at: id, by: account.name, withScore: true)
        return """
            <p class="card" role="status">Call <a class="path" href="/calls/\(id.text)">\(id.text)</a>: you said <b>\(own.verdict.rawValue)</b>. \
            Falsetto: \(Self.outcome(call))\(call.alertCount > 0 ? ", \(Self.counted(call.alertCount, "alert"))" as HTML : ""). \
            Neither is proof of the other.</p>
            """
    }

    /// The four answers, a note, and what nobody can hear.
    func judging(_ call: StoredCall, _ visit: Visit, isBlind: Bool, after: String) -> HTML {
        let answers: [(Judgement.Verdict, String, String, String)] = [
            (.human, "h", "Human", "a person spoke, live"), (.synthetic, "s", "Synthetic", "the voice is made or converted by a machine"),
            (.disclosed, "d", "Disclosed", "a machine's voice that said so"), (.unsure, "u", "Unsure", "it cannot be heard"),
        ]
        let buttons: [HTML] = answers.map { verdict, key, word, meaning in
            """
            <button name="verdict" value="\(verdict.rawValue)" data-key="\(key)"><span><b>\(word)</b> <kbd>\(key)</kbd></span>\
            <small>\(meaning)</small></button>
            """
        }
        let seen: HTML =
            isBlind
            ? ""
            : """
            <p class="note">The score is in view, so that this judgement does not count as blind and moves no threshold.</p>
            """
        return """
            <h2>Your judgement</h2>
            <form method="post" action="/calls/\(call.id.text)/judgement">\(visit.tokenField)
            <input type="hidden" name="after" value="\(after)">
            <label for="note">Note, if anything is to be said <kbd>n</kbd></label>
            <textarea id="note" name="note" maxlength="1000"></textarea>
            <div class="choices">\(buttons)</div></form>
            \(seen)
            <p class="note">You say how the voice was made, not what it wanted, nor whether that was lawful: a person may deceive, and a bank or \
            somebody who cannot speak may use a machine's voice. Good synthetic voices cannot be told by ear; \
            a bad line makes people sound like machines. If you do not hear it, you are unsure, and that helps too.</p>
            """
    }

    func judge(_ request: Request, _ visit: Visit) async throws -> Response {
        let account = try visit.needs(.reviewer, .admin)
        let id = try visit.callID()
        let form = try await visit.ownForm(request)
        guard let verdict = form["verdict"].flatMap(Judgement.Verdict.init(rawValue:)) else {
            throw HTTPError(.badRequest, message: "A call is human, synthetic, disclosed or unsure.")
        }
        try note(verdict, of: id, by: account, note: form["note"])
        // Only back to where our own forms come from.
        let after = [form["after"]].compactMap(\.self).first { $0 == "/calls/\(id.text)" || $0 == "/review?judged=\(id.text)" }
        return .redirect(to: after ?? "/calls/\(id.text)")
    }

    /// Blind is who is never shown a score, and has not asked for this one's.
    @discardableResult
    func note(_ verdict: Judgement.Verdict, of id: CallID, by account: Account, note: String?) throws -> Judgement {
        let sawScore = try account.role != .reviewer || store.hasSeenScore(of: id, who: account.name)
        return try store.judge(id, as: verdict, by: account.name, sawScore: sawScore, note: note?.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    func reveal(_ request: Request, _ visit: Visit) async throws -> Response {
        let account = try visit.needs()
        let id = try visit.callID()
        _ = try await visit.ownForm(request)
        try store.noteLook(at: id, by: account.name, withScore: true)
        return .redirect(to: "/calls/\(id.text)")
    }

    // MARK: what they come to

    func reviewed() throws -> ReviewedCalls { try reviews.reviewed(in: store, of: model, falseAlarmsPerHour: falseAlarmsPerHour) }

    private func peoplePage(_ visit: Visit) throws -> Response {
        _ = try visit.needs()
        let reviewed = try reviewed()
        let body: HTML = """
            <h1>People</h1>
            \(agreement(reviewed))
            \(alerts(reviewed))
            \(influence(reviewed, visit))
            """
        return Page(title: "People", body: body, visit: visit, place: "People").response()
    }

    private func agreement(_ reviewed: ReviewedCalls) -> HTML {
        let book = reviewed.book
        guard !book.votes.isEmpty else {
            return """
                <p>Nobody has judged a call blind yet. Reviewers find the calls that wait for them under <a href="/review">Review</a>; what their \
                judgements come to stands here.</p>
                """
        }
        let several = book.calls.count { book.votes(on: $0).count > 1 }
        let alpha: HTML =
            book.alpha.map { alpha in
                let words =
                    alpha >= 0.8 ? "they agree well" : alpha >= 0.667 ? "enough for tentative conclusions" : "too little to rest a threshold on"
                return "<p>Krippendorff's alpha is <b>\(PageParts.number(alpha, decimals: 2))</b>: \(words) (1 is full agreement, 0 is chance).</p>"
            } ?? "<p>No two people have judged one call in different ways yet, or none was judged twice: agreement cannot be stated.</p>"
        let rows: [[HTML]] = book.precisions.map { precision in
            ["\(precision.reviewer)", "\(precision.votes)", "\(precision.compared)", Self.share(precision.agreeing, of: precision.compared)]
        }
        return """
            <h2>Agreement</h2>
            <p>\(Self.counted(book.votes.count, "blind judgement")) of \(Self.counted(book.calls.count, "call")), \(several) of them \
            by two or more people; \(book.calls.count { book.isDisputed($0) }) disputed.</p>
            \(alpha)
            """
                + TablePart(
                    caption: "Reviewers",
                    heads: [
                        .init("reviewer"), .init("judgements", isNumber: true), .init("others decided", isNumber: true),
                        .init("said what most others say [95 %]", isNumber: true),
                    ],
                    rows: rows
                ).html
    }

    private func alerts(_ reviewed: ReviewedCalls) -> HTML {
        guard !reviewed.book.votes.isEmpty else { return "" }
        func row(_ name: String, _ calls: [StoredCall]) -> [HTML] {
            let decided = calls.filter { $0.outcome != .syntheticDisclosed }.compactMap { call in
                reviewed.book.consensus(on: call.id.text).map { (call, $0) }
            }
            let alerted = decided.filter { $0.0.alertCount > 0 }, silent = decided.filter { $0.0.alertCount == 0 }
            return [
                "\(name)", "\(decided.count)",
                Self.share(alerted.count { $0.1 }, of: alerted.count), Self.share(alerted.count { !$0.1 }, of: alerted.count),
                Self.share(silent.count { $0.1 }, of: silent.count), Self.share(decided.count { $0.1 }, of: decided.count),
            ]
        }
        return """
            <h2>Alerts that people confirmed and refuted</h2>
            <p>What most blind judgements say, with exact intervals (Clopper-Pearson, 95 %). Calls were chosen for what they teach; only the \
            random tenth tells rates of all calls.</p>
            """
                + TablePart(
                    caption: "Alerts confirmed and refuted",
                    heads: [
                        .init("calls"), .init("decided", isNumber: true), .init("alerts confirmed", isNumber: true),
                        .init("alerts refuted", isNumber: true),
                        .init("silent, but synthetic", isNumber: true), .init("synthetic in all", isNumber: true),
                    ],
                    rows: [row("all judged", reviewed.calls), row("random tenth", reviewed.calls.filter(\.isInRandomShare))]
                ).html
    }

    static func share(_ count: Int, of all: Int) -> HTML {
        guard all > 0 else { return "–" }
        let interval = ExactBounds.clopperPearson(count, of: all)
        func percent(_ value: Double) -> String { PageParts.number(100 * value, decimals: 0) }
        return "\(count) of \(all): \(percent(Double(count) / Double(all))) % [\(percent(interval.low)), \(percent(interval.high))]"
    }

    private func influence(_ reviewed: ReviewedCalls, _ visit: Visit) -> HTML {
        let screening = reviewed.screening
        func llr(_ value: Double) -> String { PageParts.llr(value) }
        let held: [HTML] = screening.held.map { held in
            let own = held.unit.kind == .reviewer && held.unit.name == visit.account?.name
            let form: HTML =
                visit.account?.role == .viewer || own
                ? "<p class=\"note\">Somebody else may release them.</p>"
                : """
                <form method="post" action="/people/release">\(visit.tokenField)\
                <input type="hidden" name="kind" value="\(held.unit.kind.rawValue)">
                <input type="hidden" name="unit" value="\(held.unit.name)"><button>I have looked at these judgements: let them count</button></form>
                """
            return """
                <div class="card"><p><b>Held back: the \(held.votes) judgements of \(held.unit.kind.rawValue) \(held.unit.name).</b> \
                They would move the operating point from \(llr(held.without)) [\(llr(held.interval.low)), \(llr(held.interval.high))] \
                to \(llr(held.with)), beyond what chance does.</p>\(form)</div>
                """
        }
        let copies = screening.copies.values.reduce(0) { $0 + $1.count }
        let same: HTML =
            switch copies {
            case 0: ""
            case 1: "<p>1 call is a copy of another, sound for sound, and counts once with it.</p>"
            default: "<p>\(copies) calls are copies of others, sound for sound, and count once with them.</p>"
            }
        let rows: [[HTML]] = screening.influences.map {
            [
                "\($0.unit.kind.rawValue) \($0.unit.name)", "\($0.votes)", "\(llr($0.with))", "\(llr($0.without))",
                "[\(llr($0.interval.low)), \(llr($0.interval.high))]", $0.isHeld ? "held back" : "counts",
            ]
        }
        let table = TablePart(
            caption: "Influence on the operating point",
            heads: [
                .init("whose"), .init("judgements", isNumber: true), .init("point with", isNumber: true), .init("without", isNumber: true),
                .init("interval without", isNumber: true), .init(""),
            ], rows: rows
        ).html
        let now: HTML =
            screening.point.map { point in
                let interval: HTML = screening.interval.map { " [\(llr($0.low)), \(llr($0.high))]" } ?? " (too few calls for an interval)"
                let all: HTML = screening.pointOfAll == point ? "" : "; with all judgements it would be \(screening.pointOfAll.map(llr) ?? "none")"
                return """
                    <p>The judgements that count set the threshold at window LLR <b>\(llr(point))</b>\(interval), for at most \
                    \(PageParts.number(falseAlarmsPerHour, decimals: 2)) false alarms an hour of people talking\(all).</p>
                    """
            } ?? "<p>No call of people has been judged yet, so that no threshold can be told.</p>"
        return """
            <h2>Who moves the threshold</h2>
            <p>Each reviewer's and each day's judgements are taken out in turn. Those that move the operating point beyond its interval are \
            held back until a second person says that they may count.</p>
            \(now)\(held)
            \(same)
            \(rows.isEmpty ? "" : table)
            <p class="note">A new threshold is made at the command line: \
            <code>falsetto tune --include-reviews --false-alarms-per-hour N --out policy.json</code></p>
            """
    }

    private func release(_ request: Request, _ visit: Visit) async throws -> Response {
        let account = try visit.needs(.reviewer, .admin)
        let form = try await visit.ownForm(request)
        guard let kind = form["kind"].flatMap(JudgementRelease.Kind.init(rawValue:)), let unit = form["unit"] else {
            throw HTTPError(.badRequest, message: "What is released is a reviewer's or a day's judgements.")
        }
        try store.release(kind, unit, by: account.name)
        return .redirect(to: "/people")
    }
}
