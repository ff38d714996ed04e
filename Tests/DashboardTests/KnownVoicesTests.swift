import Foundation
import HTTPTypes
import Hummingbird
import Testing

@testable import Dashboard
@testable import Store

@Suite("Known voices on a page") struct KnownVoicesTests {
    @Test("An admin puts a line and a caller on the list and takes them off; others see it and may not; the number is shown to nobody")
    func list() async throws {
        let site = try Site()
        for (name, role) in [("ad", Account.Role.admin), ("rev", .reviewer), ("mk", .viewer)] { try site.add(name, role) }
        try await site.dashboard().visited { door in
            let admin = Browser(door)
            try await admin.signIn("ad")
            #expect(try await admin.get("/known").text.contains("No voice is known yet"))
            #expect(
                try await admin.post("/known/add", ["kind": "line", "which": "bot desk", "note": "our <b>robot</b>"]).headers[.location] == "/known")
            #expect(try await admin.post("/known/add", ["kind": "caller", "which": "+49 30 901820"]).status == .seeOther)
            for (name, value) in [("kind", "office"), ("which", ""), ("which", "a\nb")] {
                let answer = try await admin.post("/known/add", ["kind": "line", "which": "x"].merging([name: value]) { $1 })
                #expect(answer.status == .badRequest, "\(name) \(value)")
            }
            #expect(try await admin.post("/known/add", ["kind": "line", "which": "x"], withToken: false).status == .forbidden)
            for name in ["rev", "mk"] {
                let browser = Browser(door)
                try await browser.signIn(name)
                let page = try await browser.get("/known").text
                #expect(page.contains("bot desk") && page.contains("our &lt;b&gt;robot") && !page.contains("901820") && !page.contains("/known/add"))
                for path in ["/known/add", "/known/remove"] {
                    #expect(try await browser.post(path, ["kind": "line", "which": "bot desk", "key": "bot desk"]).status == .forbidden)
                }
            }
            let page = try await admin.get("/known").text
            #expect(page.contains("aria-label=\"Remove line bot desk\"") && !page.contains("901820"))
            #expect(try await admin.post("/known/remove", ["kind": "line", "key": "bot desk"]).status == .seeOther)
            #expect(try await admin.post("/known/remove", ["kind": "line", "key": "bot desk"]).status == .notFound)
        }
        #expect(try site.store.allowedVoices().map(\.kind) == [.caller] && site.store.verify().fault == nil)
    }

    @Test("A call of a known voice is shown as disclosed with the reason, to a reviewer only after judging, and is counted")
    func shown() async throws {
        let site = try Site()
        try site.add("mk", .viewer)
        try site.add("rev", .reviewer)
        let id = try site.addCall(outcome: .syntheticDisclosed, alerts: false, allowed: "line bot desk")
        try await site.dashboard().visited { door in
            let viewer = Browser(door)
            try await viewer.signIn("mk")
            let page = try await viewer.get("/calls/\(id)").text
            #expect(page.contains("known voices</a> (line bot desk)") && page.contains("no sink hears of it"))
            let numbers = try await viewer.get("/numbers").text
            for (column, count) in [("calls", 1), ("with alert", 0), ("alerts", 0), ("disclosed", 1)] {
                #expect(numbers.contains("data-head=\"\(column)\">\(count)</td>"), "\(column)")
            }
            let reviewer = Browser(door)
            try await reviewer.signIn("rev")
            #expect(try await !reviewer.get("/calls/\(id)").text.contains("line bot desk"))
            _ = try await reviewer.post("/calls/\(id)/judgement", ["verdict": "disclosed"])
            #expect(try await reviewer.get("/calls/\(id)").text.contains("line bot desk"))
        }
    }
}
