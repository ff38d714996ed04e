import Alerting
import Classifier
import Foundation
import TestSupport
import Testing

@testable import Screening

let model = try! formerModel()

/// Something with the rhythm and the spectrum of speech, made on the spot: pulses through three wandering resonances.
func babble(seconds: Double, seed: UInt64 = 1) -> [Float] {
    var state = seed
    func random() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) / Double(1 << 53)
    }
    var memory = [Double](repeating: 0, count: 6)
    var phase = 0.0
    return (0..<Int(seconds * 16_000)).map { n in
        let t = Double(n) / 16_000
        let pitch = 130 + 30 * sin(2 * .pi * 0.7 * t) + 8 * sin(2 * .pi * 5 * t)
        phase += pitch / 16_000
        var pulse = 0.02 * (random() - 0.5)
        if phase >= 1 { phase -= 1; pulse += 1 }
        let loud = max(0, sin(2 * .pi * 2.2 * t)) * (sin(2 * .pi * 0.31 * t) > -0.6 ? 1 : 0)
        let resonances = [(500 + 250 * sin(2 * .pi * 1.9 * t), 0.97), (1500 + 500 * sin(2 * .pi * 1.3 * t), 0.96), (2600.0, 0.95)]
        var sum = 0.0
        for (index, (frequency, radius)) in resonances.enumerated() {
            let y = pulse + 2 * radius * cos(2 * .pi * frequency / 16_000) * memory[2 * index] - radius * radius * memory[2 * index + 1]
            memory[2 * index + 1] = memory[2 * index]
            memory[2 * index] = y
            sum += y
        }
        return Float(0.05 * loud * sum + 0.0005 * (random() - 0.5))
    }
}

func screen(
    _ samples: [Float], cuts: [Int], options: Screener.Options = .init(keepsTrack: true, keepsSpectrogram: true)
) -> (result: LegResult, events: [ScreeningEvent]) {
    var screener = Screener(model: model, operatingPoint: .provisional, options: options)
    var events: [ScreeningEvent] = []
    var start = 0
    for cut in cuts + [samples.count] where cut > start || cut == samples.count {
        let block = Array(samples[start..<cut])
        screener.push(block.span, into: &events)
        start = cut
    }
    let result = screener.finish(into: &events)
    return (result, events)
}

/// The bits of every number in a result, so that equality means identity.
func bits(_ result: LegResult) -> [UInt64] {
    result.track.flatMap {
        [
            UInt64($0.evidence.bitPattern), UInt64($0.speechProbability.bitPattern), $0.windowLLR?.bitPattern ?? 1,
            UInt64($0.levelDBFS.bitPattern),
        ]
    } + [result.llr?.bitPattern ?? 1]
}

@Test("Blocks of any size give identical bytes", arguments: [1, 160, 1000, 3199, 3200, 3201])
func blockSizesChangeNothing(size: Int) {
    let samples = babble(seconds: size == 1 ? 2.3 : 6.7)
    let whole = screen(samples, cuts: [])
    let cut = screen(samples, cuts: Array(stride(from: size, to: samples.count, by: size)))
    #expect(bits(cut.result) == bits(whole.result))
    #expect(cut.result == whole.result && cut.events == whole.events)
}

@Test("Random blocks give identical bytes")
func randomBlocksChangeNothing() {
    let samples = babble(seconds: 5.3, seed: 4)
    let whole = screen(samples, cuts: [])
    var generator = SeededGenerator()
    for _ in 0..<5 {
        let cuts = (0..<40).map { _ in Int.random(in: 0..<samples.count, using: &generator) }.sorted()
        let cut = screen(samples, cuts: cuts)
        #expect(bits(cut.result) == bits(whole.result) && cut.events == whole.events)
    }
}

@Test("Every sample is in exactly one hop, the last one completed with silence")
func hopsCoverTheLeg() {
    for count in [1, 3199, 3200, 3201, 3512, 6400, 50_000] {
        let result = screen(Array(babble(seconds: 4).prefix(count)), cuts: []).result
        #expect(result.track.count == (count + 3199) / 3200)
        #expect(result.track.map(\.startSample) == (0..<result.track.count).map { $0 * 3200 })
        #expect(result.durationSeconds == Double(count) / 16_000)
        #expect(result.spectrogram?.levels.count == result.track.count * 64)
    }
}

@Test("Nothing and silence are inconclusive for want of speech, with no number")
func silenceIsNoSpeech() {
    for samples in [[], [Float](repeating: 0, count: 160_000)] {
        let result = screen(samples, cuts: []).result
        #expect(result.outcome == .inconclusive && result.reason == .noSpeech && result.llr == nil)
        #expect(result.netSpeechSeconds == 0 && result.alerts.isEmpty && result.strongest == nil)
    }
}

@Test("A sample that is not a number does not poison what follows")
func notANumberDoesNotSpread() {
    var samples = babble(seconds: 4)
    samples[20_000] = .nan
    samples[20_001] = .infinity
    samples[20_002] = -.infinity
    let result = screen(samples, cuts: []).result
    #expect(result.track.allSatisfy { $0.evidence.isFinite && $0.speechProbability.isFinite })
}

@Test("Without the track and the spectrogram the verdict is the same")
func optionsChangeNoScore() {
    let samples = babble(seconds: 6)
    var plain = screen(samples, cuts: [], options: .init()).result
    let full = screen(samples, cuts: []).result
    #expect(plain.track.isEmpty && plain.spectrogram == nil && !full.track.isEmpty)
    plain.track = full.track
    plain.spectrogram = full.spectrogram
    #expect(plain == full)
}
