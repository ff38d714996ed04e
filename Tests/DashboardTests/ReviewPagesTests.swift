import Calls
import Foundation
import GRDB
import HTTPTypes
import Hummingbird
import Testing

@testable import Dashboard
@testable import Store

@Suite("Reviewing blind") struct ReviewPagesTests {
    /// Words and elements that would tell a reviewer what Falsetto thinks.
    static let telling = [
        "Machine-made voice", "Human voice", "LLR +", "LLR -", "alert at", "class=\"tone", "strongest", "machine-made voice", "zone-machine",
    ]

    @Test("A reviewer sees no score anywhere before judging, and what Falsetto thinks afterwards")
    func blind() async throws {
        let site = try Site()
        try site.add("rev", .reviewer)
        let id = try site.addCall(level: 3.5)
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            try await browser.signIn("rev")
            for path in ["/review", "/calls", "/calls/\(id)", "/live"] {
                let page = try await browser.get(path).text
                for word in Self.telling { #expect(!page.contains(word), "\(path): \(word)") }
            }
            for path in ["/calls?outcome=synthetic", "/calls/\(id)/export?as=json", "/calls/\(id)/figure"] {
                #expect(try await browser.get(path).status == .forbidden, "\(path)")
            }
            let page = try await browser.get("/review").text
            #expect(page.contains(id.text) && page.contains("data-key=\"h\""))
            let judged = try await browser.post(
                "/calls/\(id)/judgement", ["verdict": "human", "note": " I know her ", "after": "/review?judged=\(id)"])
            #expect(judged.headers[.location] == "/review?judged=\(id)")
            let next = try await browser.get("/review?judged=\(id)").text
            #expect(next.contains("machine-made voice") && next.contains("Nothing waits"))
            #expect(try await browser.get("/calls/\(id)").text.contains("Machine-made voice"))
            // That a voice was disclosed tells what it is.
            let disclosed = try site.addCall(outcome: .syntheticDisclosed, alerts: false)
            #expect(try await !browser.get("/calls/\(disclosed)").text.contains("said that it is a machine"))
            try site.add("mk", .viewer)
            let viewer = Browser(door)
            try await viewer.signIn("mk")
            #expect(try await viewer.get("/calls/\(disclosed)").text.contains("said that it is a machine"))
        }
        let judgement = try #require(try site.store.call(id).judgements.first)
        #expect(judgement.verdict == .human && !judgement.sawScore && judgement.note == "I know her" && judgement.judge == "rev")
        #expect(try site.store.verify().fault == nil)
    }

