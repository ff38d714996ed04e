import Alerting
import Foundation
import GRDB
import Policies
import Testing

@testable import Dashboard
@testable import Store

@Suite("Whether scores have moved") struct NumbersTests {
    private let policy = AppliedPolicy(operatingPoint: .provisional, policy: .init(name: "drawn", digest: String(repeating: "0", count: 64)))

    /// Deciles of the standard normal distribution.
    private static let deciles = [-1.2816, -0.8416, -0.5244, -0.2533, 0, 0.2533, 0.5244, 0.8416, 1.2816]
    /// Of 1000 people, about -1.5 with a deviation of 1.5.
    private let measured = PeopleScores(
        netSpeechSeconds: 3,
        bands: [.init(bandwidth: .narrowband, edges: deciles.map { 1.5 * $0 - 1.5 }, calls: [Int](repeating: 100, count: 10))])

    /// Calls whose scores are spread as those of the people measured, a shift apart: a score within each tenth and, in the ends, beyond it.
    private func site(calls: Int, shift: Double = 0, wide: Int = 0, disclosed: Int = 0) throws -> Site {
        let site = try Site()
        try site.add("mk", .viewer)
        let id = try site.addCall(outcome: .inconclusive, alerts: false, policy: policy.policy)
        try site.store.copy(id, times: calls + wide + disclosed)
        let ends = [-2.2] + Self.deciles + [2.2]
        try site.store.write { db in
            try db.execute(sql: "UPDATE leg SET outcome = 'syntheticDisclosed' WHERE call = ?", arguments: [id.text])
            for number in 0..<calls + wide + disclosed {
                let tenth = number % 10, part = (Double(number / 10 % 10) + 0.5) / 10
                let score = number < calls ? 1.5 * (ends[tenth] + part * (ends[tenth + 1] - ends[tenth])) - 1.5 + shift : 20
                let band = calls..<calls + wide ~= number ? "wideband" : "narrowband"
                try db.execute(
                    sql: """
                        UPDATE leg SET result = json_set(result, '$.verdict.openingLLR', ?, '$.verdict.llr', ?, '$.verdict.conditions.bandwidth', ?),
                        outcome = ? WHERE call = ?
                        """,
                    arguments: [
                        score, 3 * score, band, number < calls + wide ? "inconclusive" : "syntheticDisclosed", "copy\(number)",
                    ])
            }
        }
        return site
    }

    /// The page's words in one line, and what a program reads.
    private func numbers(_ site: Site, _ scores: PeopleScores?) async throws -> (page: String, parts: [[String: Any]], against: String) {
        var found = ("", [[String: Any]](), "")
        let token = try site.addToken("robot", .viewer)
        try await site.dashboard(policy: policy, peopleScores: scores).visited { door in
            let browser = Browser(door)
            let answer = try await browser.get("/api/v1/drift", headers: ["authorization": "Bearer \(token)"])
            try MachinesTests.check(answer, "/drift", "get", "200")
            let drift = try #require(try JSONSerialization.jsonObject(with: Data(answer.text.utf8)) as? [String: Any])
            try await browser.signIn("mk")
            let page = try await browser.get("/numbers").text.replacing(/<[^>]*>/, with: " ").replacing(/\s+/, with: " ")
            found = (page, try #require(drift["parts"] as? [[String: Any]]), try #require(drift["comparedWith"] as? String))
        }
        return found
    }

    @Test("Scores that lie where those of the people measured lay are steady; what is disclosed is left out")
    func steady() async throws {
        let (page, parts, against) = try await numbers(site(calls: 300, disclosed: 200), measured)
        #expect(against == "peopleMeasured" && parts.count == 1)
        #expect(parts[0]["judgement"] as? String == "steady" && parts[0]["calls"] as? Int == 300 && parts[0]["referenceCalls"] as? Int == 1000)
        // Nothing moved at all here, so that the index is nothing but the half scores.
        let index = try #require(parts[0]["index"] as? Double), byChance = try #require(parts[0]["byChance"] as? Double)
        #expect(index < 0.001 && abs(byChance - 0.039) < 1e-12)
        let bins = try #require(parts[0]["bins"] as? [[String: Any]])
        #expect(bins.count == 10 && bins[0]["upTo"] as? Double == measured.bands[0].edges[0] && bins[9]["upTo"] == nil)
        #expect(page.contains("Telephone band. Population stability index 0.000 , 300 calls against 1000"), "\(page)")
        #expect(page.contains("They lie where they lay.") && !page.contains("tune again"))
        #expect(page.contains("in the people's calls that policy drawn was measured on, and in the latest 1000 calls screened here"), "\(page)")
    }

    @Test("Shifted by 1.5 nats they have moved, and it says to tune again")
    func moved() async throws {
        for shift in [1.5, -1.5] {
            let (page, parts, _) = try await numbers(site(calls: 150, shift: shift), measured)
            let index = try #require(parts[0]["index"] as? Double)
            #expect(parts[0]["judgement"] as? String == "moved" && index > 0.5)
            #expect((parts[0]["says"] as? String)?.contains("tune again") == true)
            #expect(page.contains("They have moved: tune again, since the promise need not hold any more."))
        }
    }

    @Test("Few calls say how many are missing, a band that nobody measured that it cannot be compared")
    func few() async throws {
        let (page, parts, _) = try await numbers(site(calls: 40, shift: 1.5, wide: 1), measured)
        #expect(parts.count == 2 && parts[0]["callsMissing"] as? Int == 60 && parts[0]["judgement"] == nil && parts[0]["index"] == nil)
        #expect(page.contains("Telephone band. Too few calls with speech so far: 40; 60 more are needed."), "\(page)")
        #expect(page.contains("Wide band. The policy carries no scores of people in this band, so 1 call here cannot be compared."), "\(page)")
        #expect(!page.contains("tune again"))
        let (empty, _, _) = try await numbers(site(calls: 0), measured)
        #expect(empty.contains("Telephone band. Too few calls with speech so far: 0; 100 more are needed."), "\(empty)")
        let (ninetyNine, _, _) = try await numbers(site(calls: 99), measured)
        #expect(ninetyNine.contains("99; 1 more is needed."))
    }

    @Test("A policy without the scores says so, and the site's first calls stand for them")
    func older() async throws {
        let (page, parts, against) = try await numbers(site(calls: 300), nil)
        #expect(against == "firstCalls" && parts.count == 1 && parts[0]["bandwidth"] == nil && parts[0]["judgement"] as? String == "steady")
        #expect(parts[0]["calls"] as? Int == 150 && parts[0]["referenceCalls"] as? Int == 150)
        #expect(page.contains("Policy drawn does not carry the scores that it was measured on"), "\(page)")
        #expect(page.contains("Population stability index") && !page.contains("Telephone band."))
        let (short, _, _) = try await numbers(site(calls: 150), nil)
        #expect(short.contains("Too few calls with speech so far: 75; 50 more are needed."), "\(short)")
        let (none, _, _) = try await numbers(site(calls: 0), nil)
        #expect(none.contains("Too few calls with speech so far: 0; 200 more are needed."), "\(none)")
    }
}
