import Alerting
import Audio
import Classifier

/// A recording, screened: one result a leg.
public struct ScreenedRecording: Sendable {
    public struct Leg: Sendable {
        public var name: String
        public var result: LegResult
    }

    public var legs: [Leg]
    /// What was odd about the recording, a line each.
    public var warnings: [String]
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
                try LegScreening(
                    channel: leg.channel, name: leg.name, inputRate: rate, limitSeconds: limitSeconds,
                    screener: Screener(
                        model: model, operatingPoint: policy.operatingPoint, recalibration: policy.recalibration,
                        options: .init(keepsTrack: keepsTrack, keepsSpectrogram: keepsSpectrogram, isOnlyChannel: isOnly)))
            }
        } catch let error as AudioError { throw error } catch { fatalError("only audio errors are thrown here: \(error)") }
        var block: [[Float]] = []
        while try reader.read(upTo: Self.blockFrames, into: &block) > 0 {
            for screening in screenings { screening.push(block[screening.channel]) }
            if let progress {
                let rate = Double(reader.sampleRate)
                progress(Double(reader.framesRead) / rate, reader.expectedFrameCount.map { Double($0) / rate })
            }
            if screenings.allSatisfy(\.isComplete) { break }
        }
        return ScreenedRecording(
            legs: screenings.map { .init(name: $0.name, result: $0.finish()) }, warnings: warnings + reader.warnings)
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

/// One leg on its way: resampled, then screened.
private final class LegScreening {
    let channel: Int
    let name: String
    private(set) var isComplete = false
    private var resampler: Resampler
    private var screener: Screener
    private var samples: [Float] = []
    private var events: [ScreeningEvent] = []
    private var samplesLeft: Int

    init(
        channel: Int, name: String, inputRate: Int, limitSeconds: Double?, screener: consuming Screener
    ) throws(AudioError) {
        self.channel = channel
        self.name = name
        resampler = try Resampler(from: inputRate)
        self.screener = screener
        samplesLeft = limitSeconds.map { Int(($0 * 16_000).rounded()) } ?? .max
    }

    func push(_ block: [Float]) {
        guard !isComplete else { return }
        samples.removeAll(keepingCapacity: true)
        resampler.push(block, into: &samples)
        pass()
    }

    func finish() -> LegResult {
        if !isComplete {
            samples.removeAll(keepingCapacity: true)
            resampler.finish(into: &samples)
            pass()
        }
        return screener.finish(into: &events)
    }

    /// The result carries all that a report needs; events are for those who listen along.
    private func pass() {
        if samples.count >= samplesLeft {
            samples.removeSubrange(samplesLeft...)
            isComplete = true
        }
        samplesLeft -= samples.count
        screener.push(samples.span, into: &events)
        events.removeAll(keepingCapacity: true)
    }
}
