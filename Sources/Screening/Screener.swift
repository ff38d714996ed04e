import Alerting
import Classifier

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Screens one leg of a call: samples in, events out. Front end and network in front of a `LegJudge`, which decides.
///
/// A hop is screened in three steps: the front end, as soon as its samples are there; the network; the judge. With a batch of its own it takes all of
/// them at once. With one that it shares, a hop waits, so that hops of many legs can go through the network together: what happened comes with
/// `settle`, with the next hop or with the end of the leg, in the same order and to the same bit. Until then all else is as after the hop before.
///
/// One synchronous value that every source feeds, in blocks of any size. It works in hops of a fixed number of samples and
/// looks at nothing else than samples, so the events depend on the samples alone: a live call replays to the same bytes, with
/// the same program and kernel level. Between hops it does not allocate, unless the track or the spectrogram is kept.
@safe public struct Screener: ~Copyable {
    /// What to keep beside the verdict.
    public struct Options: Sendable, Equatable {
        public var keepsTrack: Bool
        public var keepsSpectrogram: Bool
        /// The recording has this one channel only, so it may hold both parties.
        public var isOnlyChannel: Bool

        public init(keepsTrack: Bool = false, keepsSpectrogram: Bool = false, isOnlyChannel: Bool = false) {
            self.keepsTrack = keepsTrack
            self.keepsSpectrogram = keepsSpectrogram
            self.isOnlyChannel = isOnlyChannel
        }
    }

    /// Why there is no sound where there is none.
    public enum Gap: UInt8, Sendable {
        /// It never arrived: it counts against the line.
        case lost = 1
        /// Nobody was to listen.
        case paused = 2
    }

    private let model: Model
    private let options: Options
    private let ear: Ear
    /// It shares its batch, so its hops wait.
    private let isBatched: Bool
    private var judge: LegJudge
    /// The hop that the judge has not seen yet.
    private var waiting: Waiting?

    /// G.711 ends below full scale: at 0.980 (u-law) and 0.984 (A-law).
    private static let clippingLevel: Float = 0.975
    /// Below it a part of a hop is digital silence: less than the dither of 16 bits. A synthesizer or a gate leaves such pauses;
    /// they say nothing of how quiet the line is.
    private static let silencePower = 1e-10
    /// Parts of a hop whose quietest is reported.
    private static let partsPerSecond = 50

    /// Samples not yet used up: the beginning of the next hop. Beside each whether it is sound (0) or of which `Gap`.
    private let pending: UnsafeMutableBufferPointer<Float>
    private let pendingGaps: UnsafeMutableBufferPointer<UInt8>
    private var pendingCount = 0
    private var pendingGapCount = 0
    private let overview: UnsafeMutableBufferPointer<Float>
    /// Of the hop before and of this one, each part's.
    private let partEnergies: UnsafeMutableBufferPointer<Double>

    /// A hop that the front end has taken in.
    private struct Waiting {
        var hop: Hop
        /// Some of it arrived.
        var isHeard: Bool
    }

    private var sampleCount = 0
    private var hopCount = 0
    private var track: [HopScore] = []
    private var spectrogram: SpectrogramOverview

    /// - Parameter batch: of the same model, shared with other legs of the thread; nil for one of its own.
    public init(
        model: Model, operatingPoint: OperatingPoint, recalibration: Recalibration? = nil, options: Options = Options(), batch: HopBatch? = nil
    ) {
        self.model = model
        self.options = options
        isBatched = batch != nil
        ear = Ear(model: model, batch: batch)
        judge = LegJudge(
            operatingPoint: operatingPoint, calibration: model.calibration, recalibration: recalibration,
            hopSamples: model.samplesPerHop, mayHoldBothParties: options.isOnlyChannel)
        unsafe pending = .allocate(capacity: model.samplesNeededPerHop)
        unsafe pending.initialize(repeating: 0)
        unsafe pendingGaps = .allocate(capacity: model.samplesNeededPerHop)
        unsafe pendingGaps.initialize(repeating: 0)
        unsafe overview = .allocate(capacity: SpectrogramOverview.bandCount)
        unsafe overview.initialize(repeating: 0)
        unsafe partEnergies = .allocate(capacity: 2 * model.samplesPerHop * Self.partsPerSecond / model.sampleRate)
        unsafe partEnergies.initialize(repeating: 0)
        spectrogram = SpectrogramOverview(columnSeconds: model.hopSeconds)
    }

