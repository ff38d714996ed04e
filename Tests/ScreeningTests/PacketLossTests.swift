import Audio
import Foundation
import StandIns
import TestSupport
import Testing

@testable import Screening

@Suite("Lost packets that a receiver covered up") struct PacketLossTests {
    private let rate = 8000
    private var voice: [Float] { MadeVoice.samples(seconds: 20, rate: 8000) }

    /// Share of the samples that count as lost, and what is left.
    private func find(_ samples: [Float], block: Int = .max) -> (lost: Int, sound: [Float], pieces: [PacketLoss.Piece]) {
        var loss = PacketLoss(sampleRate: rate)
        var (pieces, sound): ([PacketLoss.Piece], [Float]) = ([], [])
        func drain() {
            var (more, part): ([PacketLoss.Piece], [Float]) = ([], [])
            loss.drain(into: &more, &part)
            for piece in more {
                switch (pieces.last, piece) {
                case (.sound(let a)?, .sound(let b)): pieces[pieces.count - 1] = .sound(a + b)
                case (.gap(let a)?, .gap(let b)): pieces[pieces.count - 1] = .gap(a + b)
                default: pieces.append(piece)
                }
            }
            sound += part
        }
        for start in stride(from: 0, to: samples.count, by: min(block, samples.count)) {
            loss.push(Array(samples[start..<min(samples.count, start + min(block, samples.count))]).span)
            drain()
        }
        loss.flush()
        drain()
        return (pieces.reduce(0) { if case .gap(let count) = $1 { $0 + count } else { $0 } }, sound, pieces)
    }

    /// Every tenth packet of 20 ms gets another content, where it lies in loud sound.
    private func damaged(_ change: (inout [Float], Range<Int>) -> Void) -> (samples: [Float], changed: Int) {
        var samples = voice
        var changed = 0
        for start in stride(from: 1600, to: samples.count - 1600, by: 1600) {
            let packet = start..<start + 160
            let edges = [samples[start - 2..<start], samples[start + 160..<start + 162]].map { $0.map(abs).max()! }
            guard edges.allSatisfy({ $0 > 0.02 }) else { continue }
            change(&samples, packet)
            changed += 160
        }
        return (samples, changed)
    }

    @Test("Packets of zeros inside speech are lost, to the sample or nearly so, and nothing else is")
    func zeros() {
        let (samples, changed) = damaged { samples, packet in for index in packet { samples[index] = 0 } }
        let found = find(samples)
        #expect(changed >= 160 * 4)
        #expect(abs(found.lost - changed) <= changed / 100, "\(found.lost) of \(changed)")
        #expect(found.sound.count + found.lost == samples.count)
        #expect(find(voice).lost == 0)
    }

    @Test("A packet played again is lost, but for its first millisecond")
    func repeats() {
        let (samples, changed) = damaged { samples, packet in for index in packet { samples[index] = samples[index - 160] } }
        let found = find(samples)
        #expect(found.lost <= changed && found.lost > changed * 9 / 10, "\(found.lost) of \(changed)")
        #expect(found.sound.count + found.lost == samples.count)
    }

    @Test("Silent pauses that begin and end softly, steady tones and constant values are sound")
    func honest() {
        var paused = voice
        for start in stride(from: 8000, to: paused.count - 8000, by: 8000) {
            for index in 0..<800 {
                let fade = Float(index) / 800
                paused[start - 1 - index] *= fade * fade
                paused[start + 1200 + index] *= fade * fade
            }
            for index in start..<start + 1200 { paused[index] = 0 }
        }
        #expect(find(paused).lost == 0)
        let tone = (0..<40_000).map { Float(0.5 * sin(2 * .pi * 1000 * Double($0) / 8000)) }
        #expect(find(tone).lost == 0 && find(tone).sound == tone)
        #expect(find([Float](repeating: 0.25, count: 20_000)).lost == 0)
        #expect(find([Float](repeating: 0, count: 20_000)).lost == 0)
        // A second of zeros between two words is a pause, however it begins.
        var cut = voice
        for index in 40_000..<48_000 { cut[index] = 0 }
        #expect(find(cut).lost == 0)
    }

    /// The levels of ITU-T G.711, µ-law.
    private func coded(_ sample: Float) -> Float {
        let size = min(abs(sample * 32_768) + 132, 32_767)
        let step = Float(1 << (Int(log2(size)) - 4))
        let level = ((size / step).rounded(.down) + 0.5) * step - 132
        return (sample < 0 ? -level : level) / 32_768
    }

