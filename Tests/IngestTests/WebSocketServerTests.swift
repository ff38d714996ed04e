import Foundation
import TestSupport
import Testing

@testable import Ingest

/// A WebSocket trunk on a port of this machine whose calls a notebook takes.
private final class Desk {
    let notebook = Notebook()
    let server: IngestServer
    private let words = Words()

    final class Words: @unchecked Sendable {
        private let lock = NSLock()
        private var lines: [String] = []
        func say(_ line: String) { lock.withLock { lines.append(line) } }
        var all: [String] { lock.withLock { lines } }
    }

    init(_ change: (inout Trunk) throws -> Void = { _ in }) throws {
        var trunk = Trunk(name: "cloud", kind: .websocket, address: try #require(ListenAddress("127.0.0.1:0")))
        try change(&trunk)
        let words = words
        server = try IngestServer([trunk], taker: notebook, threads: 2) { words.say($0) }
    }

    var complaints: [String] { words.all }
    func caller(_ target: String = "/", _ headers: [String] = []) throws -> WebSocketCaller {
        try WebSocketCaller(port: server.ports[0], target: target, headers: headers)
    }
}

private let head = #"{"callSid":"abc","sampleRate":8000,"mixType":"mono"}"#

@Suite("Listening for WebSockets") struct WebSocketServerTests {
    private let bytes = (0..<16_000).map { UInt8(truncatingIfNeeded: $0) }

