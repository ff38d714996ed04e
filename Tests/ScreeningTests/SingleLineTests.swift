import Audio
import Foundation
import Testing

@testable import Screening

@Suite("Sound that is one line of the spectrum") struct SingleLineTests {
    /// A sweep from one frequency to the other, at 16 kHz.
    private func sweep(from low: Double, to high: Double, seconds: Double) -> [Float] {
        let count = Int(seconds * 16_000)
        var phase = 0.0
        return (0..<count).map { index in
            phase += 2 * .pi * (low + (high - low) * Double(index) / Double(count)) / 16_000
            return Float(0.3 * sin(phase))
        }
    }

    private func throughULaw(_ samples: [Float]) -> [Float] {
        samples.map { sample in
            let level = log1p(255 * abs(sample)) / log1p(255)
            let coded = (level * 127).rounded() / 127
            return (sample < 0 ? -1 : 1) * (exp(coded * log1p(255)) - 1) / 255
        }
    }

    private func lines(_ samples: [Float]) -> [Bool] {
        stride(from: 0, to: samples.count - 6400, by: 6400).map { start in
            samples[start..<start + 6400].withUnsafeBufferPointer { SingleLine.fills($0) }
        }
    }

    @Test("Every hop of a tone and of a sweep is one, through G.711 and over an offset too")
    func sweeps() {
        for sound in [sweep(from: 300, to: 3400, seconds: 10), sweep(from: 100, to: 7000, seconds: 4), sweep(from: 1000, to: 1000, seconds: 4)] {
            #expect(lines(sound).allSatisfy { $0 } && lines(throughULaw(sound)).allSatisfy { $0 })
            #expect(lines(sound.map { $0 + 0.2 }).allSatisfy { $0 })
        }
    }

    @Test("Speech, two tones at once, noise and silence are none")
    func others() {
        let voice = MadeVoice.samples(seconds: 6, rate: 16_000)
        let (low, high) = (sweep(from: 697, to: 697, seconds: 4), sweep(from: 1209, to: 1209, seconds: 4))
        #expect(lines(voice).allSatisfy { !$0 })
        #expect(lines(voice.map { $0 + 0.3 }).allSatisfy { !$0 })
        #expect(lines(zip(low, high).map { $0 + $1 / 4 }).allSatisfy { !$0 })
        #expect(lines(babble(seconds: 3)).allSatisfy { !$0 })
        #expect(lines([Float](repeating: 0, count: 32_000)).allSatisfy { !$0 })
        #expect([Float](repeating: 0.1, count: 100).withUnsafeBufferPointer { SingleLine.fills($0) } == false)
    }

    @Test("A sweep adds no speech to a leg, and speech behind it is speech")
    func noSpeech() throws {
        let sound = sweep(from: 200, to: 4000, seconds: 10)
        var stream = try LegStream(model: model, operatingPoint: .provisional, sampleRate: 16_000)
        var events: [ScreeningEvent] = []
        stream.push(sound.span, into: &events)
        #expect(stream.netSpeechSeconds == 0)
        let speech = babble(seconds: 6)
        stream.push(speech.span, into: &events)
        let after = stream.finish(into: &events).netSpeechSeconds
        var alone = try LegStream(model: model, operatingPoint: .provisional, sampleRate: 16_000)
        alone.push(speech.span, into: &events)
        #expect(after > 0.7 * alone.finish(into: &events).netSpeechSeconds)
    }
}
