import Alerting
import Audio
import Calls
import Classifier
import Foundation
import Policies
import Screening
import StandIns
import TestSupport
import Testing

@testable import Store

/// Hears a call as `listen` does: the same inputs to the stream, to the recorder and to the kept audio.
struct LiveCall: ~Copyable {
    var stream: LegStream
    var recorder: CallRecorder
    private var encoding = SampleEncoding.s16
    private var frames = 0
    private var events: [ScreeningEvent] = []

    init(
        _ store: Store, model: Model, id: CallID, rate: Int, key: AudioKey?, policy: AppliedPolicy = sensitive, kernel: String? = nil,
        legCount: Int = 1
    ) throws {
        stream = try LegStream(
            model: model, operatingPoint: policy.operatingPoint, recalibration: policy.recalibration, options: .init(isOnlyChannel: true),
            sampleRate: rate)
        let provenance = Provenance(
            build: "0.0.0", modelName: model.name, modelIdentity: model.identity, operatingPoint: policy.operatingPoint,
            kernel: kernel ?? model.kernel)
        let start = CallStart(
            id: id, startedAt: store.clock(), consent: "test", device: nil, provenance: provenance, recalibration: policy.recalibration,
            legs: [.init(name: "far", isOnlyChannel: true)], keepsAudio: key != nil)
        recorder = CallRecorder(store: store, start: start, key: key)
        recorder.keep(.opened(.s16, sampleRate: rate), leg: 0)
    }

    /// Samples as a card gives them, cut into blocks of odd lengths.
    mutating func hear(_ samples: [Int16]) {
        var start = 0
        var length = 1
        while start < samples.count {
            let block = Array(samples[start..<min(start + length, samples.count)])
            let bytes = block.flatMap { sample in withUnsafeBytes(of: sample) { Array($0) } }
            var floats: [Float] = []
            encoding.decode(bytes, into: &floats)
            stream.push(floats.span, into: &events)
            recorder.keep(.samples(bytes), leg: 0)
            pass()
            start += length
            length = length * 3 % 1999 + 1
        }
        frames += samples.count
    }

    mutating func lose(_ count: Int, _ kind: Mark.Kind) {
        let before = stream.endSample
        stream.markGap(frames: count, kind == .paused ? .paused : .lost, into: &events)
        recorder.keep(.gap(kind, frames: count), leg: 0)
        pass()
        recorder.mark(Mark(kind, startSample: before, sampleCount: stream.endSample - before, startFrame: frames, frameCount: count), leg: 0)
        frames += count
    }

    mutating func reopen(rate: Int) throws {
        try stream.changeRate(to: rate, into: &events)
        recorder.keep(.opened(.s16, sampleRate: rate), leg: 0)
        pass()
        recorder.mark(Mark(.reopened, startSample: stream.endSample, startFrame: frames, sampleRate: rate), leg: 0)
    }

    mutating func disclose() {
        stream.disclose()
        recorder.keep(.disclosed, leg: 0)
        recorder.mark(Mark(.disclosed, startSample: stream.endSample, startFrame: frames), leg: 0)
    }

    private mutating func pass() {
        for event in events { recorder.record(event, leg: 0) }
        events.removeAll()
    }

    mutating func end() -> LegResult {
        let result = stream.finish(into: &events)
        pass()
        recorder.end([result], sampleCounts: [stream.endSample])
        #expect(recorder.takeNotices().isEmpty)
        return result
    }
}

/// Its evidence rises and falls with the voice, and it hears pauses, so that alerts begin and end whatever the shipped model hears.
let model = try! constructedModel(evidence: 3, rise: -20, pauses: true)

/// A point at which the made-up voices below begin watches, and raise and end alerts.
let sensitive = AppliedPolicy(
    operatingPoint: OperatingPoint(
        name: "sensitive", windowNetSpeechSeconds: 2, changeDrift: 0.1,
        watch: LevelRule(
            window: Hysteresis(begins: 1, endsBelow: 0.5), change: Hysteresis(begins: 900, endsBelow: 450), minimumNetSpeechSeconds: 0.4,
            holdNetSpeechSeconds: 0),
        alert: LevelRule(
            window: Hysteresis(begins: 3, endsBelow: 1.5), change: Hysteresis(begins: 1000, endsBelow: 500), minimumNetSpeechSeconds: 1,
            holdNetSpeechSeconds: 0.4),
        syntheticAtLLR: 2, humanBelowLLR: -2, minimumNetSpeechSeconds: 1),
    recalibration: .affine(scale: 0.9, offset: 0.25))

func voice(seconds: Double, rate: Int, pitch: Double = 130) -> [Int16] {
    MadeVoice.samples16(seconds: seconds, rate: Double(rate), pitch: pitch)
}
