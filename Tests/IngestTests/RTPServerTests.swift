import TestSupport
import Testing

@testable import Ingest

@Suite("Listening for RTP") struct RTPServerTests {
    private func desk(_ change: (inout Trunk) -> Void) throws -> (Notebook, IngestServer) {
        var trunk = Trunk(name: "fork", kind: .rtp, address: try #require(ListenAddress("127.0.0.1:0")))
        trunk.limits.idleSeconds = 0.6
        change(&trunk)
        let notebook = Notebook()
        return (notebook, try IngestServer([trunk], taker: notebook, threads: 2) { _ in })
    }

    private func wait(_ isThere: () -> Bool) {
        let began = ContinuousClock.now
        while !isThere(), ContinuousClock.now - began < .seconds(600) {}
    }

    /// 20 ms of G.711.
    private func codes(_ value: UInt8) -> [UInt8] { [UInt8](repeating: value, count: 160) }

    @Test("A call begins with its first packets and ends when nothing comes; then another may begin")
    func silence() throws {
        let (notebook, server) = try desk { _ in }
        let caller = RTPCaller(port: server.ports[0])
        for _ in 0..<10 { caller.send(caller.packet(codes(0xff))) }
        wait { notebook.pages.first?.ending != nil }
        caller.source = 0xbeef
        for _ in 0..<5 { caller.send(caller.packet(codes(0xff))) }
        wait { notebook.pages.count == 2 && notebook.pages[1].ending != nil }
        server.stop()
        #expect(notebook.pages.map(\.ending) == [.idle, .idle] && notebook.pages.map { $0.sound[0].count } == [3200, 1600])
        #expect(notebook.offers.allSatisfy { $0.outsideID == nil && $0.legs == [OfferedLeg(name: "far", sampleRate: 8000, isOnlyChannel: true)] })
    }

    @Test("Two legs at two ports; both said goodbye, so it ends at once")
    func ports() throws {
        let (notebook, server) = try desk {
            $0.rtp.legs = .ports
            $0.limits.idleSeconds = 60
        }
        let (far, near) = (RTPCaller(port: server.ports[0], source: 1), RTPCaller(port: server.ports[0] + 2, source: 2, payloadType: 8))
        for _ in 0..<10 {
            far.send(far.packet(codes(0xff)))
            near.send(near.packet(codes(0xd5)))
        }
        wait { notebook.pages.first?.sound.map(\.count) == [3200, 3200] }
        far.goodbye()
        near.goodbye()
        wait { notebook.pages[0].ending != nil }
        #expect(notebook.pages[0].ending == .hungUp && notebook.offers[0].legs.map(\.name) == ["far", "near"])
        server.stop()
        #expect(notebook.pages.count == 1)
    }

    @Test("Two sources at one port are two legs: who speaks first is the far end; one that changes its source goes on")
    func sources() throws {
        let (notebook, server) = try desk {
            $0.rtp.legs = .sources
            $0.limits.idleSeconds = 60
        }
        let (far, near) = (RTPCaller(port: server.ports[0], source: 1), RTPCaller(port: server.ports[0], source: 2, payloadType: 8))
        for _ in 0..<10 {
            far.send(far.packet(codes(0xff)))
            near.send(near.packet(codes(0xd5)))
        }
        wait { notebook.pages.first?.sound.map(\.count) == [3200, 3200] }
        // The far end is transferred: another source, while the near end speaks on.
        far.source = 3
        for _ in 0..<10 { far.send(far.packet(codes(0x80))) }
        wait { notebook.pages[0].sound[0].count == 6400 }
        server.stop()
        #expect(notebook.pages.count == 1 && notebook.pages[0].sound.map(\.count) == [6400, 3200] && notebook.pages[0].ending == .shutdown)
    }

    @Test("Packets lost and overtaken on the way, a silence with comfort noise: marked, in order")
    func gaps() throws {
        let (notebook, server) = try desk { _ in }
        let caller = RTPCaller(port: server.ports[0])
        var packets = (0..<20).map { caller.packet(codes(UInt8($0))) }
        _ = caller.packet([])
        caller.sequence &-= 1
        caller.send(packets[0])
        caller.send(packets[1])
        packets.swapAt(4, 6)
        for packet in packets[2...] where packet != packets[10] { caller.send(packet) }
        caller.send(caller.packet([40], type: 13))
        caller.time &+= 7999
        for _ in 0..<12 { caller.send(caller.packet(codes(0xff))) }
        wait { notebook.pages.first?.ending != nil }
        server.stop()
        let page = notebook.pages[0]
        #expect(page.gaps == [.init(leg: 0, frames: 160, cause: .lost), .init(leg: 0, frames: 8000, cause: .notSent)])
        var expected: [UInt8] = []
        for value in (0..<20).map({ UInt8($0) }) + [UInt8](repeating: 0xff, count: 12) where value != 10 {
            G711.decode(codes(value), .mu, into: &expected)
        }
        #expect(page.sound[0] == expected)
    }

    @Test("Several lines, a call each; garbage and a refused call cost nobody else anything")
    func lines() throws {
        let (notebook, server) = try desk { $0.rtp.lines = 5 }
        let callers = (0..<5).map { RTPCaller(port: server.ports[0] + 2 * $0) }
        for round in 0..<10 {
            for (index, caller) in callers.enumerated() {
                caller.send([UInt8](repeating: UInt8(round), count: 7 * index))
                caller.send(caller.packet(codes(UInt8(index))))
            }
        }
        wait { notebook.pages.count == 5 && notebook.pages.allSatisfy { $0.ending != nil } }
        server.stop()
        #expect(notebook.pages.count == 5 && notebook.pages.allSatisfy { $0.sound[0].count == 3200 })
        #expect(Set(notebook.pages.map { $0.sound[0][1] }).count == 5)
    }

    @Test("Who floods is heard no faster than sound runs")
    func flood() throws {
        let (notebook, server) = try desk { $0.limits.leadSeconds = 1 }
        let caller = RTPCaller(port: server.ports[0])
        for _ in 0..<400 { caller.send(caller.packet(codes(0xff))) }
        wait { notebook.pages.first?.ending != nil }
        server.stop()
        // 8 s were sent at once; one may come ahead, and a little more while it is sent.
        #expect(notebook.pages[0].sound[0].count < 2 * 8000 * 4)
    }
}
