import Testing

@testable import Ingest

@Suite("Where a trunk listens") struct ListenAddressTests {
    @Test("Numeric addresses and localhost, with a port")
    func addresses() {
        #expect(ListenAddress("127.0.0.1:9092")?.port == 9092 && ListenAddress("localhost:1")?.host == "127.0.0.1")
        #expect(ListenAddress("[::1]:80")?.host == "::1" && ListenAddress("[::1]:80")?.description == "[::1]:80")
        for text in ["", ":", "9092", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "example.org:80", "::1:80", "127.0.0.1:80x"] {
            #expect(ListenAddress(text) == nil, "\(text)")
        }
    }

    @Test("Beyond this machine it takes the operator's word")
    func exposure() throws {
        for (text, isLoopback) in [("127.9.9.9:1", true), ("[::1]:1", true), ("0.0.0.0:1", false), ("192.168.1.2:1", false), ("[::]:1", false)] {
            var trunk = Trunk(name: "a", kind: .audiosocket, address: try #require(ListenAddress(text)))
            #expect(trunk.address.isLoopback == isLoopback && (trunk.exposure == nil) == isLoopback)
            trunk.isUnprotected = true
            #expect(trunk.exposure == nil)
        }
    }
}
