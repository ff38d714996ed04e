import Alerting
import Classifier
import Foundation
import TestSupport
import Testing

@testable import Screening

@Suite("Gaps and disclosures in a live call") struct GapTests {
    /// A call in pieces: sound, or a gap of so many samples.
    private enum Piece { case sound([Float]), gap(Int, Screener.Gap) }

    /// - Parameter block: samples at a time; gaps are cut too.
    private func screen(_ pieces: [Piece], block: Int = .max) -> (result: LegResult, events: [ScreeningEvent]) {
        var screener = Screener(model: model, operatingPoint: .provisional, options: .init(keepsTrack: true, keepsSpectrogram: true))
        var events: [ScreeningEvent] = []
        for piece in pieces {
            switch piece {
            case .sound(let samples):
                for start in stride(from: 0, to: samples.count, by: min(block, samples.count)) {
                    let part = Array(samples[start..<min(samples.count, start + min(block, samples.count))])
                    screener.push(part.span, into: &events)
                }
            case .gap(var count, let gap):
                while count > 0 {
                    screener.pushGap(samples: min(block, count), gap, into: &events)
                    count -= min(block, count)
                }
            }
        }
        let result = screener.finish(into: &events)
        return (result, events)
    }

    @Test("Indices stay absolute over a gap, its hops are no speech, and its samples are counted", arguments: [Screener.Gap.lost, .paused])
    func absolute(gap: Screener.Gap) {
        let voice = babble(seconds: 8)
        let found = screen([.sound(Array(voice[..<50_000])), .gap(40_000, gap), .sound(Array(voice[50_000...]))]).result
        #expect(found.durationSeconds == Double(voice.count + 40_000) / 16_000)
        #expect(found.track.map(\.startSample) == (0..<found.track.count).map { $0 * 3200 })
        // A hop needs 312 samples of the next: the one before the gap, if they lie in it, is no speech either.
        for score in found.track where score.startSample + 3512 > 50_000 && score.startSample < 90_000 { #expect(!score.isSpeech) }
        let lost = found.track.reduce(0) { $0 + $1.hop.lostSamples }
        let paused = found.track.reduce(0) { $0 + $1.hop.pausedSamples }
        #expect(lost == (gap == .lost ? 40_000 : 0) && paused == (gap == .paused ? 40_000 : 0))
        #expect(found.conditions.lostShare == (gap == .lost ? 40_000 / Double(found.track.count * 3200) : 0))
        #expect(found.spectrogram?.levels.count == found.track.count * 64)
    }

    @Test("Blocks of any size give identical bytes, gaps and all", arguments: [160, 999, 3200, 3512])
    func blocks(size: Int) {
        let voice = babble(seconds: 7, seed: 2)
        let pieces: [Piece] = [
            .gap(5000, .lost), .sound(Array(voice[..<30_000])), .gap(100, .lost), .sound(Array(voice[30_000..<60_000])),
            .gap(3200, .paused), .gap(9000, .lost), .sound(Array(voice[60_000...])), .gap(7, .lost),
        ]
        let whole = screen(pieces)
        let cut = screen(pieces, block: size)
        #expect(bits(cut.result) == bits(whole.result) && cut.result == whole.result && cut.events == whole.events)
    }

    @Test("A hole of an hour passes at once, and the voice after it is heard as before")
    func longGap() {
        let voice = babble(seconds: 10)
        let before = screen([.sound(voice)]).result
        let clock = ContinuousClock()
        var found = before
        let taken = clock.measure { found = screen([.gap(3600 * 16_000, .lost), .sound(voice)]).result }
        #expect(found.track.count == 18_000 + before.track.count && found.conditions.lostShare > 0.99)
        // The hop at the end of the hole reaches 312 samples into the voice, so the network hears 0.2 s of silence before it;
        // a second later that is all but forgotten.
        let differences = zip(found.track.suffix(before.track.count), before.track).dropFirst(12).map { abs($0.evidence - $1.evidence) }
        #expect(differences.max()! < 0.25)
        #expect(taken < .seconds(20))
    }

    @Test("The same hops give the judge the same alerts, to the byte: a stored track replays")
    func replay() throws {
        let constructed = try constructedModel(evidence: 4)
        var screener = Screener(model: constructed, operatingPoint: .provisional, options: .init(keepsTrack: true))
        var events: [ScreeningEvent] = []
        let tone = (0..<200_000).map { Float(0.3 * sin(2 * .pi * 1000 * Double($0) / 16_000)) }
        screener.push(tone.span, into: &events)
        screener.pushGap(samples: 4000, into: &events)
        screener.push(tone.span, into: &events)
        let result = screener.finish(into: &events)
        var judge = LegJudge(
            operatingPoint: .provisional, calibration: constructed.calibration, hopSamples: constructed.samplesPerHop)
        let actions = result.track.compactMap { judge.push($0.hop) }
        let live = events.compactMap { event -> LegJudge.Action? in if case .action(let action) = event { action } else { nil } }
        #expect(actions == live && actions.count == 2 && judge.verdict() == result.verdict)
    }

    @Test("Hops that wait for company come to the same events, in the same order, whenever they are settled")
    func waiting() throws {
        let model = try Model.bundled()
        var random = SeededGenerator()
        /// A leg's sound and gaps, in pieces.
        func screen(_ batch: HopBatch?, settling: (inout Screener, inout [ScreeningEvent]) -> Void) -> (LegResult, [ScreeningEvent], waited: Int) {
            var screener = Screener(
                model: model, operatingPoint: .provisional, options: .init(keepsTrack: true, keepsSpectrogram: true), batch: batch)
            var events: [ScreeningEvent] = []
            var waited = 0
            let sound = babble(seconds: 9)
            for (index, start) in stride(from: 0, to: sound.count, by: 1900).enumerated() {
                screener.push(Array(sound[start..<min(sound.count, start + 1900)]).span, into: &events)
                if index % 17 == 9 { screener.pushGap(samples: 700, into: &events) }
                if index % 31 == 30 { screener.pushGap(samples: 20_000, into: &events) }
                waited += screener.isWaiting ? 1 : 0
                settling(&screener, &events)
            }
            let result = screener.finish(into: &events)
            return (result, events, waited)
        }
        let alone = screen(nil) { _, _ in }
        #expect(alone.waited == 0 && alone.1.count > 20)
        for way in 0..<4 {
            let batch = HopBatch(model: model)
            let other = screen(batch) { screener, events in
                switch way {
                case 0: break
                case 1: batch.run([screener.hearing])
                case 2: screener.settle(into: &events)
                default:
                    if Bool.random(using: &random) { batch.run([screener.hearing]) }
                    if Bool.random(using: &random) { screener.settle(into: &events) }
                }
            }
            #expect(other.0 == alone.0 && other.1 == alone.1 && other.waited > 5)
        }
    }

    @Test("A disclosure is dated by the samples before it, whatever the blocks")
    func disclosure() throws {
        let constructed = try constructedModel(evidence: 4)
        let tone = (0..<160_000).map { Float(0.3 * sin(2 * .pi * 1000 * Double($0) / 16_000)) }
        func screen(block: Int) -> (LegResult, [ScreeningEvent]) {
            var screener = Screener(model: constructed, operatingPoint: .provisional)
            var events: [ScreeningEvent] = []
            for start in stride(from: 0, to: tone.count, by: block) {
                if start == 100_000 { screener.disclose() }
                screener.push(Array(tone[start..<min(tone.count, start + block)]).span, into: &events)
            }
            let result = screener.finish(into: &events)
            return (result, events)
        }
        let (result, events) = screen(block: 100_000)
        #expect(result.outcome == .syntheticDisclosed && result.disclosedAtSample == 100_000)
        #expect(result.alerts.count == 1 && result.alerts[0].endSample == 100_000)
        for block in [100, 2000, 12_500] {
            let other = screen(block: block)
            #expect(other.0 == result && other.1 == events)
        }
    }
}