    deinit {
        unsafe pending.deallocate()
        unsafe pendingGaps.deallocate()
        unsafe overview.deallocate()
        unsafe partEnergies.deallocate()
    }

    /// Samples taken so far, gaps among them: the sample index of what comes next.
    public var endSample: Int { sampleCount }

    /// How many more samples complete a hop, with what it needs behind it.
    public var samplesToHop: Int { unsafe pending.count - pendingCount }

    /// Net speech heard so far, in seconds.
    public var netSpeechSeconds: Double { judge.netSpeechSeconds }

    /// The level after the last whole hop.
    public var level: Level { judge.level }

    /// What the line is like so far.
    public var conditions: LineConditions { judge.conditions }

    /// Takes a block of samples: 16 kHz, one channel, full scale at -1...1. Any length.
    /// - Parameter events: what happened is appended.
    public mutating func push(_ samples: Span<Float>, into events: inout [ScreeningEvent]) {
        unsafe samples.withUnsafeBufferPointer { block in
            var taken = 0
            while taken < block.count {
                let count = unsafe min(block.count - taken, pending.count - pendingCount)
                for offset in 0..<count {
                    unsafe pending[pendingCount + offset] = Self.sound(block[taken + offset])
                }
                unsafe pendingGaps[pendingCount..<pendingCount + count].update(repeating: 0)
                pendingCount += count
                sampleCount += count
                taken += count
                if unsafe pendingCount == pending.count { processHop(into: &events) }
            }
        }
    }

    /// Takes the place of samples that are not there, so that all sample indices stay absolute. What a gap touches is never heard as speech,
    /// and hops that lie in one as a whole cost nothing.
    /// - Parameter samples: how many, at 16 kHz, not negative.
    public mutating func pushGap(samples: Int, _ gap: Gap = .lost, into events: inout [ScreeningEvent]) {
        precondition(samples >= 0, "a gap is not negative")
        var left = samples
        while left > 0 {
            let count = unsafe min(left, pending.count - pendingCount)
            unsafe pending[pendingCount..<pendingCount + count].update(repeating: 0)
            unsafe pendingGaps[pendingCount..<pendingCount + count].update(repeating: gap.rawValue)
            pendingCount += count
            pendingGapCount += count
            sampleCount += count
            left -= count
            if unsafe pendingCount == pending.count { processHop(into: &events) }
        }
    }

    /// Records that the voice was said to be a machine's, at the sample reached so far; from there on nothing is alerted. To
    /// replay it, call it after as many samples.
    /// - Precondition: no hop waits.
    public mutating func disclose() {
        precondition(waiting == nil, "settle before what must come behind the hop")
        judge.disclose(atSample: sampleCount)
    }

    /// A hop waits for the network.
    public var isWaiting: Bool { waiting != nil }
    /// What hears the leg; where a hop waits, to be run by its batch, and settled then.
    public var hearing: Ear { ear }

    /// Judges the hop that waits, if one does, and if its batch has not run, runs it.
    public mutating func settle(into events: inout [ScreeningEvent]) {
        guard let hop = waiting else { return }
        waiting = nil
        if ear.isWaiting { ear.batch.run(ear) }
        judge(hop, into: &events)
    }

    /// Ends the leg: what is left of the last hop is completed with silence, and the verdict is drawn up.
    public mutating func finish(into events: inout [ScreeningEvent]) -> LegResult {
        let perHop = model.samplesPerHop
        while hopCount * perHop < sampleCount {
            unsafe pending[pendingCount...].update(repeating: 0)
            unsafe pendingGaps[pendingCount...].update(repeating: 0)
            processHop(into: &events)
        }
        settle(into: &events)
        return LegResult(
            judge.verdict(), durationSeconds: LegTime.seconds(sampleCount), track: track,
            spectrogram: options.keepsSpectrogram ? spectrogram : nil)
    }

    /// A sample that cannot poison what comes after it: what is not finite is silence, and nothing is louder than 12 dB over
    /// full scale, since one absurd sample would lift the tracked peak and hide the speech of many seconds behind it.
    private static func sound(_ sample: Float) -> Float { sample.isFinite ? min(max(sample, -4), 4) : 0 }

