import Foundation
import TestSupport
import Testing

@testable import Ingest

/// A trunk on a port of this machine whose calls a notebook takes.
private final class Desk {
    let notebook: Notebook
    let server: IngestServer
    private let words = Words()

    private final class Words: @unchecked Sendable {
        private let lock = NSLock()
        private var lines: [String] = []
        func say(_ line: String) { lock.withLock { lines.append(line) } }
        var all: [String] { lock.withLock { lines } }
    }

    init(framesWaitedFor: Int = 0, threads: Int = 2, _ limit: (inout IngestLimits) -> Void = { _ in }) throws {
        notebook = Notebook(framesWaitedFor: framesWaitedFor)
        var trunk = Trunk(name: "pbx", kind: .audiosocket, address: try #require(ListenAddress("127.0.0.1:0")))
        limit(&trunk.limits)
        let words = words
        server = try IngestServer([trunk], taker: notebook, threads: threads) { words.say($0) }
    }

    var complaints: [String] { words.all }
    func caller() throws -> AudioSocketCaller { try AudioSocketCaller(port: server.ports[0]) }
}

@Suite("Listening for AudioSocket") struct AudioSocketServerTests {
    private let sound = (0..<16_000).map { Int16($0) }
    private var bytes: [UInt8] { sound.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] } }

    @Test("Calls of many callers come out whole and apart")
    func many() throws {
        let desk = try Desk()
        let callers = try (0..<40).map { index in
            let caller = try desk.caller()
            caller.begin(UInt8(index))
            return caller
        }
        for start in stride(from: 0, to: sound.count, by: 1600) {
            for caller in callers { caller.speak(Array(sound[start..<start + 1600])) }
        }
        for caller in callers { caller.hangUp() }
        desk.server.stop()
        #expect(desk.notebook.pages.count == 40 && desk.notebook.pages.allSatisfy { $0.sound == [bytes] && $0.ending == .hungUp })
        #expect(Set(desk.notebook.offers.map(\.outsideID)).count == 40 && desk.complaints.isEmpty)
    }

    @Test("What is not the protocol costs its own connection only, and is said without what was sent")
    func hostile() throws {
        let desk = try Desk()
        let caller = try desk.caller()
        caller.begin()
        caller.speak(Array(sound[..<8000]))
        let web = try desk.caller()
        web.send(Array("GET /secret HTTP/1.1\r\n\r\n".utf8))
        #expect(web.sawClose())
        let half = try desk.caller()
        half.begin()
        half.speak(sound)
        half.say(0x10, [1, 2, 3])
        #expect(half.sawClose())
        caller.speak(Array(sound[8000...]))
        caller.hangUp()
        desk.server.stop()
        #expect(desk.notebook.pages.map(\.ending) == [.hungUp, .malformed] && desk.notebook.pages.allSatisfy { $0.sound == [bytes] })
        #expect(!desk.complaints.isEmpty && desk.complaints.allSatisfy { $0.hasPrefix("trunk pbx: AudioSocket: ") && !$0.contains("secret") })
    }

    @Test("Who says nothing, or stops within a message, is let go")
    func stuck() throws {
        let desk = try Desk {
            $0.firstSoundSeconds = 0.3
            $0.idleSeconds = 0.5
        }
        let (silent, stopped) = (try desk.caller(), try desk.caller())
        stopped.begin()
        stopped.speak(sound)
        stopped.send([0x12, 1, 0, 5])
        #expect(silent.sawClose() && stopped.sawClose())
        desk.server.stop()
        #expect(desk.notebook.pages.map(\.ending) == [.idle])
    }

    @Test("A byte now and then is no call going on: only whole messages count")
    func trickle() throws {
        let desk = try Desk { $0.idleSeconds = 0.5 }
        let caller = try desk.caller()
        caller.begin()
        caller.speak(sound)
        caller.send([0x12, 0xff, 0])
        let began = ContinuousClock.now
        while caller.send([1]), !caller.sawClose(within: 0.05), ContinuousClock.now - began < .seconds(30) {}
        #expect(ContinuousClock.now - began < .seconds(25))
        desk.server.stop()
        #expect(desk.notebook.pages.map(\.ending) == [.idle])
    }

    @Test("Connections over the limit are closed at once; when one leaves, another is let in")
    func connections() throws {
        let desk = try Desk { $0.connections = 2 }
        let callers = [try desk.caller(), try desk.caller()]
        for caller in callers {
            caller.begin()
            caller.speak(sound)
        }
        while desk.notebook.pages.count < 2 {}
        #expect(try desk.caller().sawClose())
        callers[0].hangUp()
        while desk.notebook.pages.count < 3 {
            let next = try desk.caller()
            next.begin()
            next.speak(sound)
            next.hangUp()
        }
        callers[1].hangUp()
        desk.server.stop()
        #expect(desk.complaints.contains { $0.contains("more than 2 connections") })
    }

    @Test("Who sends faster than sound runs is read no faster")
    func pace() throws {
        let desk = try Desk { $0.leadSeconds = 1 }
        let caller = try desk.caller()
        let began = ContinuousClock.now
        caller.begin()
        for _ in 0..<5 { caller.speak(sound) }
        caller.hangUp()
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        desk.server.stop()
        // Of 5 s, 1 s may come ahead, and what one read takes (half a second) over it.
        #expect(desk.notebook.pages[0].sound[0].count == 5 * bytes.count && seconds > 5 - 1 - 0.6, "\(seconds)")
    }

    @Test("Packets that complete nothing wait for those that do, and all of them are heard")
    func waiting() throws {
        let desk = try Desk(framesWaitedFor: 1600, threads: 1)
        let caller = try desk.caller()
        caller.begin()
        for start in stride(from: 0, to: sound.count, by: 160) {
            caller.speak(Array(sound[start..<start + 160]))
            // Another call from its begin to its end, on the same event loop: what could be read meanwhile was.
            let other = try desk.caller()
            other.begin()
            other.hangUp()
        }
        caller.hangUp()
        desk.server.stop()
        let page = desk.notebook.pages[0]
        #expect(page.sound == [bytes] && page.ending == .hungUp)
        // A tenth, and some more where the machine stood still for long between two packets.
        #expect(page.pieces <= sound.count / 160 / 2, "\(page.pieces)")
    }

    @Test("The last packets of a call are heard though they complete nothing: at the connection's end, or where the call is said to be over")
    func rest() throws {
        let desk = try Desk(framesWaitedFor: 1600)
        for hangsUp in [false, true] {
            let caller = try desk.caller()
            caller.begin()
            for start in stride(from: 0, to: 480, by: 160) { caller.speak(Array(sound[start..<start + 160])) }
            let began = ContinuousClock.now
            if hangsUp { caller.hangUp() } else { caller.drop() }
            while desk.notebook.pages.last?.ending == nil, ContinuousClock.now - began < .seconds(30) { usleep(1000) }
        }
        desk.server.stop()
        #expect(desk.notebook.pages.map(\.ending) == [.connectionLost, .hungUp])
        #expect(desk.notebook.pages.allSatisfy { $0.sound == [Array(bytes[..<960])] })
    }

    @Test("A call that lasts too long is ended")
    func long() throws {
        let desk = try Desk { $0.callHours = 0.5 / 3600 }
        let caller = try desk.caller()
        caller.begin()
        caller.speak(sound)
        #expect(caller.sawClose())
        desk.server.stop()
        #expect(desk.notebook.pages.map(\.ending) == [.tooLong])
    }

    @Test("Stopping ends each call that is on, once")
    func stop() throws {
        let desk = try Desk()
        let caller = try desk.caller()
        caller.begin()
        caller.speak(sound)
        while desk.notebook.pages.isEmpty {}
        desk.server.stop()
        #expect(desk.notebook.pages.map(\.ending) == [.shutdown] && caller.sawClose())
    }

    @Test("An address that is taken is one clear line, and nothing stays open")
    func taken() throws {
        let desk = try Desk()
        let trunk = Trunk(name: "two", kind: .audiosocket, address: try #require(ListenAddress("127.0.0.1:\(desk.server.ports[0])")))
        let error = #expect(throws: IngestError.self) { try IngestServer([trunk], taker: desk.notebook) { _ in } }
        #expect(error?.description.hasPrefix("trunk two: 127.0.0.1:") == true && error?.description.contains("choose another") == true)
        desk.server.stop()
    }
}
