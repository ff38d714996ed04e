import Calls
import Foundation
import GRDB
import HTTPTypes
import Hummingbird
import Testing

@testable import Dashboard
@testable import Store

@Suite("Calls on pages") struct CallPagesTests {
    @Test("A call's page shows what was found, and that somebody looked is in the audit chain first")
    func call() async throws {
        let site = try Site()
        try site.add("mk", .viewer)
        let id = try site.addCall(level: 3.5)
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            try await browser.signIn("mk")
            let page = try await browser.get("/calls/\(id)").text
            let expected = [
                "Machine-made voice", "LLR +3.50", "The alert", "hang up", "lost to an overrun", "own line", "callEnded", "svg class=\"plot wide\"",
            ]
            for words in expected {
                #expect(page.contains(words), "\(words)")
            }
            #expect(!page.contains("scam") && !page.contains("data-sound"))
            // A viewer looks; judging is for reviewers.
            #expect(!page.contains("Your judgement"))
            #expect(try await browser.post("/calls/\(id)/judgement", ["verdict": "human"]).status == .forbidden)
            #expect(try await browser.get("/calls/nosuchcall").status == .notFound)
        }
        #expect(try site.audit(of: id).last == "viewed by mk, with its score")
        #expect(try site.store.verify().fault == nil)
    }

    @Test("The list is searched by time, outcome, words and judgement, and paged")
    func search() async throws {
        let site = try Site()
        try site.add("mk", .viewer)
        let old = try site.addCall(try CallID("oldcall"), device: "desk 1", outcome: .human, alerts: false)
        site.clock.date += 3 * 86_400
        let new = try site.addCall(try CallID("newcall"), device: "desk 2")
        try site.store.judge(old, as: .human, by: "ab", sawScore: false)
        let day = String(site.clock.date.formatted(.iso8601).prefix(10))
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            try await browser.signIn("mk")
            func ids(_ query: String) async throws -> [String] {
                let text = try await browser.get("/calls" + query).text
                return [old, new].map(\.text).filter { text.contains("href=\"/calls/\($0)\"") }
            }
            #expect(try await ids("") == ["oldcall", "newcall"])
            #expect(try await ids("?from=\(day)") == ["newcall"])
            #expect(try await ids("?until=2027-01-16") == ["oldcall"])
            #expect(try await ids("?outcome=human") == ["oldcall"])
            #expect(try await ids("?outcome=synthetic") == ["newcall"])
            #expect(try await ids("?words=DESK%202") == ["newcall"])
            #expect(try await ids("?words=oldc") == ["oldcall"])
            #expect(try await ids("?judged=yes") == ["oldcall"])
            #expect(try await ids("?judged=no") == ["newcall"])
            #expect(try await ids("?page=1") == [])
            for wrong in ["?from=yesterday", "?outcome=robot", "?page=-1", "?page=99999999999"] {
                #expect(try await browser.get("/calls" + wrong).status == .badRequest, "\(wrong)")
            }
        }
    }

    @Test("Kept sound is played and exported by name, and the audit chain says by whom; without sound that is said")
    func sound() async throws {
        let site = try Site()
        try site.add("mk", .viewer)
        let key = try AudioKey(makingAt: site.folder.audioKey)
        let id = try site.addCall(key: key)
        let silent = try site.addCall()
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            try await browser.signIn("mk")
            #expect(try await browser.get("/calls/\(id)").text.contains("data-sound=\"/calls/\(id)/audio?leg=far\""))
            let answer = try await browser.get("/calls/\(id)/audio?leg=far")
            #expect(answer.status == .ok && answer.headers[.contentType] == "audio/wav" && answer.size == 44 + 100 * 320)
            let exported = try await browser.get("/calls/\(id)/export?as=wav")
            #expect(exported.headers[.contentDisposition] == "attachment; filename=\"call-\(id).wav\"")
            #expect(try await browser.get("/calls/\(silent)/audio").status == .notFound)
            #expect(try await browser.get("/calls/\(id)/audio?leg=near").status == .notFound)
            let json = try await browser.get("/calls/\(id)/export?as=json")
            #expect(((try JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [[String: Any]])?.first?["id"] as? String) == id.text)
            #expect(try await browser.get("/calls/\(id)/export?as=labels").text.contains("machine-made voice"))
            #expect(try await browser.get("/calls/\(id)/export?as=exe").status == .badRequest)
        }
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            try await browser.signIn("mk")
            let page = try await browser.get("/calls/\(id)").text
            let found = try #require(page.firstMatch(of: /href="(\/calls\/[^"]*\/spectrogram[^"]*)"/))
            let path = String(found.1).replacing("&amp;", with: "&")
            let picture = try await browser.get(path)
            #expect(picture.status == .ok && picture.headers[.contentType] == "image/png" && picture.size < 100_000 && picture.text.contains("IEND"))
            #expect(try await browser.get("/calls/\(id)/spectrogram?leg=far&khz=3").status == .badRequest)
            #expect(try await browser.get("/calls/\(silent)/spectrogram?leg=far").status == .notFound)
            #expect(try await !browser.get("/calls/\(silent)").text.contains("/spectrogram"))
        }
        let entries = try site.audit(of: id)
        #expect(entries.contains("audioPictured leg far, 0.0 to 2.0 s, by mk"))
        #expect(entries.contains("audioPlayed leg far, 0.0 to 2.0 s, by mk") && entries.contains("audioExported leg far, 0.0 to 2.0 s, by mk"))
        #expect(try site.store.verify().fault == nil)
    }

    @Test("With ten thousand calls each page takes less than 100 ms and 100 KB")
    func tenThousand() async throws {
        let site = try Site()
        try site.add("mk", .viewer)
        try site.add("rev", .reviewer)
        let id = try site.addCall(level: 2.5)
        try site.store.copy(id, times: 9_999)
        try await site.dashboard().visited { door in
            let shown = ["/calls", "/calls?page=150", "/calls?outcome=synthetic&judged=no&words=desk", "/calls/\(id)", "/numbers", "/people"]
            for (name, paths) in [("mk", shown + ["/known"]), ("rev", ["/calls", "/review"])] {
                let browser = Browser(door)
                try await browser.signIn(name)
                for path in paths {
                    var best = Duration.seconds(9)
                    var size = 0
                    // The best of many: other tests run beside this one. A page that takes longer by itself never gets there.
                    for attempt in 0..<100 where best >= .milliseconds(100) {
                        if attempt > 0 { try await Task.sleep(for: .milliseconds(200)) }
                        let start = ContinuousClock.now
                        let answer = try await browser.get(path)
                        best = min(best, ContinuousClock.now - start)
                        size = answer.size
                        #expect(answer.status == .ok)
                    }
                    print("\(name) \(path): \(best), \(size) bytes")
                    #expect(size < 100_000 && best < .milliseconds(100), "\(path): \(best), \(size) bytes")
                }
            }
        }
    }
}

extension Store {
    /// Copies of a call behind the store's back, a minute apart each, with legs and alerts: enough to fill lists.
    func copy(_ id: CallID, times: Int) throws {
        try write { db in
            for number in 0..<times {
                let copy = "copy\(number)"
                try db.execute(
                    sql: """
                        INSERT INTO call SELECT ?, startedAt - ? * 60000, consent, device, build, modelName, modelIdentity, kernel, policyName,
                        policy, randomblob(32), state, audioSalt
                        FROM call WHERE id = ?
                        """, arguments: [copy, number + 1, id.text])
                try db.execute(
                    sql: "INSERT INTO leg SELECT ?, leg, name, isOnlyChannel, sampleCount, outcome, result FROM leg WHERE call = ?",
                    arguments: [copy, id.text])
                try db.execute(
                    sql:
                        """
                        INSERT INTO alert (call, leg, hop, kind, event, record) SELECT ?, leg, hop, kind, event || ?, record FROM alert WHERE call = ?
                        """,
                    arguments: [copy, copy, id.text])
            }
        }
    }
}
