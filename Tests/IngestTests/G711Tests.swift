import CSndfile
import Foundation
import Testing

@testable import Ingest

@Suite("G.711") struct G711Tests {
    @Test("All 256 codes of both laws are what libsndfile makes of them", arguments: [(G711.Law.mu, Int32(0x10)), (.a, 0x11)])
    func table(law: G711.Law, format: Int32) throws {
        let path = NSTemporaryDirectory() + "falsetto-g711-\(UUID().uuidString)"
        try Data(0...255).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        // Headerless (0x040000), one channel.
        var info = SF_INFO(frames: 0, samplerate: 8000, channels: 1, format: 0x04_0000 | format, sections: 0, seekable: 0)
        let file = try #require(sf_open(path, 0x10, &info))
        defer { sf_close(file) }
        var expected = [Int16](repeating: 0, count: 256)
        #expect(sf_read_short(file, &expected, 256) == 256)
        #expect(G711.table(law) == expected)
        var bytes: [UInt8] = []
        G711.decode(UInt8(0)...255, law, into: &bytes)
        let decoded = stride(from: 0, to: 512, by: 2).map { Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8) }
        #expect(decoded == expected)
    }
}
