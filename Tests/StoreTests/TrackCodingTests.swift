import Screening
import Testing

@testable import Store

@Suite("Score tracks as bytes") struct TrackCodingTests {
    /// The bits of every number: equality of these is identity, also for NaN and -0.
    private func bits(_ hops: [HopScore]) -> [[UInt64]] {
        hops.map {
            [UInt64(bitPattern: Int64($0.startSample)), UInt64($0.evidence.bitPattern), UInt64($0.speechProbability.bitPattern),
             $0.isSpeech ? 1 : 0, $0.windowLLR?.bitPattern ?? 1, $0.windowLLR == nil ? 0 : 1, UInt64($0.levelDBFS.bitPattern)]
        }
    }

    @Test("Any numbers come back bit for bit, whatever their bits mean", arguments: 0..<20)
    func roundTrip(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func random() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        let hops = (0..<Int(random() % 200)).map { index in
            HopScore(
                startSample: random() % 10 == 0 ? Int(random() >> 2) : index * 3200, evidence: Float(bitPattern: UInt32(truncatingIfNeeded: random())),
                speechProbability: Float(bitPattern: UInt32(truncatingIfNeeded: random())), isSpeech: random() % 2 == 0,
                windowLLR: random() % 3 == 0 ? nil : Double(bitPattern: random()), levelDBFS: Float(bitPattern: UInt32(truncatingIfNeeded: random())))
        }
        let bytes = TrackCoding.encode(hops)
        #expect(TrackCoding.decode(bytes, count: hops.count).map(bits) == bits(hops))
    }

    @Test("NaN payloads, infinities, zero's sign and subnormal numbers survive")
    func oddFloats() {
        let odd: [Float] = [.nan, -.nan, Float(bitPattern: 0x7FA0_1234), .infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
        let hops = odd.enumerated().map { index, value in
            HopScore(startSample: index * 3200, evidence: value, speechProbability: -value, isSpeech: true, windowLLR: Double(value), levelDBFS: value)
        }
        #expect(TrackCoding.decode(TrackCoding.encode(hops), count: hops.count).map(bits) == bits(hops))
    }

    @Test("Silence costs a few bytes a hop, and half a track is no track")
    func compact() {
        let silence = (0..<100).map {
            HopScore(startSample: $0 * 3200, evidence: 0.25, speechProbability: 0.01, isSpeech: false, windowLLR: nil, levelDBFS: -.infinity)
        }
        let bytes = TrackCoding.encode(silence)
        #expect(bytes.count < 100 * 8 + 64)
        for length in 0..<bytes.count { #expect(TrackCoding.decode(Array(bytes[..<length]), count: 100) == nil) }
        #expect(TrackCoding.decode(bytes, count: 99) == nil)
        #expect(TrackCoding.decode([], count: 0) == nil && TrackCoding.decode(TrackCoding.encode([]), count: 0) == [])
    }
}
