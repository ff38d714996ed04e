import TestSupport
import Testing

@testable import Ingest

private typealias Heard = RTPStream.Heard

@Suite("Putting RTP in order") struct RTPStreamTests {
    private func stream(reorder: Int = 10, _ payloads: [UInt8: RTPPayload] = [:]) -> RTPStream {
        RTPStream(payloads: payloads, reorderPackets: reorder, mostGapSeconds: 60)
    }

    /// A packet of L16 at 8 kHz (type 96) whose two samples are its number; two units of the clock a packet.
    private func packet(_ number: Int, source: UInt32 = 7, at time: Int? = nil, type: UInt8 = 96, base: UInt16 = 0) -> RTPPacket {
        RTPPacket(
            payloadType: type, sequence: UInt16(truncatingIfNeeded: number) &+ base, time: UInt32(truncatingIfNeeded: time ?? 2 * number),
            source: source,
            payload: [0, UInt8(truncatingIfNeeded: number), 0, UInt8(truncatingIfNeeded: number)])
    }

    private let linear: [UInt8: RTPPayload] = [96: RTPPayload(.linearBig, 8000)]

    /// Numbers of the packets as they are heard, and gaps in frames: `.lost` negative, `.notSent` times 1000.
    private func timeline(_ heard: [Heard]) -> [Int] {
        heard.flatMap { piece -> [Int] in
            switch piece {
            case .sound(let samples, _): stride(from: 0, to: samples.count, by: 4).map { Int(samples[$0]) }
            case .missing(let frames, _, .lost): [-frames]
            case .missing(let frames, _, _): [1000 * frames]
            }
        }
    }

    private func run(_ packets: [RTPPacket], reorder: Int = 10) -> [Int] {
        var stream = stream(reorder: reorder, linear)
        var heard = packets.flatMap { stream.take($0) }
        heard += stream.finish()
        return timeline(heard)
    }

    @Test("Any order within the window comes out in order, across the turn of the numbers", arguments: [UInt16(0), 65_533])
    func order(base: UInt16) {
        let order = [0, 1, 4, 2, 3, 7, 6, 5, 8, 9]
        #expect(run(order.map { packet($0, base: base) }) == Array(0..<10))
        // Twice is once, late is never.
        #expect(run([0, 1, 1, 2, 0, 3, 3].map { packet($0, base: base) }) == [0, 1, 2, 3])
    }

    @Test("What does not come is lost once the window is full, for as long as the time stamps say")
    func lost() {
        #expect(run([0, 1, 2, 5, 6].map { packet($0) }, reorder: 2) == [0, 1, 2, -4, 5, 6])
        var stream = stream(reorder: 2, linear)
        var counts: [Int] = []
        for number in [0, 1, 3, 4, 5, 6] { counts.append(timeline(stream.take(packet(number))).count) }
        // It waits for 2 behind 3 and 4, and gives it up with 5.
        #expect(counts == [0, 2, 0, 0, 4, 1])
    }

    @Test("A sender that is silent sent nothing: numbers that go on, time stamps that jump; comfort noise is no sound")
    func silence() {
        #expect(run([packet(0), packet(1), packet(2, at: 804), packet(3, at: 806)]) == [0, 1, 800_000, 2, 3])
        #expect(run([packet(0), packet(1), packet(2, at: 4, type: 13), packet(3, at: 400, type: 13), packet(4, at: 804)]) == [0, 1, 800_000, 4])
        // Lost on the way while it was silent: then not all of the gap is silence for sure.
        #expect(run([packet(0), packet(1), packet(2, at: 4, type: 13), packet(4, at: 804)], reorder: 0) == [0, 1, -800, 4])
    }

    @Test("A clock that is set anew is no gap, and no trap")
    func clock() {
        #expect(run([packet(0), packet(1), packet(2, at: 2_000_000_000), packet(3, at: 2_000_000_002)]) == [0, 1, 2, 3])
        #expect(run([packet(0), packet(1), packet(4, at: 2_000_000_000)], reorder: 0) == [0, 1, -4, 4])
        #expect(run([packet(0), packet(1), packet(2, at: 0)]) == [0, 1, 2])
        // Numbers far off: the sender began anew.
        #expect(run([packet(0), packet(1), packet(30_000 + 2, at: 4), packet(30_000 + 3, at: 6)]) == [0, 1, (30_002) & 255, (30_003) & 255])
    }

