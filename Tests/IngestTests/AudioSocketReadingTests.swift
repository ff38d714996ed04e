import TestSupport
import Testing

@testable import Ingest

private let id = [UInt8](1...16)

func message(_ kind: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
    [kind, UInt8(payload.count >> 8), UInt8(payload.count & 255)] + payload
}

@Suite("Reading AudioSocket") struct AudioSocketReadingTests {
    private func read(_ bytes: [UInt8], by size: Int = 65_536) -> ([MediaAction], PeerFault?) {
        var reading = AudioSocketReading(mostBytes: 2000)
        var actions: [MediaAction] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            actions += reading.take(bytes[start..<min(start + size, bytes.count)])
            if case .fault(let fault) = actions.last { return (Array(actions.dropLast()), fault) }
        }
        return (actions, nil)
    }

    @Test("Id, sound, a digit, sound, hang-up: however the bytes are cut", arguments: [1, 2, 3, 7, 64, 65_536])
    func whole(size: Int) {
        let (first, second) = ([UInt8](repeating: 5, count: 320), [UInt8](repeating: 9, count: 40))
        let (actions, fault) = read(message(1, id) + message(0x10, first) + message(3, [0x35]) + message(0x10, second) + message(0), by: size)
        #expect(fault == nil)
        #expect(
            actions == [
                .begin(outsideID: "0102030405060708090a0b0c0d0e0f10", legs: [OfferedLeg(name: "far", sampleRate: 8000, isOnlyChannel: true)]),
                .sound(first, leg: 0, sampleRate: 8000), .sound(second, leg: 0, sampleRate: 8000), .end(.hungUp),
            ])
    }

    @Test("Wider rates, each by its kind; a kind that is not known yet is passed over")
    func rates() {
        let rates = [8000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000]
        for (index, rate) in rates.enumerated() {
            let (actions, fault) = read(message(1, id) + message(0x20, [1, 2, 3]) + message(UInt8(0x10 + index), [1, 2]))
            #expect(fault == nil && actions.last == .sound([1, 2], leg: 0, sampleRate: rate))
        }
    }

    @Test("An error and a hang-up end it, and nothing behind them is read")
    func ends() {
        #expect(read(message(1, id) + message(0xff, [1]) + message(0x10, [1, 2])).0 == [.end(.connectionLost)])
        #expect(read(message(1, id) + message(0) + [0x47]).0 == [.end(.hungUp)])
    }

    @Test(
        "What is not the protocol is a fault at the first byte that shows it",
        arguments: [
            Array("GET / HTTP/1.1\r\n".utf8), message(0x10, [1, 2]), message(1, [1, 2]), [0x16, 3, 1], message(1, id) + message(1, id),
            message(1, id) + message(0x10, [1, 2, 3]), message(1, id) + [0x10, 0xff, 0xff],
        ])
    func malformed(bytes: [UInt8]) {
        #expect(read(bytes).1 != nil)
    }

    @Test("What came whole before a fault is heard, also when both came in one piece")
    func before() {
        let (actions, fault) = read(message(1, id) + message(0x10, [1, 2]) + message(0x10, [3]))
        #expect(fault != nil && actions.last == .sound([1, 2], leg: 0, sampleRate: 8000))
    }

    @Test("Noise of any kind neither traps nor is kept")
    func noise() {
        var generator = SeededGenerator()
        for round in 0..<500 {
            var bytes = (0..<Int.random(in: 1...400, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if round.isMultiple(of: 2) { bytes = message(1, id) + bytes }
            let (actions, _) = read(bytes, by: Int.random(in: 1...50, using: &generator))
            for case .sound(let samples, _, _) in actions { #expect(samples.count <= 2000 && samples.count.isMultiple(of: 2)) }
        }
    }
}
