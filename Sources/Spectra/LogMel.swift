/// Samples in, a normalised log mel spectrum out, one hop at a time: the front end of a model that hears with a pretrained encoder.
///
/// Frame i of a block is centred `stepSamples` i behind its first sample and reaches half a frame to either side. Its bands are Slaney's mel
/// filters of unit area over |X|² of a Hann window, as in Whisper (Radford et al. 2022; openai/whisper, audio.py); the feature is
/// (max(log10 band - top, -depth) + 5) / 4. Theirs is set against the loudest band of the whole clip; ours against a top that is tracked
/// from block to block, top = max(loudest band of the block, top - fall, least), so that it needs no future and any gain cancels out.
///
/// A block is as long as a hop and lies where the speech does (`OnsetDetector`); at most one ends within a hop.
///
/// State of one leg: what the detector knows, the top, the bands of the block under way, the last samples.
@safe public struct LogMel: ~Copyable {
    public let settings: LogMelSettings
    private let transform: RealTransform
    private let filters: MelFilters
    private let power: UnsafeMutablePointer<Float>
    /// `leadSamples` before the hop, then the hop and what it needs behind it.
    private let line: UnsafeMutablePointer<Float>
    /// log10 of the bands of the block under way and of the frames before it, [framesBefore + framesPerHop][bandCount].
    private let bands: UnsafeMutablePointer<Float>
    private var onsets: OnsetDetector?
    private var top: Float
    /// The block under way: its first sample, counted from the hop's; how many of its frames and those before it are there.
    private var start = 0
    private var frameCount = 0
    private var beginsAnew = true

    /// - Precondition: `settings.fault` is nil.
    public init(settings: LogMelSettings) {
        precondition(settings.fault == nil, settings.fault ?? "")
        self.settings = settings
        transform = RealTransform(frameSamples: settings.frameSamples)
        filters = MelFilters(
            bandCount: settings.bandCount, sampleRate: settings.sampleRate, frameSamples: settings.frameSamples)
        let (bins, samples) = (settings.frameSamples / 2, settings.leadSamples + settings.samplesNeededPerHop)
        unsafe power = .allocate(capacity: bins)
        unsafe power.initialize(repeating: 0, count: bins)
        unsafe line = .allocate(capacity: samples)
        unsafe line.initialize(repeating: 0, count: samples)
        unsafe bands = .allocate(capacity: settings.featureCount)
        unsafe bands.initialize(repeating: LogMelSettings.silence, count: settings.featureCount)
        onsets = Self.detector(settings)
        top = settings.leastTop
    }

    private static func detector(_ settings: LogMelSettings) -> OnsetDetector? {
        settings.onset.map { OnsetDetector($0, samplesPerBlock: settings.samplesPerHop, sampleRate: settings.sampleRate) }
    }

    deinit {
        unsafe power.deallocate()
        unsafe line.deallocate()
        unsafe bands.deallocate()
    }

    /// Forgets what was heard, as behind a stretch without sound.
    public mutating func restart() {
        unsafe line.update(repeating: 0, count: settings.leadSamples)
        onsets = Self.detector(settings)
        top = settings.leastTop
        begin(at: 0)
    }

    /// What a hop was like, and the block that ends in it.
    public struct Hearing: Sendable, Equatable {
        public var powers = BandPowers()
        public var block: Block?
    }

    public struct Block: Sendable, Equatable {
        /// The first of the leg, since speech set in or after a quiet one: nothing before it is to be attended to.
        public var beginsAnew: Bool
        /// Nothing in it comes within `quietBelowTop` of the tracked top: it holds no speech.
        public var isQuiet: Bool
        /// Its first sample, counted from the hop's: negative where it began in the hop before.
        public var start: Int
    }