    @Test("Another source takes over when the first is silent, and not beside it")
    func sources() {
        let other = (10..<16).map { packet($0, source: 9) }
        #expect(run([packet(0), packet(1)] + other) == [0, 1, 10, 11, 12, 13, 14, 15])
        var mixed: [RTPPacket] = [packet(0), packet(1)]
        for number in 2..<8 { mixed += [packet(number), packet(number + 50, source: 9)] }
        #expect(run(mixed) == Array(0..<8))
        // A stray packet begins nothing.
        #expect(run([packet(5, source: 3), packet(9, source: 4), packet(0, source: 5)]) == [])
    }

    @Test("Codecs by their payload type; one that changes in the call; one that is not known is passed over")
    func codecs() {
        var stream = stream(linear)
        var heard: [Heard] = []
        func put(_ number: UInt16, _ type: UInt8, _ payload: [UInt8], at time: UInt32) {
            heard += stream.take(RTPPacket(payloadType: type, sequence: number, time: time, source: 1, payload: payload))
        }
        put(0, 0, [0xff, 0xff], at: 0)
        put(1, 8, [0xd5, 0xd5], at: 2)
        put(2, 9, [0xfa, 0xfa], at: 4)
        put(3, 101, [5, 0, 0, 0], at: 6)
        put(4, 96, [0, 1], at: 6)
        let rates = heard.compactMap { if case .sound(let samples, let rate) = $0 { [rate, samples.count] } else { nil } }
        // G.722's clock runs at 8 kHz for samples at 16 kHz, so nothing is missing behind it.
        #expect(rates == [[8000, 4], [8000, 4], [16_000, 8], [8000, 2]] && heard.count == 4)
    }

    @Test("The header: contributing sources, an extension, padding; what is none is refused")
    func header() {
        let plain: [UInt8] = [0x80, 0x80, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 8, 7]
        #expect(RTPPacket(plain) == RTPPacket(payloadType: 0, sequence: 1, time: 2, source: 3, payload: [9, 8, 7]))
        let full: [UInt8] = [0xb1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 1, 1, 1, 0xbe, 0xde, 0, 1, 5, 5, 5, 5, 9, 8, 7, 0, 2]
        #expect(RTPPacket(full)?.payload == [9, 8, 7])
        for bytes: [UInt8] in [
            [], Array(plain[..<11]), [0x40] + plain[1...], [0x8f] + plain[1...], [0x90] + plain[1...], [0xa0] + plain[1..<14] + [0],
            [0xa0] + plain[1..<14] + [99],
        ] {
            #expect(RTPPacket(bytes) == nil)
        }
        #expect(RTPPacket.isControl([0x80, 200, 0, 1, 0, 0, 0, 1]) && !RTPPacket.isControl(plain))
        #expect(RTPPacket.goodbyes([0x80, 201, 0, 1, 0, 0, 0, 3, 0x81, 203, 0, 1, 0, 0, 0, 3]) == [3])
        #expect(RTPPacket.goodbyes([0x9f, 203, 0, 1, 0, 0, 0, 3]) == [3] && RTPPacket.goodbyes([0x81, 203, 0xff, 0xff, 0, 0, 0, 3]) == [])
    }

    @Test(
        "Payloads as SDP has them",
        arguments: [("PCMU/8000", true), ("g722/8000", true), ("L16/16000/2", true), ("opus/48000/2", false), ("L16", false), ("L16/1", false)])
    func payloads(text: String, isTaken: Bool) {
        #expect((RTPPayload(parsing: text) != nil) == isTaken)
    }

    @Test("Noise neither traps nor grows")
    func noise() {
        var generator = SeededGenerator()
        var stream = stream(reorder: 5, linear)
        var frames = 0
        for round in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if bytes.count > 11 {
                bytes[0] = 0x80 | bytes[0] & 0x30
                bytes.replaceSubrange(8..<12, with: [0, 0, 0, bytes[11] < 4 ? 1 : 0])
                // Numbers that mostly go on, so that something is heard between what is none.
                bytes[1] &= 0x60
                bytes[2] = 0
                bytes[3] = UInt8(truncatingIfNeeded: round)
            }
            _ = RTPPacket.goodbyes(bytes)
            guard let packet = RTPPacket(bytes) else { continue }
            for case .sound(let samples, _) in stream.take(packet) { frames += samples.count / 2 }
        }
        #expect(frames > 0)
    }
}