    /// The front end's step of a hop whose samples are there.
    private mutating func processHop(into events: inout [ScreeningEvent]) {
        settle(into: &events)
        let perHop = model.samplesPerHop
        var hop = Hop(startSample: hopCount * perHop)
        hopCount += 1
        let isHeard = unsafe pendingGapCount < pending.count
        if isHeard {
            unsafe ear.listen(
                UnsafeBufferPointer(pending), soundCount: sampleCount - hop.startSample, missing: missing,
                overview: options.keepsSpectrogram ? overview : nil)
            measureParts(&hop)
        } else {
            ear.passOver()
            unsafe partEnergies.update(repeating: 0)
            if options.keepsSpectrogram { unsafe overview.update(repeating: 0) }
        }
        if pendingGapCount > 0 {
            for index in 0..<perHop {
                if unsafe pendingGaps[index] == Gap.lost.rawValue { hop.lostSamples += 1 }
                if unsafe pendingGaps[index] == Gap.paused.rawValue { hop.pausedSamples += 1 }
            }
        }
        let kept = unsafe pending.count - perHop
        unsafe pending.baseAddress!.update(from: pending.baseAddress! + perHop, count: kept)
        unsafe pendingGaps.baseAddress!.update(from: pendingGaps.baseAddress! + perHop, count: kept)
        pendingCount = kept
        pendingGapCount -= hop.lostSamples + hop.pausedSamples
        waiting = Waiting(hop: hop, isHeard: isHeard)
        if !(isBatched && ear.isWaiting) { settle(into: &events) }
    }

    /// The judge's step of a hop that the network has heard.
    private mutating func judge(_ waiting: Waiting, into events: inout [ScreeningEvent]) {
        var hop = waiting.hop
        var speechProbability: Float = 0
        if waiting.isHeard {
            let heard = ear.heard
            hop.evidence = heard.evidence
            speechProbability = heard.speechProbability
            hop.isSpeech = heard.isSpeech
            hop.lowerBandPower = Float(heard.powers.lower)
            hop.upperBandPower = Float(heard.powers.upper)
            hop.levelDBFS = level(of: heard)
        }
        let action = judge.push(hop)
        let score = HopScore(
            hop: hop, speechProbability: speechProbability, windowLLR: judge.windowLLR, changeSum: judge.changeSum,
            level: judge.level)
        if options.keepsTrack { track.append(score) }
        if options.keepsSpectrogram { appendColumn() }
        events.append(.hop(score))
        if let action { events.append(.action(action)) }
    }

    /// From the first sample of the hop, and of what is needed behind it, that is missing to the last.
    private var missing: Range<Int>? {
        guard pendingGapCount > 0, let first = unsafe pendingGaps.firstIndex(where: { $0 != 0 }) else { return nil }
        return unsafe first..<pendingGaps.lastIndex { $0 != 0 }! + 1
    }

    /// The energy of each part of the hop, its quietest part, its clipped samples.
    private func measureParts(_ hop: inout Hop) {
        let perHop = model.samplesPerHop
        let perPart = model.sampleRate / Self.partsPerSecond
        let parts = perHop / perPart
        unsafe partEnergies.baseAddress!.update(from: partEnergies.baseAddress! + parts, count: parts)
        var (part, quietest) = (0.0, Double.infinity)
        for index in 0..<perHop {
            let sample = unsafe pending[index]
            part += Double(sample) * Double(sample)
            if abs(sample) >= Self.clippingLevel { hop.clippedSamples += 1 }
            if (index + 1) % perPart == 0 {
                if part > Self.silencePower * Double(perPart) { quietest = min(quietest, part) }
                unsafe partEnergies[parts + index / perPart] = part
                part = 0
            }
        }
        hop.quietestDBFS = Float(10 * log10(quietest / Double(perPart)))
    }

    /// The level is that of what was heard as speech, which may have begun in the hop before; where nothing was, of the hop.
    private func level(of heard: Heard) -> Float {
        let perPart = model.sampleRate / Self.partsPerSecond
        let parts = model.samplesPerHop / perPart
        let first = heard.isSpeech ? parts + Int((Double(heard.blockStart) / Double(perPart)).rounded()) : parts
        var energy = 0.0
        for index in first..<first + parts { unsafe energy += partEnergies[index] }
        return Float(10 * log10(energy / Double(parts * perPart)))
    }

    private mutating func appendColumn() {
        for index in unsafe 0..<overview.count {
            let level = 10 * log10f(unsafe overview[index] / model.fullScalePower + 1e-12) + 120
            spectrogram.levels.append(UInt8(min(max(level, 0), 120)))
        }
    }
}
