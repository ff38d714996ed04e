import Alerting
import Audio
import Classifier

/// One leg of a call as its line or its recording delivers it: native samples and gaps in, events out.
///
/// Rule: a live call, its replay and every recording go through this one value, and it looks at nothing but samples, gaps and the line's rate.
/// Why: where sound is missing the resampler must be emptied and started anew, and the place of what follows must be rounded
/// the same way each time; done twice, in two places, the replay would differ in the last bit.
///
/// How blocks and gaps were cut changes nothing: a gap marked in ten pieces is the gap marked at once.
@safe public struct LegStream: ~Copyable {
    /// In Hz; what the line gives at present.
    public private(set) var sampleRate: Int
    private var screener: Screener
    private var resampler: Resampler
    /// Samples at 16 kHz behind which the present rate began, and frames of the line since.
    private var base = 0
    private var frames = 0
    /// The resampler holds sound.
    private var isSounding = false
    private var samples: [Float] = []
    private var loss: PacketLoss
    /// What `loss` gave last.
    private var pieces: [PacketLoss.Piece] = []
    private var native: [Float] = []
    /// Samples at 16 kHz that may still be heard.
    private var samplesLeft: Int

    /// - Parameters:
    ///   - limitSeconds: what comes behind it is left out; nil for no limit.
    ///   - batch: as of `Screener`.
    /// - Throws: `AudioError` of kind `limit` for a rate outside `AudioLimits.sampleRates`.
    public init(
        model: Model, operatingPoint: OperatingPoint, recalibration: Recalibration? = nil,
        options: Screener.Options = Screener.Options(), sampleRate: Int, limitSeconds: Double? = nil, batch: HopBatch? = nil
    ) throws(AudioError) {
        self.sampleRate = sampleRate
        samplesLeft = limitSeconds.map { Int(($0 * Double(LegTime.sampleRate)).rounded()) } ?? .max
        resampler = try Resampler(from: sampleRate)
        loss = PacketLoss(sampleRate: sampleRate)
        screener = Screener(model: model, operatingPoint: operatingPoint, recalibration: recalibration, options: options, batch: batch)
        samples.reserveCapacity(16_384)
    }

    /// Length so far at 16 kHz, gaps included; what the resampler still holds is not in it.
    public var endSample: Int { screener.endSample }
    /// How many more frames it takes, at the line's present rate, until a hop is complete. Where sound turns out to be lost on the way it may be
    /// complete sooner, by what the resampler holds.
    public var framesToHop: Int { max(0, resampler.framesNeeded(for: screener.samplesToHop) - loss.heldCount) }
    /// The limit is reached: what comes is left out.
    public var isComplete: Bool { samplesLeft == 0 }
    /// Net speech heard so far, in seconds.
    public var netSpeechSeconds: Double { screener.netSpeechSeconds }
    /// The level after the last whole hop.
    public var level: Level { screener.level }

    /// As of `Screener`.
    public var isWaiting: Bool { screener.isWaiting }
    public var hearing: Ear { screener.hearing }
    public mutating func settle(into events: inout [ScreeningEvent]) { screener.settle(into: &events) }

    /// Takes a block of the line: one channel at its native rate, full scale at ±1. Any length.
    public mutating func push(_ block: Span<Float>, into events: inout [ScreeningEvent]) {
        loss.push(block)
        passPieces(into: &events)
    }

    /// Takes the place of frames that are not there.
    /// - Parameter count: in frames of the line's present rate.
    /// - Returns: the sample at 16 kHz that the gap begins with: all sound before it is in a hop.
    @discardableResult
    public mutating func markGap(frames count: Int, _ gap: Screener.Gap = .lost, into events: inout [ScreeningEvent]) -> Int {
        precondition(count >= 0, "a gap is not negative")
        guard count > 0 else { return screener.endSample }
        flush(into: &events)
        return openGap(frames: count, gap, into: &events)
    }

    private mutating func openGap(frames count: Int, _ gap: Screener.Gap, into events: inout [ScreeningEvent]) -> Int {
        empty(into: &events)
        let start = screener.endSample
        frames += count
        // To the sample that all frames so far come to, so that no rounding adds up.
        let gapSamples = min(max(0, dueSample - start), samplesLeft)
        samplesLeft -= gapSamples
        screener.pushGap(samples: gapSamples, gap, into: &events)
        return start
    }

    /// The device came back with another rate.
    public mutating func changeRate(to rate: Int, into events: inout [ScreeningEvent]) throws(AudioError) {
        guard rate != sampleRate else { return }
        flush(into: &events)
        empty(into: &events)
        loss = PacketLoss(sampleRate: rate)
        base = dueSample
        frames = 0
        sampleRate = rate
        resampler = try Resampler(from: rate)
    }

    /// The voice said that it is a machine's: what comes is recorded and raises no alert. To replay it, call it after as many
    /// frames.
    /// - Precondition: no hop waits.
    public mutating func disclose() { screener.disclose() }

    /// Ends the leg. Nothing can be taken in afterwards.
    public mutating func finish(into events: inout [ScreeningEvent]) -> LegResult {
        flush(into: &events)
        empty(into: &events)
        return screener.finish(into: &events)
    }

    private var dueSample: Int { base + (frames * LegTime.sampleRate + sampleRate / 2) / sampleRate }

    /// What was held back as possible loss is sound, since something else comes.
    private mutating func flush(into events: inout [ScreeningEvent]) {
        loss.flush()
        passPieces(into: &events)
    }

    private mutating func passPieces(into events: inout [ScreeningEvent]) {
        loss.drain(into: &pieces, &native)
        var at = 0
        for which in pieces.indices {
            switch pieces[which] {
            case .sound(let count):
                isSounding = true
                frames += count
                samples.removeAll(keepingCapacity: true)
                unsafe native.withUnsafeBufferPointer { unsafe resampler.push(UnsafeBufferPointer(rebasing: $0[at..<at + count]), into: &samples) }
                at += count
                pass(into: &events)
            case .gap(let count): _ = openGap(frames: count, .lost, into: &events)
            }
        }
    }

    /// Lent out while they are pushed, since a span of a member would borrow all of the stream.
    private mutating func pass(into events: inout [ScreeningEvent]) {
        var ready: [Float] = []
        swap(&ready, &samples)
        if ready.count > samplesLeft { ready.removeSubrange(samplesLeft...) }
        samplesLeft -= ready.count
        screener.push(ready.span, into: &events)
        swap(&ready, &samples)
    }

    /// What the resampler still holds belongs before whatever comes next.
    private mutating func empty(into events: inout [ScreeningEvent]) {
        guard isSounding else { return }
        isSounding = false
        samples.removeAll(keepingCapacity: true)
        resampler.finish(into: &samples)
        pass(into: &events)
        do { resampler = try Resampler(from: sampleRate) } catch { preconditionFailure("the same resampler was made before: \(error)") }
    }
}
