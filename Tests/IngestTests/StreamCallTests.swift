import Audio
import Foundation
import Testing

@testable import Ingest

@Suite("A stream as a call") struct StreamCallTests {
    @Test("Channels become legs, wherever the stream was cut", arguments: [1, 3, 4, 1000])
    func channels(size: Int) throws {
        let notebook = Notebook()
        var call = StreamCall(format: RawFormat(.s16le, sampleRate: 16_000, channelCount: 2), legs: ["far", "near"], trunk: "stdin", taker: notebook)
        let bytes = (0..<40).map { UInt8($0) } + [99]
        for start in stride(from: 0, to: bytes.count, by: size) { try call.take(bytes[start..<min(start + size, bytes.count)]) }
        call.end(.hungUp)
        let page = try #require(notebook.pages.first)
        #expect(notebook.pages.count == 1 && page.ending == .hungUp && page.rates == [16_000])
        #expect(
            page.sound[0] == (0..<40).filter { $0 % 4 < 2 }.map { UInt8($0) } && page.sound[1] == (0..<40).filter { $0 % 4 > 1 }.map { UInt8($0) })
        #expect(notebook.offers[0].legs.map(\.name) == ["far", "near"] && notebook.offers[0].legs.allSatisfy { !$0.isOnlyChannel })
    }

    @Test("G.711 comes out linear; the only channel is said to be so")
    func ulaw() throws {
        let notebook = Notebook()
        var call = StreamCall(format: RawFormat(.ulaw), legs: ["far"], trunk: "stdin", taker: notebook)
        try call.take([0xff, 0x80])
        call.end(.hungUp)
        // The quietest and the loudest positive code.
        #expect(notebook.pages[0].sound[0] == [0, 0] + [UInt8(32_124 & 255), UInt8(32_124 >> 8)] && notebook.offers[0].legs[0].isOnlyChannel)
    }

    @Test("A stream without a frame is no call")
    func empty() throws {
        let notebook = Notebook()
        var call = StreamCall(format: RawFormat(.s16le), legs: ["far"], trunk: "stdin", taker: notebook)
        try call.take([1])
        call.end(.hungUp)
        #expect(notebook.pages.isEmpty)
    }

    @Test("A pipe is read to its end, and then said to be over")
    func pipe() async throws {
        let notebook = Notebook()
        let pipe = Pipe()
        let problem = await withCheckedContinuation { continuation in
            let source = StreamSource(
                descriptor: pipe.fileHandleForReading.fileDescriptor, format: RawFormat(.alaw), legs: ["far"], trunk: "stdin", taker: notebook
            ) { continuation.resume(returning: $0) }
            pipe.fileHandleForWriting.write(Data(repeating: 0xd5, count: 20_000))
            try? pipe.fileHandleForWriting.close()
            _ = source
        }
        #expect(problem == nil && notebook.pages[0].ending == .hungUp && notebook.pages[0].sound[0].count == 40_000)
    }
}
