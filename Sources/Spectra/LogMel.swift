/// Samples in, a normalised log mel spectrum out, one hop at a time: the front end of a model that hears with a pretrained encoder.
///
/// Frame i of a leg is centred at sample `stepSamples` i and reaches half a frame to either side. Its bands are Slaney's mel filters of unit
/// area over |X|² of a Hann window, as in Whisper (Radford et al. 2022; openai/whisper, audio.py); the feature is
/// (max(log10 band - top, -depth) + 5) / 4. Theirs is set against the loudest band of the whole clip; ours against a top that is tracked
/// from block to block, top = max(loudest band of the block, top - fall, least), so that it needs no future and any gain cancels out.
///
/// State of one leg: where its blocks lie, the last samples and bands of the hop before.
@safe public struct LogMel: ~Copyable {
    public let settings: LogMelSettings
    private let transform: RealTransform
    private let filters: MelFilters
    private let power: UnsafeMutablePointer<Float>
    /// `leadSamples` of the hop before, then the hop and what it needs behind it.
    private let line: UnsafeMutablePointer<Float>
    /// log10 of the bands, [framesKept + framesPerHop][bandCount].
    private let bands: UnsafeMutablePointer<Float>
    private var grid: BlockGrid

    /// Frames of the hops before that a block which ends in this one may reach back to.
    private var framesKept: Int { LogMelSettings.framesBefore + settings.framesPerHop - 1 }

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
        let numbers = (LogMelSettings.framesBefore + 2 * settings.framesPerHop - 1) * settings.bandCount
        unsafe bands = .allocate(capacity: numbers)
        unsafe bands.initialize(repeating: LogMelSettings.silence, count: numbers)
        grid = BlockGrid(settings)
    }

    deinit {
        unsafe power.deallocate()
        unsafe line.deallocate()
        unsafe bands.deallocate()
    }

    /// Forgets what was heard, as behind a stretch without sound.
    public mutating func restart() {
        unsafe line.update(repeating: 0, count: settings.leadSamples)
        unsafe bands.update(repeating: LogMelSettings.silence, count: (framesKept + settings.framesPerHop) * settings.bandCount)
        grid = BlockGrid(settings)
    }

    /// What a hop was like, and the block that ends in it.
    public struct Hearing: Sendable, Equatable {
        public var powers = BandPowers()
        public var block: Block?
    }

    /// A block of a hop's length that ends within a hop; at most one does.
    public struct Block: Sendable, Equatable {
        /// The first since speech set in: nothing before it is to be attended to.
        public var beginsAnew: Bool
        /// Nothing in it comes within `quietBelowTop` of the tracked top: it holds no speech.
        public var isQuiet: Bool
        /// Samples of the hop up to its end; fewer than a hop has where it began in the hop before.
        public var endSample: Int
    }

    /// Computes the features of the block that ends in a hop. Does not allocate.
    /// - Parameters:
    ///   - samples: `settings.samplesNeededPerHop` samples.
    ///   - features: room for `settings.featureCount` numbers, [framesBefore + framesPerHop][bandCount]: the last frames before the block,
    ///     then the block's own, all against its top. Unchanged where no block ends.
    ///   - overview: when given, mean powers over the hop's frames in as many equal bands, lowest first, are written to it.
    public mutating func process(
        _ samples: UnsafeBufferPointer<Float>, into features: UnsafeMutableBufferPointer<Float>,
        overview: UnsafeMutableBufferPointer<Float>? = nil
    ) -> Hearing {
        precondition(samples.count == settings.samplesNeededPerHop, "a hop needs \(settings.samplesNeededPerHop) samples")
        precondition(features.count == settings.featureCount, "features must hold one hop")
        let count = settings.bandCount
        if let overview = unsafe overview { unsafe overview.update(repeating: 0) }
        unsafe bands.update(from: bands + settings.framesPerHop * count, count: framesKept * count)
        unsafe (line + settings.leadSamples).update(from: samples.baseAddress!, count: samples.count)

        var hearing = Hearing()
        let gate = Float(grid.top) - settings.gateBelowTop
        for frame in 0..<settings.framesPerHop {
            let target = unsafe bands + (framesKept + frame) * count
            unsafe transform.power(of: line + frame * settings.stepSamples, into: power, binCount: settings.frameSamples / 2)
            unsafe filters.apply(to: power, into: target)
            var peak = LogMelSettings.silence
            for band in 0..<count {
                unsafe target[band] = Math.commonLog(max(target[band], 1e-10))
                peak = unsafe max(peak, target[band])
            }
            if peak > gate { unsafe add(power, to: &hearing.powers) }
            if let overview = unsafe overview { unsafe accumulate(into: overview) }
            if let block = grid.take(peak: peak) {
                // Of the bands kept, those up to this frame: a block and what stands before it.
                let start = unsafe bands + frame * count
                for index in 0..<settings.featureCount {
                    unsafe features[index] = (max(start[index] - block.top, -settings.depth) + 5) / 4
                }
                hearing.block = Block(
                    beginsAnew: block.beginsAnew, isQuiet: block.isQuiet, endSample: (frame + 1) * settings.stepSamples)
            }
        }
        unsafe line.update(from: line + settings.framesPerHop * settings.stepSamples, count: settings.leadSamples)
        return hearing
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