    private func file(_ text: String) throws -> String {
        let path = NSTemporaryDirectory() + "falsetto-secret-\(UUID().uuidString)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test("Calls of many callers come out whole and apart, in frames of any size and in pieces of messages")
    func many() throws {
        let desk = try Desk()
        let callers = try (0..<20).map { _ in try desk.caller("/stream?x=1", ["Sec-WebSocket-Protocol: audio.jambonz.org, other"]) }
        #expect(callers.allSatisfy { $0.isIn && $0.answer.contains("audio.jambonz.org\r\n") })
        for caller in callers { caller.text(head) }
        for (index, start) in stride(from: 0, to: bytes.count, by: 2000).enumerated() {
            let piece = Array(bytes[start..<start + 2000])
            for caller in callers {
                if index.isMultiple(of: 2) {
                    caller.binary(piece)
                } else {
                    // A ping may stand between the pieces of a message.
                    caller.send(WebSocketCaller.frame(2, Array(piece[..<700]), isLast: false))
                    caller.send(WebSocketCaller.frame(9, [1, 2, 3]))
                    caller.send(WebSocketCaller.frame(0, Array(piece[700...])))
                }
            }
        }
        for caller in callers { #expect(caller.next()?.opcode == 10) }
        for caller in callers { caller.hangUp() }
        desk.server.stop()
        #expect(desk.notebook.pages.count == 20 && desk.notebook.pages.allSatisfy { $0.sound == [bytes] && $0.ending == .hungUp })
        #expect(desk.complaints.isEmpty)
    }

    @Test("AudioHook is answered on the line: opened, pong, closed, goodbye")
    func answers() throws {
        let desk = try Desk()
        let caller = try desk.caller()
        func say(_ type: String, _ sequence: Int, _ parameters: String) {
            caller.text(
                #"{"version":"2","id":"s1","type":"\#(type)","seq":\#(sequence),"serverseq":0,"position":"PT0S","parameters":\#(parameters)}"#)
        }
        say(
            "open", 1,
            #"{"conversationId":"c1","participant":{"id":"p1"},"media":[{"type":"audio","format":"PCMU","channels":["external"],"rate":8000}]}"#)
        #expect(caller.nextText()?.contains(#""type":"opened""#) == true)
        caller.binary([UInt8](repeating: 0xff, count: 160))
        say("ping", 2, "{}")
        #expect(caller.nextText()?.contains(#""type":"pong""#) == true)
        say("close", 3, #"{"reason":"end"}"#)
        #expect(caller.nextText()?.contains(#""type":"closed""#) == true)
        #expect(caller.goodbye() == 1000)
        desk.server.stop()
        #expect(desk.notebook.pages.map(\.ending) == [.hungUp] && desk.notebook.offers[0].outsideID == "c1")
    }

    @Test("A hostile peer costs its own connection only: the call beside it is whole, and nothing of what was sent is said")
    func hostile() throws {
        let desk = try Desk { $0.limits.messageBytes = 4096 }
        let good = try desk.caller()
        good.text(head)
        good.binary(Array(bytes[..<4000]))
        var codes: [Int?] = []
        for attack: (WebSocketCaller) -> Void in [
            { $0.text("secret") }, { $0.binary([1, 2]) },
            {
                $0.text(head); $0.binary([1])
            }, { $0.binary([UInt8](repeating: 0, count: 5000)) },
            // A frame that says it is huge, in its first bytes.
            { $0.send([0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]) },
            { $0.send(WebSocketCaller.frame(1, Array(head.utf8), mask: nil)) }, { $0.send(WebSocketCaller.frame(1, [0xff, 0xfe])) },
            { $0.send(WebSocketCaller.frame(3, [])) }, { caller in for _ in 0..<100 { caller.send(WebSocketCaller.frame(2, [1], isLast: false)) } },
            { $0.text(#"{"callSid":"a","sampleRate":7}"#) },
            {
                $0.text(#"{"sampleRate":8000}"#); $0.drop()
            },
        ] {
            let caller = try desk.caller()
            attack(caller)
            codes.append(caller.goodbye())
        }
        #expect(codes[0] == 1008 && codes[1] == 1008)
        let web = try AudioSocketCaller(port: desk.server.ports[0])
        web.send(Array("\u{16}\u{03}\u{01} secret garbage\r\n\r\n".utf8))
        #expect(!web.answer().contains(" 101 "))
        for start in stride(from: 4000, to: bytes.count, by: 4000) { good.binary(Array(bytes[start..<start + 4000])) }
        good.hangUp()
        desk.server.stop()
        #expect(desk.notebook.pages[0].sound == [bytes] && desk.notebook.pages[0].ending == .hungUp)
        #expect(
            desk.notebook.pages.allSatisfy { $0.ending != nil } && desk.complaints.allSatisfy { !$0.contains("secret") } && !desk.complaints.isEmpty)
    }

    @Test("Who stops in the handshake, in a frame, or never reads its answers is let go")
    func stuck() throws {
        let desk = try Desk {
            $0.limits.firstSoundSeconds = 0.4
            $0.limits.idleSeconds = 0.6
        }
        let half = try AudioSocketCaller(port: desk.server.ports[0])
        half.send(Array("GET / HTTP/1.1\r\nHost: a\r\nUpgr".utf8))
        let silent = try desk.caller(), stopped = try desk.caller()
        stopped.text(head)
        stopped.send([0x82, 0xfe, 0x10, 0])
        #expect(half.sawClose() && silent.goodbye() != 1000 && stopped.goodbye() != 1000)
        desk.server.stop()
        #expect(desk.notebook.pages.map(\.ending) == [.idle])
    }

    @Test("Who pings without end and reads no answer is let go before the answers pile up")
    func deaf() throws {
        let desk = try Desk()
        let caller = try desk.caller()
        caller.text(head)
        let pings = Array(repeating: WebSocketCaller.frame(9, [UInt8](repeating: 7, count: 125)), count: 100).flatMap { $0 }
        while caller.send(pings) {}
        desk.server.stop()
        #expect(desk.notebook.pages.map(\.ending) == [.connectionLost] && desk.complaints.contains { $0.contains("does not read") })
    }

    @Test("Without its token nobody comes in; it may stand in a header, in the query, or at the path's end")
    func tokens() throws {
        let token = "0123456789abcdef-token"
        let path = try file("# of the cloud\n\(token)\nanother-token-of-18\n")
        let desk = try Desk { $0.protection.tokens = path }
        let basic = Data("user:\(token)".utf8).base64EncodedString()
        for (target, headers) in [
            ("/", ["Authorization: Bearer \(token)"]), ("/a?b=c&token=\(token)", []), ("/twilio/\(token)", []),
            ("/", ["Authorization: Basic \(basic)"]),
            ("/another-token-of-18", []),
        ] { #expect(try desk.caller(target, headers).isIn, "\(target)") }
        for (target, headers) in [
            ("/", []), ("/", ["Authorization: Bearer \(token)x"]), ("/?token=", []), ("/?token=0123", []), ("/\(token)/x", []),
            ("/", ["Authorization: Basic %%"]),
        ] {
            let caller = try desk.caller(target, headers)
            #expect(!caller.isIn && caller.answer.hasPrefix("HTTP/1.1 401 "), "\(target)")
        }
        desk.server.stop()
        #expect(desk.complaints.allSatisfy { !$0.contains(token) })
        #expect(throws: IngestError.self) { try Desk { $0.protection.tokens = try file("short\n") } }
        #expect(throws: IngestError.self) { try Desk { $0.protection.tokens = "/nonexistent/token" } }
    }

    @Test("A page that is asked for is refused, and no call")
    func page() throws {
        let desk = try Desk()
        let web = try AudioSocketCaller(port: desk.server.ports[0])
        web.send(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        #expect(web.answer().hasPrefix("HTTP/1.1 426 "))
        desk.server.stop()
        #expect(desk.notebook.pages.isEmpty)
    }

    @Test("Calls that go: a removed trunk ends with its calls, a new one is listened on, one that stays goes on under new limits and tokens")
    func changes() throws {
        let desk = try Desk()
        var stays = Trunk(name: "cloud", kind: .websocket, address: try #require(ListenAddress("127.0.0.1:0")))
        let first = desk.server.ports[0]
        let caller = try desk.caller()
        caller.text(head)
        caller.binary(Array(bytes[..<8000]))
        while desk.notebook.pages.first?.sound.first?.count != 8000 {}
        let new = Trunk(name: "pbx", kind: .audiosocket, address: try #require(ListenAddress("127.0.0.1:0")))
        stays.protection.tokens = try file("0123456789abcdef\n")
        #expect(desk.server.change(to: [stays, new]).map(\.trunk.name) == ["pbx"])
        #expect(desk.server.ports[0] == first)
        // The call that is on goes on; who comes now needs the token.
        #expect(try !desk.caller().isIn && desk.caller("/0123456789abcdef").isIn)
        caller.binary(Array(bytes[8000...]))
        let other = try AudioSocketCaller(port: desk.server.ports[1])
        other.begin()
        other.speak([1, 2, 3])
        while desk.notebook.pages.count < 2 || desk.notebook.pages[0].sound[0].count < bytes.count {}
        desk.server.change(to: [new])
        #expect(caller.goodbye() == 1001)
        #expect(throws: (any Error).self) { try WebSocketCaller(port: first) }
        other.speak([4])
        other.hangUp()
        desk.server.stop()
        #expect(desk.notebook.pages.map(\.ending) == [.shutdown, .hungUp] && desk.notebook.pages[0].sound == [bytes])
    }
}
