import Alerting
import Audio
import Classifier
import Policies

/// A recording, screened: one result a leg.
public struct ScreenedRecording: Sendable {
    public struct Leg: Sendable {
        public var name: String
        /// Of the recording, from 0.
        public var channel: Int
        public var result: LegResult
    }

    public var legs: [Leg]
    /// What was odd about the recording, a line each.
    public var warnings: [String]
    public var facts: RecordingFacts
}

/// Screens recordings with one model at one operating point. Every channel is a leg of its own, never a mix: mixing would let
/// a person's voice cover a machine's.
public struct RecordingScreening: Sendable {
    public var model: Model
    public var policy: AppliedPolicy
    public var keepsTrack = false
    public var keepsSpectrogram = false
    /// Channels to screen; every distinct one when empty.
    public var choices: [LegChoice] = []
    /// Sound beyond this many seconds is left out; nil for all of it.
    public var limitSeconds: Double?
    /// Called now and then with the seconds read and, where the recording says so, the seconds there are.
    public var progress: (@Sendable (Double, Double?) -> Void)?

    public init(model: Model, policy: AppliedPolicy) {
        self.model = model
        self.policy = policy
    }

    /// Frames read at a time.
    private static let blockFrames = 16_384

    /// Reads a recording to its end. Memory does not grow with its length, unless the track or the spectrogram is kept.
    /// - Throws: `AudioError` when there is nothing to screen: unreadable, empty, or without the channel asked for.
    public func screen(_ source: RecordingSource) throws(AudioError) -> ScreenedRecording {
        var reader = try source.open()
        var warnings: [String] = []
        let legs = try plan(source, channelCount: reader.channelCount, warnings: &warnings)
        let screenings: [LegScreening]
        do {
            let isOnly = reader.channelCount == 1 || legs.count == 1 && choices.isEmpty
            let rate = reader.sampleRate
            screenings = try legs.map { leg in
                LegScreening(
                    channel: leg.channel, name: leg.name,
                    try LegStream(
                        model: model, operatingPoint: policy.operatingPoint, recalibration: policy.recalibration,
                        options: .init(keepsTrack: keepsTrack, keepsSpectrogram: keepsSpectrogram, isOnlyChannel: isOnly),
                        sampleRate: rate, limitSeconds: limitSeconds))
            }
        } catch let error as AudioError { throw error } catch { fatalError("only audio errors are thrown here: \(error)") }
        var block: [[Float]] = []
        reading: while true {
            switch try reader.next(upTo: Self.blockFrames, into: &block) {
            case .sound: for screening in screenings { screening.push(block[screening.channel]) }
            case .gap(let frames, let gap): for screening in screenings { screening.markGap(frames: frames, gap) }
            case .end: break reading
            }
            if let progress {
                let rate = Double(reader.sampleRate)
                progress(Double(reader.framesRead) / rate, reader.expectedFrameCount.map { Double($0) / rate })
            }
            if screenings.allSatisfy(\.isComplete) { break }
        }
        let unheard = reader.unheard
        return ScreenedRecording(
            legs: screenings.map { .init(name: $0.name, channel: $0.channel, result: $0.finish(unheard: unheard)) },
            warnings: warnings + reader.warnings,
            facts: RecordingFacts(
                sha256: source.sha256, codec: reader.containerDescription, sampleRate: reader.sampleRate, channels: reader.channelCount))
    }

    /// Which channels to screen, and what they are called.
    private func plan(
        _ source: RecordingSource, channelCount: Int, warnings: inout [String]
    ) throws(AudioError) -> [(channel: Int, name: String)] {
        if !choices.isEmpty {
            if let missing = choices.first(where: { $0.channel >= channelCount }) {
                throw AudioError(
                    .usage, path: source.name, "has \(channelCount) channel\(channelCount == 1 ? "" : "s"), no channel \(missing.channel + 1)",
                    advice: "choose another --leg")
            }
            return choices.map { ($0.channel, $0.name ?? LegChoice.ownName(channel: $0.channel, of: channelCount)) }
        }
        if channelCount == 1 { return [(0, LegChoice.ownName(channel: 0, of: 1))] }
        var comparison = try source.open()
        let groups = try ChannelComparison(&comparison).groups
        if groups.count < channelCount { warnings.append("identical channels are screened as one leg") }
        if groups.count == 1 { return [(0, LegChoice.ownName(channel: 0, of: 1))] }
        return groups.map { ($0[0], LegChoice.ownName(channel: $0[0], of: channelCount)) }
    }
}

/// One leg on its way.
private final class LegScreening {
    let channel: Int
    let name: String
    private var stream: LegStream
    /// The result carries all that a report needs; events are for those who listen along.
    private var events: [ScreeningEvent] = []

    init(channel: Int, name: String, _ stream: consuming LegStream) {
        self.channel = channel
        self.name = name
        self.stream = stream
    }

    var isComplete: Bool { stream.isComplete }

    func push(_ block: [Float]) {
        guard !isComplete else { return }
        stream.push(block.span, into: &events)
        events.removeAll(keepingCapacity: true)
    }

    func markGap(frames: Int, _ gap: RecordingGap) {
        guard !isComplete else { return }
        stream.markGap(frames: frames, gap == .lost ? .lost : .paused, into: &events)
        events.removeAll(keepingCapacity: true)
    }

    /// - Parameter unheard: sound of the recording that nobody could decode.
    func finish(unheard: UnheardSound?) -> LegResult {
        var result = stream.finish(into: &events)
        // Rule: what was heard in part is not called human, nor silent. Why: a machine's voice may stand in the rest.
        if unheard != nil, !isComplete, result.outcome == .human || result.reason == .noSpeech || result.reason == .tooLittleSpeech {
            result.outcome = .inconclusive
            result.reason = .outsideMeasuredConditions
            if !result.outside.contains(.lostSound) { result.outside.append(.lostSound) }
        }
        return result
    }
}