    @Test("Speech that fades into the zeros of µ-law is no loss")
    func fading() {
        // Four syllables a second, each of which fades to nothing within its quarter.
        let fading = voice.enumerated().map { coded($1 * Float(pow(sin(4 * .pi * Double($0) / 8000), 6))) }
        let runs = fading.split { $0 != 0 }.map(\.count)
        #expect(runs.contains { $0 > 80 })
        #expect(find(fading).lost == 0)
    }

    @Test("Blocks of any size give the same pieces", arguments: [1, 7, 160, 999])
    func blocks(size: Int) {
        let samples = damaged { samples, packet in for index in packet { samples[index] = index % 3200 < 1600 ? 0 : samples[index - 160] } }.samples
        let whole = find(samples)
        let cut = find(samples, block: size)
        #expect(cut.pieces == whole.pieces && cut.sound == whole.sound && whole.lost > 0)
    }

    @Test("Stretches pass what single samples pass, whatever those are", arguments: 0..<40)
    func stretches(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var samples: [Float] = []
        let voice = MadeVoice.samples(seconds: 2, rate: 8000)
        // Loud and soft, of few levels and of many; zeros, steady values, packets played again, what is no number.
        while samples.count < 12_000 {
            let count = Int.random(in: 1...700, using: &generator)
            let loud = Float([0.0002, 0.0006, 0.002, 0.1, 1].randomElement(using: &generator)!)
            switch Int.random(in: 0..<7, using: &generator) {
            case 0: samples += [Float](repeating: 0, count: count)
            case 1: samples += [Float](repeating: loud, count: count)
            case 2: samples += (0..<count).map { _ in loud * Float(Int.random(in: -2...2, using: &generator)) }
            case 3: samples += (0..<count).map { _ in Float.random(in: -loud...loud, using: &generator) }
            case 4: samples += voice[(count * 31 % 9000)...].prefix(count).map { loud * $0 }
            case 5:
                let lag = [80, 160, 240, 320, 480].randomElement(using: &generator)!
                for _ in 0..<count where samples.count >= lag { samples.append(samples[samples.count - lag]) }
            default: samples.append([.nan, .infinity, -0.0, 5, .greatestFiniteMagnitude].randomElement(using: &generator)!)
            }
        }
        let (whole, single) = (find(samples), find(samples, block: 1))
        #expect(whole.pieces == single.pieces && whole.sound.map(\.bitPattern) == single.sound.map(\.bitPattern))
        #expect(whole.sound.count + whole.lost == samples.count)
    }

    @Test("What is held when something else comes is sound, and so is what follows")
    func flushed() throws {
        let (samples, _) = damaged { samples, packet in samples.replaceSubrange(packet, with: repeatElement(0, count: packet.count)) }
        let zeros = try #require(samples.indices.first { samples[$0..<$0 + 160].allSatisfy { $0 == 0 } && samples[$0 + 160] != 0 })
        // One sample behind the zeros, where two of them make an edge.
        let (before, after) = (Array(samples[..<(zeros + 161)]), Array(voice[(zeros + 161)...].prefix(1600)))
        var loss = PacketLoss(sampleRate: rate)
        loss.push(before.span)
        loss.flush()
        loss.push(after.span)
        loss.flush()
        var (pieces, sound): ([PacketLoss.Piece], [Float]) = ([], [])
        loss.drain(into: &pieces, &sound)
        #expect(pieces == [.sound(before.count + after.count)] && sound == before + after)
    }

    @Test("A leg counts them as lost sound, and no hop that they touch is speech")
    func leg() throws {
        let (samples, changed) = damaged { samples, packet in for index in packet { samples[index] = 0 } }
        var stream = try LegStream(model: model, operatingPoint: .provisional, options: .init(keepsTrack: true), sampleRate: rate)
        var events: [ScreeningEvent] = []
        stream.push(samples.span, into: &events)
        let result = stream.finish(into: &events)
        #expect(abs(result.conditions.lostShare - Double(changed) / Double(samples.count)) < 0.003, "\(result.conditions.lostShare)")
        #expect(result.durationSeconds == Double(samples.count) / Double(rate))
        for score in result.track where score.hop.lostSamples > 0 { #expect(!score.isSpeech) }
    }
}
