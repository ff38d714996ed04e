import Alerting
import Audio
import Calls
import Capture
import Classifier
import Screening
import Store

/// One leg being heard: its samples decoded and screened, its gaps gathered, its sound handed on where it is kept.
final class LegEar {
    struct Output {
        var events: [ScreeningEvent] = []
        var gaps: [Mark] = []
        var sound: [AudioRecord] = []
    }

    private var stream: LegStream
    private var encoding: SampleEncoding
    private var floats: [Float] = []
    private var frames = 0
    private var hops = 0
    /// The gap that is going on, its sample count open.
    private var openGap: (cause: GapCause, startSample: Int, startFrame: Int, frames: Int)?
    private let keepsSound: Bool
    private var isOpened = false

    init(setup: ScreeningSetup, isOnlyChannel: Bool, format: SampleFormat, keepsSound: Bool = false, batch: HopBatch? = nil) throws(AudioError) {
        stream = try LegStream(
            model: setup.model, operatingPoint: setup.operatingPoint, recalibration: setup.recalibration,
            options: .init(isOnlyChannel: isOnlyChannel), sampleRate: format.sampleRate, batch: batch)
        encoding = format.encoding
        self.keepsSound = keepsSound
    }

    var endSample: Int { stream.endSample }
    var framesToHop: Int { stream.framesToHop }
    var netSpeechSeconds: Double { stream.netSpeechSeconds }
    var level: Level { stream.level }
    /// What was said of the last hop; nil before the first.
    private(set) var lastHop: HopScore?

    /// What is said of a gap or of another format comes behind the hop that waits.
    func mustSettle(before block: LineBlock) -> Bool {
        stream.isWaiting
            && (openGap != nil || block.gap != nil || block.format.sampleRate != stream.sampleRate || block.format.encoding != encoding)
    }

    /// Takes a block of the leg's one channel; `bytes` are its native samples, none for a gap.
    /// - Precondition: `mustSettle(before:)` is false.
    func take(_ block: LineBlock, _ bytes: [UInt8], into output: inout Output) throws(AudioError) {
        precondition(!mustSettle(before: block), "the hop that waits comes first")
        let start = output.events.count
        if block.format.sampleRate != stream.sampleRate || block.format.encoding != encoding {
            closeGap(into: &output)
            let before = stream.endSample
            try stream.changeRate(to: block.format.sampleRate, into: &output.events)
            encoding = block.format.encoding
            output.gaps.append(
                Mark(.reopened, hop: hops, startSample: before, startFrame: frames, sampleRate: block.format.sampleRate))
            isOpened = false
            frames = 0
        }
        if keepsSound, !isOpened { output.sound.append(.opened(encoding, sampleRate: block.format.sampleRate)) }
        isOpened = true
        if let cause = block.gap {
            if let open = openGap, open.cause != cause { closeGap(into: &output) }
            let start = stream.markGap(frames: block.frames, cause == .paused ? .paused : .lost, into: &output.events)
            openGap = openGap ?? (cause, start, frames, 0)
            openGap!.frames += block.frames
        } else {
            closeGap(into: &output)
            floats.removeAll(keepingCapacity: true)
            encoding.decode(bytes, into: &floats)
            stream.push(floats.span, into: &output.events)
            if keepsSound { output.sound.append(.samples(bytes)) }
        }
        frames += block.frames
        count(output.events[start...])
    }

    /// A hop waits for the network.
    var isWaiting: Bool { stream.isWaiting }
    var hearing: Ear { stream.hearing }

    /// Hands out what a hop that waited came to.
    func settle(into output: inout Output) {
        let start = output.events.count
        stream.settle(into: &output.events)
        count(output.events[start...])
    }

    /// - Precondition: no hop waits.
    func disclose(into output: inout Output) -> Mark {
        closeGap(into: &output)
        stream.disclose()
        if keepsSound { output.sound.append(.disclosed) }
        return Mark(.disclosed, hop: hops, startSample: stream.endSample, startFrame: frames)
    }

    /// - Precondition: no hop waits.
    func finish(into output: inout Output) -> LegResult {
        precondition(!isWaiting, "the hop that waits comes first")
        closeGap(into: &output)
        return stream.finish(into: &output.events)
    }

    private func count(_ events: ArraySlice<ScreeningEvent>) {
        for event in events {
            guard case .hop(let score) = event else { continue }
            hops += 1
            lastHop = score
        }
    }

    private func closeGap(into output: inout Output) {
        guard let gap = openGap else { return }
        openGap = nil
        let kind = Mark.Kind(gap.cause)
        output.gaps.append(
            Mark(
                kind, hop: hops, startSample: gap.startSample, sampleCount: stream.endSample - gap.startSample, startFrame: gap.startFrame,
                frameCount: gap.frames, sampleRate: stream.sampleRate))
        if keepsSound { output.sound.append(.gap(kind, frames: gap.frames)) }
    }
}
