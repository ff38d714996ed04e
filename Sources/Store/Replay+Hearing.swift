import Alerting
import Audio
import Calls
import Classifier
import Policies
import Screening

extension CallReplay {
    /// Blocks of the sound between two words of progress.
    private static let recordsAWord = 64

    /// The kept recording of a leg, record by record, through the same `LegStream` that a live call goes through.
    func hear(_ id: CallID, leg: Int, of stored: StoredLeg, policy: AppliedPolicy, key: AudioKey) throws -> HeardLeg {
        guard let reader = try store.audio(of: id, leg: leg, key: key) else {
            throw StoreError(.usage, "the audio of call \(id) was not kept, or its time is over", advice: "replay its stored track with --track")
        }
        var heard = HeardLeg()
        // What was known of the voice before the first sound stands before it.
        var first = try reader.next()
        let isDisclosed = first == .disclosed
        if isDisclosed { first = try reader.next() }
        guard case .opened(var encoding, let rate)? = first else {
            heard.note = "the kept audio holds no sound"
            return heard
        }
        var stream = try LegStream(
            model: model, operatingPoint: policy.operatingPoint, recalibration: policy.recalibration,
            options: .init(isOnlyChannel: stored.leg.isOnlyChannel), sampleRate: rate)
        if isDisclosed { stream.disclose() }
        var samples: [Float] = []
        var events: [ScreeningEvent] = []
        var count = 0
        while let record = try reader.next() {
            switch record {
            case .opened(let newEncoding, let rate):
                encoding = newEncoding
                try stream.changeRate(to: rate, into: &events)
            case .samples(let bytes):
                samples.removeAll(keepingCapacity: true)
                encoding.decode(bytes, into: &samples)
                stream.push(samples.span, into: &events)
            case .gap(let kind, let frames): stream.markGap(frames: frames, kind == .paused ? .paused : .lost, into: &events)
            case .disclosed: stream.disclose()
            case .end: break
            }
            heard.take(events)
            events.removeAll(keepingCapacity: true)
            count += 1
            if count % Self.recordsAWord == 0 { progress?(LegTime.seconds(stream.endSample), stored.leg.durationSeconds) }
        }
        let certain = heard.track.count
        let result = stream.finish(into: &events)
        heard.take(events)
        if reader.isWhole {
            heard.result = result.canonicalText
            heard.outcome = result.outcome
        } else {
            heard.unsureHops = heard.track.count - certain
            heard.note = "the kept audio ends at \(seconds(stream.endSample)) s of \(seconds(stored.leg.sampleCount)) s: it was cut off"
        }
        return heard
    }

    /// A track through the alert engine, with the disclosure where it was made.
    func judge(_ track: [HopScore], of stored: StoredLeg, policy: AppliedPolicy, sampleCount: Int) -> HeardLeg {
        var judge = LegJudge(
            operatingPoint: policy.operatingPoint, calibration: model.calibration, recalibration: policy.recalibration,
            hopSamples: stored.hopSamples ?? model.samplesPerHop, mayHoldBothParties: stored.leg.isOnlyChannel)
        var disclosures = stored.marks.filter { $0.kind == .disclosed }[...]
        var heard = HeardLeg()
        for score in track {
            while let mark = disclosures.first, mark.hop <= heard.track.count {
                judge.disclose(atSample: mark.startSample)
                disclosures.removeFirst()
            }
            let action = judge.push(score.hop)
            heard.take([
                .hop(
                    HopScore(
                        hop: score.hop, speechProbability: score.speechProbability, windowLLR: judge.windowLLR, changeSum: judge.changeSum,
                        level: judge.level))
            ])
            if let action { heard.take([.action(action)]) }
        }
        for mark in disclosures { judge.disclose(atSample: mark.startSample) }
        let result = LegResult(judge.verdict(), durationSeconds: LegTime.seconds(sampleCount))
        heard.result = result.canonicalText
        heard.outcome = result.outcome
        return heard
    }

    /// A recording from elsewhere: its hops are judged as those of the call. Its channels stand for the legs in their order, or as chosen.
    func hear(_ source: RecordingSource, _ choices: [LegChoice], as stored: [StoredLeg], policy: AppliedPolicy) throws -> [HeardLeg] {
        var screening = RecordingScreening(model: model, policy: policy)
        screening.keepsTrack = true
        screening.choices = choices
        screening.progress = progress
        let recording = try screening.screen(source)
        guard recording.legs.count == stored.count else {
            throw StoreError(
                .usage, "the call has \(stored.count) \(stored.count == 1 ? "leg" : "legs"), the recording \(recording.legs.count)",
                advice: "choose its channels with --leg")
        }
        return zip(recording.legs, stored).map { leg, stored in
            judge(leg.result.track, of: stored, policy: policy, sampleCount: Int((leg.result.durationSeconds * Double(LegTime.sampleRate)).rounded()))
        }
    }

    private func seconds(_ samples: Int) -> String { "\(Double((samples + 80) / 160) / 100)" }
}
