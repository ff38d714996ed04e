import Alerting
import Screening
import Testing

@testable import Calls

@Suite("Score tracks as bytes") struct TrackCodingTests {
    private func bits(_ hops: [HopScore]) -> [[UInt64]] {
        hops.map { score in
            let hop = score.hop
            let floats = [hop.evidence, score.speechProbability, hop.levelDBFS, hop.quietestDBFS, hop.lowerBandPower, hop.upperBandPower]
            let numbers = [hop.startSample, hop.clippedSamples, hop.lostSamples, hop.pausedSamples, hop.isSpeech ? 1 : 0]
            return floats.map { UInt64($0.bitPattern) } + numbers.map { UInt64(bitPattern: Int64($0)) }
                + [
                    score.windowLLR?.bitPattern ?? 1, score.changeSum?.bitPattern ?? 1, score.windowLLR == nil ? 0 : 1,
                    score.changeSum == nil ? 0 : 1,
                ]
                + [UInt64(score.level.rawValue.utf8.count)]
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
        let hops = (0..<Int(random() % 200)).map { index -> HopScore in
            func float() -> Float { Float(bitPattern: UInt32(truncatingIfNeeded: random())) }
            func integer() -> Int { random() % 3 == 0 ? Int(bitPattern: UInt(random())) : 0 }
            let hop = Hop(
                startSample: random() % 10 == 0 ? Int(random() >> 2) : index * 3200, evidence: float(), isSpeech: random() % 2 == 0,
                levelDBFS: float(),
                quietestDBFS: float(), clippedSamples: integer(), lowerBandPower: float(), upperBandPower: float(), lostSamples: integer(),
                pausedSamples: integer())
            return HopScore(
                hop: hop, speechProbability: float(), windowLLR: random() % 3 == 0 ? nil : Double(bitPattern: random()),
                changeSum: random() % 3 == 0 ? nil : Double(bitPattern: random()), level: Level.allCases[Int(random() % 3)])
        }
        let bytes = TrackCoding.encode(hops)
        #expect(TrackCoding.decode(bytes, count: hops.count).map(bits) == bits(hops))
    }

    @Test("NaN payloads, infinities, zero's sign and subnormal numbers survive")
    func oddFloats() {
        let odd: [Float] = [
            .nan, -.nan, Float(bitPattern: 0x7FA0_1234), .infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
        ]
        let hops = odd.enumerated().map { index, value in
            HopScore(
                hop: Hop(startSample: index * 3200, evidence: value, isSpeech: true, levelDBFS: value), speechProbability: -value,
                windowLLR: Double(value),
                changeSum: -Double(value))
        }
        #expect(TrackCoding.decode(TrackCoding.encode(hops), count: hops.count).map(bits) == bits(hops))
    }

    @Test("Silence costs a few bytes a hop, and half a track is no track")
    func compact() {
        let silence = (0..<100).map {
            HopScore(hop: Hop(startSample: $0 * 3200, evidence: 0.25), speechProbability: 0.01, windowLLR: nil)
        }
        let bytes = TrackCoding.encode(silence)
        #expect(bytes.count <= 100 * 7 + 64)
        for length in 0..<bytes.count { #expect(TrackCoding.decode(Array(bytes[..<length]), count: 100) == nil) }
        #expect(TrackCoding.decode(bytes, count: 99) == nil)
        #expect(TrackCoding.decode([], count: 0) == nil && TrackCoding.decode(TrackCoding.encode([]), count: 0) == [])
    }
}