    @Test("Who asked to see the score first does not count as blind, nor does who changes their mind after seeing it, nor an admin")
    func swayed() async throws {
        let site = try Site()
        try site.add("rev", .reviewer)
        try site.add("ad", .admin)
        let (id, other) = (try site.addCall(), try site.addCall())
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            try await browser.signIn("rev")
            _ = try await browser.get("/calls/\(id)")
            #expect(try await browser.post("/calls/\(id)/reveal").status == .seeOther)
            #expect(try await browser.get("/calls/\(id)").text.contains("does not count as blind"))
            _ = try await browser.post("/calls/\(id)/judgement", ["verdict": "synthetic"])
            _ = try await browser.post("/calls/\(other)/judgement", ["verdict": "human"])
            _ = try await browser.get("/calls/\(other)")
            _ = try await browser.post("/calls/\(other)/judgement", ["verdict": "synthetic"])
            let admin = Browser(door)
            try await admin.signIn("ad")
            _ = try await admin.post("/calls/\(other)/judgement", ["verdict": "human"])
            #expect(try await admin.post("/calls/\(other)/judgement", ["verdict": "robot"]).status == .badRequest)
            // Only back to pages of ours.
            let away = try await admin.post("/calls/\(other)/judgement", ["verdict": "human", "after": "https://elsewhere.example/"])
            #expect(away.headers[.location] == "/calls/\(other)")
        }
        #expect(try site.store.call(id).judgements.map(\.sawScore) == [true])
        #expect(try site.store.call(other).judgements.map(\.sawScore) == [false, true, true, true])
    }

    @Test("The queue gives each call to two people, a disputed one to more, and what teaches most first")
    func queue() throws {
        let site = try Site()
        let far = try site.addCall(try CallID("far-away"), level: -6)
        let near = try site.addCall(try CallID("near-by"), level: 2.9)
        // Whether they are of the random tenth is drawn; here neither is.
        try site.store.write { try $0.execute(sql: "UPDATE call SET salt = ?", arguments: [Data(repeating: 0xFF, count: 32)]) }
        let first = try #require(try site.store.nextToJudge(by: "a"))
        #expect(first.id == near && first.reason == .nearThreshold)
        try site.store.judge(near, as: .human, by: "a", sawScore: false)
        #expect(try site.store.nextToJudge(by: "a")?.id == far)
        #expect(try site.store.nextToJudge(by: "b")?.id == near)
        try site.store.judge(near, as: .synthetic, by: "b", sawScore: false)
        // Two have judged it, and they disagree: a third is asked, and before all else.
        let third = try #require(try site.store.nextToJudge(by: "c"))
        #expect(third.id == near && third.reason == .disputed)
        try site.store.judge(far, as: .human, by: "a", sawScore: false)
        #expect(try site.store.nextToJudge(by: "a") == nil)
        try site.store.judge(far, as: .human, by: "b", sawScore: false)
        try site.store.judge(near, as: .human, by: "c", sawScore: false)
        #expect(try site.store.nextToJudge(by: "c") == nil)
        // Whose score somebody saw is not theirs to judge blind.
        let seen = try site.addCall()
        try site.store.noteLook(at: seen, by: "c", withScore: true)
        #expect(try site.store.nextToJudge(by: "c") == nil)
        // A fourth is asked of the disputed one, and then of what c may not judge.
        #expect(try site.store.nextToJudge(by: "d")?.id == near)
        try site.store.judge(near, as: .human, by: "d", sawScore: false)
        #expect(try site.store.nextToJudge(by: "d")?.id == seen)
    }

    @Test("A tenth of all calls is random, whatever their scores")
    func randomTenth() throws {
        let site = try Site()
        let id = try site.addCall()
        try site.store.copy(id, times: 2000)
        let share = try site.store.calls().count { $0.isInRandomShare }
        // 2001 draws at 26 of 256: five standard deviations are 68.
        #expect(135...271 ~= share, "\(share)")
    }

    @Test("Two people judge one call at once: both are kept, each counts once, and neither saw the other's")
    func atOnce() async throws {
        let site = try Site()
        for name in ["a", "b"] { try site.add(name, .reviewer) }
        let id = try site.addCall()
        try await site.dashboard().visited { door in
            let (a, b) = (Browser(door), Browser(door))
            try await a.signIn("a")
            try await b.signIn("b")
            #expect(try await a.get("/review").text.contains(id.text))
            #expect(try await b.get("/review").text.contains(id.text))
            async let first = a.post("/calls/\(id)/judgement", ["verdict": "human"])
            async let second = b.post("/calls/\(id)/judgement", ["verdict": "synthetic"])
            #expect(try await first.status == .seeOther)
            #expect(try await second.status == .seeOther)
            // Sent twice by a double click.
            _ = try await a.post("/calls/\(id)/judgement", ["verdict": "human"])
            #expect(try await a.get("/people").text.contains("1 disputed"))
        }
        let judgements = try site.store.call(id).judgements
        #expect(Set(judgements.map(\.judge)) == ["a", "b"] && judgements.count == 3 && !judgements.contains(where: \.sawScore))
    }

    @Test("What is held back is named on the page, and a second person releases it, not the one who judged")
    func held() async throws {
        let site = try Site()
        for name in ["ann", "bob", "eve"] { try site.add(name, .reviewer) }
        try site.add("ad", .admin)
        func calls(_ count: Int, _ level: (Int) -> Double) throws -> [CallID] { try (0..<count).map { try site.addCall(level: level($0)) } }
        // Each a little different: two calls with one track are one recording.
        let people = try calls(40) { -3 + 0.05 * Double($0) }
        let machines = try calls(12) { 4 + 0.05 * Double($0) }
        for (index, id) in people.enumerated() { try site.store.judge(id, as: .human, by: index % 2 == 0 ? "ann" : "bob", sawScore: false) }
        for id in machines { try site.store.judge(id, as: .human, by: "eve", sawScore: false) }
        site.clock.date += 86_400
        try site.store.judge(people[0], as: .human, by: "bob", sawScore: false)
        try await site.dashboard().visited { door in
            let eve = Browser(door)
            try await eve.signIn("eve")
            let page = try await eve.get("/people").text
            #expect(page.contains("Held back: the 12 judgements of reviewer eve") && page.contains("Somebody else may release them"))
            #expect(try await eve.post("/people/release", ["kind": "reviewer", "unit": "eve"]).status == .badRequest)
            let admin = Browser(door)
            try await admin.signIn("ad")
            #expect(try await admin.get("/people").text.contains("I have looked at these judgements"))
            #expect(try await admin.post("/people/release", ["kind": "reviewer", "unit": "eve"]).status == .seeOther)
            #expect(try await !admin.get("/people").text.contains("judgements of reviewer eve"))
        }
        #expect(try site.store.releases().map(\.by) == ["ad"])
        #expect(try site.store.verify().fault == nil)
    }
}
