import Alerting
import Classifier
import Foundation
import TestSupport
import Testing

@testable import Screening

@Suite("The outcome of a leg") struct OutcomeTests {
    private func screen(_ samples: [Float], evidence: Float, isSpeech: Bool = true) throws -> (LegResult, [ScreeningEvent]) {
        var screener = Screener(
            model: try constructedModel(evidence: evidence, isSpeech: isSpeech), operatingPoint: .provisional,
            options: .init(keepsTrack: true, isOnlyChannel: true))
        var events: [ScreeningEvent] = []
        screener.push(samples.span, into: &events)
        return (screener.finish(into: &events), events)
    }

    private func tone(_ seconds: Double, hertz: Double = 1000, level: Double = 0.3) -> [Float] {
        (0..<Int(seconds * 16_000)).map { Float(level * sin(2 * .pi * hertz * Double($0) / 16_000)) }
    }

    @Test("Strong evidence is synthetic, and alerts once, at 3 s of net speech")
    func synthetic() throws {
        let (result, events) = try screen(tone(10), evidence: 4)
        #expect(result.outcome == .synthetic && result.reason == nil && abs(result.llr! - 4) < 1e-6)
        #expect(abs(result.netSpeechSeconds - 10) < 1e-9 && result.bandwidth == .narrowband)
        #expect(result.alerts.count == 1)
        let alert = try #require(result.alerts.first)
        #expect(alert.startSeconds == 0 && abs(alert.atSeconds - 3) < 1e-9 && abs(alert.atNetSpeechSeconds - 3) < 1e-9)
        #expect(abs(alert.windowLLR - 4) < 1e-6 && alert.endSeconds == nil)
        let raised = events.filter { if case .action(.raised) = $0 { true } else { false } }
        #expect(raised.count == 1 && events.count == 52)
        #expect(result.strongest != nil)
    }

    @Test("Evidence the other way is human; between the thresholds it is too weak to say, and the number is there")
    func humanAndWeak() throws {
        let human = try screen(tone(5), evidence: -3).0
        #expect(human.outcome == .human && human.reason == nil && abs(human.llr! + 3) < 1e-6 && human.alerts.isEmpty)
        let weak = try screen(tone(5), evidence: 1).0
        #expect(weak.outcome == .inconclusive && weak.reason == .weakEvidence && abs(weak.llr! - 1) < 1e-6)
    }

    @Test("Less than 3 s of speech gives no verdict and no alert, but a number")
    func tooLittle() throws {
        let result = try screen(tone(2.6), evidence: 5).0
        #expect(result.outcome == .inconclusive && result.reason == .tooLittleSpeech && abs(result.llr! - 5) < 1e-6)
        #expect(result.alerts.isEmpty && result.strongest == nil && abs(result.netSpeechSeconds - 2.6) < 1e-9)
        #expect(try screen(tone(3), evidence: 5).0.outcome == .synthetic)
    }

    @Test("Without speech there is no number")
    func noSpeech() throws {
        let result = try screen(tone(8), evidence: 5, isSpeech: false).0
        #expect(result.outcome == .inconclusive && result.reason == .noSpeech && result.llr == nil && result.alerts.isEmpty)
        #expect(result.track.allSatisfy { $0.windowLLR == nil && !$0.isSpeech })
    }

    @Test("Clipped speech is outside what was measured, at full scale and at G.711's", arguments: [1.0, 0.98])
    func clipped(level: Double) throws {
        let square = tone(5).map { Float($0 < 0 ? -level : level) }
        let result = try screen(square, evidence: -3).0
        #expect(result.outcome == .inconclusive && result.reason == .outsideMeasuredConditions && result.llr != nil)
    }

    @Test("A wide line is calibrated as one, and only what is speech decides the band")
    func bands() throws {
        let wide = zip(tone(5), tone(5, hertz: 5500)).map { $0 + $1 }
        let result = try screen(wide, evidence: 0.2).0
        #expect(result.bandwidth == .wideband && abs(result.llr! - 0.7) < 1e-6)
        #expect(try screen(wide, evidence: 0.2, isSpeech: false).0.bandwidth == .narrowband)
    }

    @Test("A channel alone that holds a human-like and a machine-like stretch is marked, with its strongest stretch", arguments: [true, false])
    func mixed(isOnlyChannel: Bool) throws {
        var screener = Screener(
            model: try constructedModel(evidence: -4, rise: 2), operatingPoint: .provisional,
            options: .init(isOnlyChannel: isOnlyChannel))
        var events: [ScreeningEvent] = []
        let samples = tone(8, hertz: 500) + tone(8, hertz: 2000)
        screener.push(samples.span, into: &events)
        let result = screener.finish(into: &events)
        #expect(result.outcome == .synthetic && result.mayBeMixed == isOnlyChannel)
        let alert = try #require(result.alerts.first)
        #expect(alert.atSeconds > 8 && alert.atSeconds < 13)
        #expect(try #require(result.strongest).windowLLR > 3)
        #expect(events.contains { if case .action(.raised) = $0 { true } else { false } })
    }

    @Test("One absurd sample does not blind the leg to what follows", arguments: [Float.infinity, .nan, 1e30])
    func absurdSample(value: Float) throws {
        var samples = babble(seconds: 6)
        let clean = self.featuresHeard(samples)
        samples[8_000] = value
        let hit = self.featuresHeard(samples)
        // From a second after the sample on, the shipped model hears nearly what it would have heard.
        let later = zip(clean, hit).dropFirst(12).map { abs($0 - $1) }
        #expect(later.max()! < 0.25)
    }

    private func featuresHeard(_ samples: [Float]) -> [Float] {
        var screener = Screener(model: model, operatingPoint: .provisional, options: .init(keepsTrack: true))
        var events: [ScreeningEvent] = []
        screener.push(samples.span, into: &events)
        return screener.finish(into: &events).track.map(\.speechProbability)
    }

    @Test("Pauses that are digitally silent say nothing of how quiet the line is")
    func silentPauses() {
        func signalToNoise(_ samples: [Float]) -> Double? {
            var screener = Screener(model: model, operatingPoint: .provisional)
            var events: [ScreeningEvent] = []
            screener.push(samples.span, into: &events)
            return screener.finish(into: &events).conditions.signalToNoiseDB
        }
        let voice = babble(seconds: 20)
        var gated = voice
        // Every second pause, in parts of 20 ms: what is left of the others is the noise of the line.
        for start in stride(from: 0, to: gated.count, by: 320) where start / 8000 % 2 == 0 {
            let part = start..<min(start + 320, gated.count)
            if gated[part].allSatisfy({ abs($0) < 0.0005 }) { for index in part { gated[index] = 0 } }
        }
        #expect(gated.count { $0 == 0 } > 16_000)
        let (open, shut) = (signalToNoise(voice), signalToNoise(gated))
        #expect(open! < 55 && abs(shut! - open!) < 3, "\(open!) and \(shut!) dB")
    }
}
