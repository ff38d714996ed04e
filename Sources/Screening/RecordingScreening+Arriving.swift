import Alerting
import Audio

extension RecordingScreening {
    /// How far the hearing of a recording that still comes in has got.
    public struct Arrival: Sendable {
        /// The leg's name.
        public var leg: String
        /// Raised just now; nil where only time has passed.
        public var alert: Alert?
        public var seconds: Double
        public var netSpeechSeconds: Double
    }

    /// Screens what has come so far of a recording that still comes in, as it comes, until it ends; what it says is early notice.
    /// The result is that of the whole recording, screened anew.
    ///
    /// Rule: it is given up when the input has ended. Why: what came faster than it can be heard is heard better at once as a whole.
    ///
    /// - Parameter take: called with each alert, and about once a second of sound for each leg.
    public func hear(_ input: ArrivingInput, raw: RawFormat?, _ take: (Arrival) -> Void) {
        do throws(AudioError) {
            guard var reader = try input.open(raw: raw) else { return }
            let count = reader.channelCount
            let chosen =
                choices.isEmpty
                ? (0..<count).map { LegChoice(channel: $0, name: nil) } : choices.filter { $0.channel < count }
            var legs: [ArrivingLeg] = []
            for choice in chosen {
                legs.append(
                    ArrivingLeg(
                        channel: choice.channel, name: choice.name ?? LegChoice.ownName(channel: choice.channel, of: count),
                        try LegStream(
                            model: model, operatingPoint: policy.operatingPoint, recalibration: policy.recalibration,
                            options: .init(isOnlyChannel: count == 1), sampleRate: reader.sampleRate, limitSeconds: limitSeconds)))
            }
            var block: [[Float]] = []
            while !input.hasEnded {
                let piece = try reader.next(upTo: max(1, reader.sampleRate / 10), into: &block)
                if piece == .end { return }
                for (index, leg) in legs.enumerated() {
                    let alerts = leg.take(piece, block)
                    // A channel that has been another's copy so far is no second voice.
                    leg.isTwin = leg.isTwin && legs[..<index].contains { block[$0.channel] == block[leg.channel] }
                    if leg.isTwin { continue }
                    for alert in alerts { take(leg.arrival(alert)) }
                    if leg.isDue { take(leg.arrival(nil)) }
                }
            }
        } catch {
            // The whole recording will say what is wrong with it.
        }
    }
}

private final class ArrivingLeg {
    let channel: Int
    private let name: String
    private var stream: LegStream
    private var events: [ScreeningEvent] = []
    private var saidSeconds = 0.0
    var isTwin = true

    init(channel: Int, name: String, _ stream: consuming LegStream) {
        self.channel = channel
        self.name = name
        self.stream = stream
    }

    /// The alerts that the piece raised.
    func take(_ piece: RecordingReader.Piece, _ block: [[Float]]) -> [Alert] {
        events.removeAll(keepingCapacity: true)
        switch piece {
        case .sound:
            let sound = block[channel]
            stream.push(sound.span, into: &events)
        case .gap(let frames, let gap): stream.markGap(frames: frames, gap == .lost ? .lost : .paused, into: &events)
        case .end: break
        }
        return events.compactMap { if case .action(.raised(let alert)) = $0 { alert } else { nil } }
    }

    var isDue: Bool {
        guard LegTime.seconds(stream.endSample) - saidSeconds >= 1 else { return false }
        saidSeconds = LegTime.seconds(stream.endSample)
        return true
    }

    func arrival(_ alert: Alert?) -> RecordingScreening.Arrival {
        .init(leg: name, alert: alert, seconds: LegTime.seconds(stream.endSample), netSpeechSeconds: stream.netSpeechSeconds)
    }
}