    /// Computes the features of the block that ends in a hop. Does not allocate.
    /// - Parameters:
    ///   - samples: `settings.samplesNeededPerHop` samples.
    ///   - soundCount: how many of them the leg has; a block that its end cuts off is not heard, since how much of it there is would hang on where
    ///     the leg began.
    ///   - features: room for `settings.featureCount` numbers, [framesBefore + framesPerHop][bandCount]: the last frames before the block,
    ///     then the block's own, all against its top. Unchanged where no block ends.
    ///   - overview: when given, mean powers over the hop's frames in as many equal bands, lowest first, are written to it; a few per cent off
    ///     where blocks begin anew, since frames then lie closer.
    public mutating func process(
        _ samples: UnsafeBufferPointer<Float>, soundCount: Int = .max, into features: UnsafeMutableBufferPointer<Float>,
        overview: UnsafeMutableBufferPointer<Float>? = nil
    ) -> Hearing {
        precondition(samples.count == settings.samplesNeededPerHop, "a hop needs \(settings.samplesNeededPerHop) samples")
        precondition(features.count == settings.featureCount, "features must hold one hop")
        let hop = settings.samplesPerHop
        unsafe (line + settings.leadSamples).update(from: samples.baseAddress!, count: samples.count)
        if let overview = unsafe overview { unsafe overview.update(repeating: 0) }
        var hearing = Hearing()
        let gate = top - settings.gateBelowTop
        if onsets != nil {
            for sample in 0..<min(hop, soundCount) where unsafe onsets!.take(samples[sample]) {
                unsafe advance(to: sample, gate, features, overview, &hearing)
                begin(at: sample)
            }
        }
        unsafe advance(to: min(hop, soundCount), gate, features, overview, &hearing)
        unsafe advance(to: hop, gate, nil, overview, &hearing)
        start -= hop
        unsafe line.update(from: line + hop, count: settings.leadSamples)
        return hearing
    }

    /// Computes the frames up to a sample, and the features of the block that ends there or before, if there is room for them.
    private mutating func advance(
        to sample: Int, _ gate: Float, _ features: UnsafeMutableBufferPointer<Float>?, _ overview: UnsafeMutableBufferPointer<Float>?,
        _ hearing: inout Hearing
    ) {
        while frameCount < settings.frameCount, start + settings.stepSamples * (frameCount - LogMelSettings.framesBefore) < sample {
            unsafe computeFrame(gate, &hearing.powers, overview)
        }
        guard let features = unsafe features, start + settings.samplesPerHop <= sample else { return }
        unsafe finishBlock(into: features, &hearing)
        unsafe advance(to: sample, gate, features, overview, &hearing)
    }

    private mutating func begin(at sample: Int) {
        start = sample
        frameCount = 0
        beginsAnew = true
    }

    /// Computes the next frame of the block under way, or of those before it.
    private mutating func computeFrame(_ gate: Float, _ powers: inout BandPowers, _ overview: UnsafeMutableBufferPointer<Float>?) {
        let (count, own) = (settings.bandCount, frameCount - LogMelSettings.framesBefore)
        let target = unsafe bands + frameCount * count
        let first = settings.leadSamples + start + own * settings.stepSamples - settings.frameSamples / 2
        unsafe transform.power(of: line + first, into: power, binCount: settings.frameSamples / 2)
        unsafe filters.apply(to: power, into: target)
        var peak = LogMelSettings.silence
        for band in 0..<count {
            unsafe target[band] = Math.commonLog(max(target[band], 1e-10))
            peak = unsafe max(peak, target[band])
        }
        frameCount += 1
        // Those before a block are another block's too.
        guard own >= 0 else { return }
        if peak > gate { unsafe add(power, to: &powers) }
        if let overview = unsafe overview { unsafe accumulate(into: overview) }
    }

    private mutating func finishBlock(into features: UnsafeMutableBufferPointer<Float>, _ hearing: inout Hearing) {
        let before = LogMelSettings.framesBefore * settings.bandCount
        var loudest = LogMelSettings.silence
        for index in before..<settings.featureCount { unsafe loudest = max(loudest, bands[index]) }
        top = max(loudest, max(top - settings.fallPerHop, settings.leastTop))
        for index in 0..<settings.featureCount {
            unsafe features[index] = (max(bands[index] - top, -settings.depth) + 5) / 4
        }
        let isQuiet = loudest < top - settings.quietBelowTop
        hearing.block = Block(beginsAnew: beginsAnew, isQuiet: isQuiet, start: start)
        unsafe bands.update(from: bands + settings.featureCount - before, count: before)
        start += settings.samplesPerHop
        frameCount = LogMelSettings.framesBefore
        beginsAnew = isQuiet
    }

    private func add(_ power: UnsafePointer<Float>, to powers: inout BandPowers) {
        func mean(_ low: Int, _ high: Int) -> Double {
            let bins =
                low * settings.frameSamples / settings.sampleRate...min(high * settings.frameSamples / settings.sampleRate, settings.frameSamples / 2)
            var sum: Float = 0
            for bin in bins { unsafe sum += power[bin - 1] }
            return Double(sum / Float(bins.count))
        }
        powers.lower += mean(300, 3400)
        powers.upper += mean(4200, 7000)
    }

    private func accumulate(into overview: UnsafeMutableBufferPointer<Float>) {
        let bins = settings.frameSamples / 2
        let share = Float(overview.count) / Float(bins * settings.framesPerHop)
        for bin in 0..<bins { unsafe overview[bin * overview.count / bins] += power[bin] * share }
    }
}
