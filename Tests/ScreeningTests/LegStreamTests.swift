import Alerting
import Audio
import Testing

@testable import Screening

@Suite("A leg as its line delivers it") struct LegStreamTests {
    /// Hears sound and gaps (negative: frames missing) in the given pieces.
    private func hear(_ pieces: [[Float]], gaps: [Int: [Int]] = [:], rate: Int, thenRate: Int? = nil) throws -> ([ScreeningEvent], LegResult, Int) {
        var stream = try LegStream(model: model, operatingPoint: .provisional, options: .init(keepsTrack: true), sampleRate: rate)
        var events: [ScreeningEvent] = []
        for (index, piece) in pieces.enumerated() {
            stream.push(piece.span, into: &events)
            for frames in gaps[index] ?? [] { stream.markGap(frames: frames, into: &events) }
            if index == 0, let thenRate { try stream.changeRate(to: thenRate, into: &events) }
        }
        let result = stream.finish(into: &events)
        return (events, result, stream.endSample)
    }

    private func cut(_ samples: [Float], _ size: Int) -> [[Float]] {
        stride(from: 0, to: samples.count, by: size).map { Array(samples[$0..<min($0 + size, samples.count)]) }
    }

    @Test("How blocks were cut changes nothing, at any rate", arguments: [8_000, 16_000, 44_100, 48_000])
    func blocks(rate: Int) throws {
        let samples = babble(seconds: 3)
        let whole = try hear([samples], rate: rate)
        for size in [1, 441, 4096] where size > 1 || rate == 8_000 {
            let pieces = try hear(cut(samples, size), rate: rate)
            #expect(pieces.0 == whole.0 && bits(pieces.1) == bits(whole.1))
        }
    }

    @Test("A gap marked in pieces is the gap marked at once, and a gap of no frames is none", arguments: [8_000, 44_100, 48_000])
    func gaps(rate: Int) throws {
        let samples = cut(babble(seconds: 4, seed: 3), 30_011)
        let once = try hear(samples, gaps: [0: [5_003], 1: [7]], rate: rate)
        let pieces = try hear(samples, gaps: [0: [1, 1, 1, 1_000, 0, 4_000], 1: [3, 4], 2: [0]], rate: rate)
        #expect(pieces.0 == once.0 && bits(pieces.1) == bits(once.1) && pieces.2 == once.2)
        let none = try hear(samples, rate: rate)
        #expect(none.0 != once.0)
    }

    @Test(
        "Every sample index stays in its place: the leg is as long as its frames and gaps, to the sample", arguments: [8_000, 11_025, 44_100, 48_000])
    func length(rate: Int) throws {
        let samples = babble(seconds: 2)
        let (_, result, end) = try hear(cut(samples, 1_733), gaps: [2: [12_345], 9: [1]], rate: rate)
        let frames = samples.count + 12_346
        #expect(abs(end - Int((Double(frames) * 16_000 / Double(rate)).rounded())) <= 1)
        #expect(abs(result.durationSeconds - Double(frames) / Double(rate)) < 1e-4)
    }

    @Test("A device that comes back at another rate goes on at the same time")
    func rates() throws {
        let (_, result, _) = try hear([babble(seconds: 1), babble(seconds: 1)], gaps: [0: [48_000]], rate: 48_000, thenRate: 8_000)
        // 16,000 frames and a gap of a second at 48 kHz, then 16,000 frames at 8 kHz.
        #expect(abs(result.durationSeconds - (1.0 / 3 + 1 + 2)) < 1e-4)
    }

    @Test("A gap is marked in the hops that it touches and is never speech")
    func notSpeech() throws {
        let (events, _, _) = try hear([babble(seconds: 2), babble(seconds: 2)], gaps: [0: [16_000]], rate: 16_000)
        let hops = events.compactMap { if case .hop(let hop) = $0 { hop } else { nil } }
        #expect(hops[10..<15].allSatisfy { $0.hop.lostSamples == 3200 && !$0.isSpeech })
        #expect(hops[..<10].allSatisfy { $0.hop.lostSamples == 0 } && hops[15...].allSatisfy { $0.hop.lostSamples == 0 })
    }

    @Test("It says with which frame a hop is complete: not before it, and with it if nothing is held", arguments: [8_000, 12_000, 16_000, 48_000])
    func framesToHop(rate: Int) throws {
        var stream = try LegStream(model: model, operatingPoint: .provisional, sampleRate: rate)
        let samples = babble(seconds: 6)
        var events: [ScreeningEvent] = []
        var (at, asked, told) = (0, 0, 0)
        while at + max(1, stream.framesToHop) <= samples.count {
            let count = max(1, stream.framesToHop), before = events.count
            stream.push(samples.span.extracting(at..<at + count - 1), into: &events)
            #expect(events.count == before)
            stream.push(samples.span.extracting(at + count - 1..<at + count), into: &events)
            at += count
            asked += 1
            if events.count > before { told += 1 }
        }
        #expect(told >= samples.count * 5 / rate - 1 && asked <= told + told / 4, "\(told) of \(asked)")
        // What comes behind a gap is a resampler's first again.
        stream.markGap(frames: rate / 100, into: &events)
        let (count, before) = (stream.framesToHop, events.count)
        stream.push(samples.span.extracting(0..<count - 1), into: &events)
        #expect(events.count == before)
        stream.push(samples.span.extracting(count - 1..<count), into: &events)
        #expect(events.count > before)
    }
}
