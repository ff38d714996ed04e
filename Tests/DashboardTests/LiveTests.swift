import Calls
import Foundation
import Store
import Synchronization
import Testing

@testable import Dashboard
@testable import Monitoring

@Suite("Calls as they run") struct LiveTests {
    private static let reply = ControlReply(
        call: "a1", isPaused: false, words: "call a1 is on",
        progress: .init(
            seconds: 62.4, netSpeechSeconds: 31.2, level: "alert", alerts: 2, label: "desk 3", isSpeech: true, levelDBFS: -30, windowLLR: 3.456,
            operatingPoint: "default", alertsAtLLR: 3, isDisclosed: false))

    @Test("The board says how the call stands, a reviewer's without its score, a disclosed one as such")
    func board() {
        let board = LiveBoard(.init(reply: Self.reply, words: ""), isBlind: false)
        let texts = board.call?.texts ?? [:]
        #expect(texts["llr"] == "+3.46" && texts["length"] == "1:02" && texts["label"] == "desk 3" && board.call?.tone == "synthetic")
        #expect(board.call?.levelShare == 0.5 && board.can == ["call", "hearing"] && board.words == "A call is on.")
        let blind = LiveBoard(.init(reply: Self.reply, words: ""), isBlind: true)
        #expect(["llr", "level", "state", "alerts"].allSatisfy { blind.call?.texts[$0] == nil } && !blind.json.contains("synthetic"))
        var disclosed = Self.reply
        disclosed.progress?.isDisclosed = true
        #expect(LiveBoard(.init(reply: disclosed, words: ""), isBlind: false).call?.texts["level"]?.hasPrefix("disclosed") == true)
        let nobody = LiveBoard(.init(reply: nil, words: "Nobody listens."), isBlind: false)
        #expect(nobody.words == "Nobody listens." && nobody.call == nil && nobody.can.isEmpty)
    }

    /// What `listen` answers where telephone systems brought calls and no device is listened to.
    private static func answer(_ levels: [String], count: Int? = nil, isPaused: Bool = false) -> ControlReply {
        let calls = levels.enumerated().map { index, level in
            ControlReply.RunningCall(
                call: "call\(999 - index)",
                progress: .init(
                    seconds: 61, netSpeechSeconds: 30, level: level, alerts: level == "alert" ? 1 : 0, label: "trunk <b>", isSpeech: true,
                    levelDBFS: -21, windowLLR: 1.5, operatingPoint: "default", alertsAtLLR: 4.5, isDisclosed: false))
        }
        return ControlReply(
            call: nil, isPaused: isPaused, words: "", trunks: .init(count: count ?? calls.count, isPaused: isPaused, calls: calls))
    }

    @Test("Calls of telephone systems stand one by one; whoever judges blind sees neither score nor the order of alerts")
    func trunkCalls() {
        func board(_ reply: ControlReply, isBlind: Bool = false) -> LiveBoard { LiveBoard(.init(reply: reply, words: ""), isBlind: isBlind) }
        let three = Self.answer(["alert", "clear", "watch"])
        let open = board(three)
        #expect(open.words == "3 calls are on." && open.call == nil && open.can == ["hearing"] && open.more.isEmpty)
        #expect(open.trunkCalls.map(\.id) == ["call999", "call998", "call997"])
        #expect(open.trunkCalls.map { $0.texts["state"] } == ["alert", "no alert", "watch"] && open.trunkCalls[0].texts["at"] == "+4.50 (default)")
        let blind = board(three, isBlind: true)
        #expect(blind.trunkCalls.map(\.id) == ["call997", "call998", "call999"])
        #expect(["+1.50", "alert", "watch"].allSatisfy { !blind.json.contains($0) } && blind.trunkCalls[0].canDisclose == nil)
        // Where not all are shown, which are is by their alerts.
        let many = Self.answer(["alert", "clear"], count: 150)
        #expect(board(many).more.hasPrefix("148 more") && board(many).trunkCalls.count == 2 && board(many).words == "150 calls are on.")
        #expect(board(many, isBlind: true).trunkCalls.isEmpty && !board(many, isBlind: true).more.isEmpty)
        #expect(board(Self.answer(["clear"], isPaused: true)).words == "A call is on; paused: nothing is heard.")
        // A call that was begun by hand at the device is heard although the trunks are paused.
        var both = Self.reply
        both.trunks = .init(count: 1, isPaused: true, calls: Self.answer(["clear"]).trunks!.calls)
        #expect(board(both).words == "2 calls are on; paused at the telephone systems." && board(both).can == ["call", "paused", "hearing"])
    }

    @Test("The page on the running calls has a row for each, which an admin discloses by its id; a hundred stay under 100 KB")
    func trunkPage() async throws {
        let site = try Site()
        try site.add("ad", .admin)
        try site.add("rev", .reviewer)
        let told = Mutex<[ControlRequest]>([])
        let socket = try ControlSocket(ControlSocketPath(path: site.folder.path + "/control.sock")) { request in
            if request == .status { return Self.answer(["alert"] + Array(repeating: "clear", count: 99), count: 100) }
            told.withLock { $0.append(request) }
            return ControlReply(call: "call998", isPaused: false, words: "done")
        }
        defer { socket.stop() }
        try await site.dashboard { $0.patienceSeconds = 60 }.visited { door in
            let admin = Browser(door)
            try await admin.signIn("ad")
            let page = try await admin.get("/live")
            #expect(page.size < 100_000, "\(page.size) bytes")
            #expect(page.text.components(separatedBy: "data-cell=\"call\" href=\"/calls/call").count == 101)
            for words in ["100 calls are on.", "trunk &lt;b&gt;", "+1.50", "+4.50 (default)", "name=\"call\" value=\"call998\"", "1:01", "-21 dBFS"] {
                #expect(page.text.contains(words), "\(words)")
            }
            #expect(try await admin.post("/live/disclose", ["call": "call998"]).status == .seeOther)
            let reviewer = Browser(door)
            try await reviewer.signIn("rev")
            let blind = try await reviewer.get("/live").text
            #expect(blind.contains("/calls/call998") && !blind.contains("+1.50") && !blind.contains("/live/disclose"))
            #expect(try await reviewer.post("/live/disclose", ["call": "call998"]).status == .forbidden)
        }
        #expect(told.withLock { $0 } == [.disclose(call: "call998")])
        #expect(try site.audit(of: CallID("call998")).contains { $0.contains("disclose, by ad") })
    }

    @Test("Where nobody listens the page says so, and what only an admin may tell is refused to others")
    func page() async throws {
        let site = try Site()
        try site.add("mk", .viewer)
        try site.add("ad", .admin)
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            try await browser.signIn("mk")
            let page = try await browser.get("/live").text
            #expect(page.contains("Nobody listens") && !page.contains("/live/pause"))
            #expect(try await browser.post("/live/pause").status == .forbidden)
            let admin = Browser(door)
            try await admin.signIn("ad")
            #expect(try await admin.get("/live").text.contains("/live/disclose"))
            #expect(try await admin.post("/live/pause").status == .serviceUnavailable)
            #expect(try await admin.post("/live/shutdown").status == .notFound)
        }
    }
}
