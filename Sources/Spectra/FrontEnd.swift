/// Samples in, normalised log spectra out, one hop of frames at a time.
///
/// State of one leg: the running mean and peak. Causal: a frame is normalised by what was heard up to and including it.
///
/// For frame i with power P_k and telephone-band level E = ln(mean P_k + absoluteFloor):
/// peak = max(E, peak - decay); L_k = ln(P_k + floorBelowPeak e^peak); the running mean m_k follows L_k on frames with
/// E > peak - gate, and starts anew where E rises above peak + restart; the feature is clamp(L_k - m_k) scale.
/// It is cepstral mean normalisation (Atal 1974) done on log spectra, as a recursion, with a floor relative to the speech instead
/// of an absolute one.
@safe public struct FrontEnd: ~Copyable {
    public let settings: FrontEndSettings
    private let transform: RealTransform
    private let power: UnsafeMutablePointer<Float>
    private let mean: UnsafeMutablePointer<Float>
    private var meanCount = 0
    private var peak: Float = 0
    private var hasPeak = false
    private var bandPowers = BandPowers()

    /// - Precondition: `settings.fault` is nil.
    public init(settings: FrontEndSettings) {
        precondition(settings.fault == nil, settings.fault ?? "")
        self.settings = settings
        transform = RealTransform(frameSamples: settings.frameSamples)
        unsafe power = .allocate(capacity: settings.binCount)
        unsafe mean = .allocate(capacity: settings.binCount)
        unsafe mean.initialize(repeating: 0, count: settings.binCount)
    }

    deinit {
        unsafe power.deallocate()
        unsafe mean.deallocate()
    }

    /// Computes the features of one hop. Does not allocate.
    /// - Parameters:
    ///   - samples: `settings.samplesNeededPerHop` samples.
    ///   - features: room for `framesPerHop` x `binCount` numbers, frame after frame.
    ///   - overview: when given, mean powers over the hop's frames in as many equal bands, lowest first, are written to it.
    /// - Returns: the band powers of the hop's gated frames.
    @discardableResult
    public mutating func process(
        _ samples: UnsafeBufferPointer<Float>, into features: UnsafeMutableBufferPointer<Float>,
        overview: UnsafeMutableBufferPointer<Float>? = nil
    ) -> BandPowers {
        precondition(samples.count == settings.samplesNeededPerHop, "a hop needs \(settings.samplesNeededPerHop) samples")
        precondition(features.count == settings.framesPerHop * settings.binCount, "features must hold one hop")
        let source = samples.baseAddress!
        let target = features.baseAddress!
        bandPowers = BandPowers()
        if let overview = unsafe overview { unsafe overview.update(repeating: 0) }
        for frame in 0..<settings.framesPerHop {
            unsafe transform.power(of: source + frame * settings.hopSamples, into: power, binCount: settings.binCount)
            unsafe normalise(into: target + frame * settings.binCount)
            if let overview = unsafe overview { unsafe accumulate(into: overview) }
        }
        return bandPowers
    }

    private mutating func normalise(into feature: UnsafeMutablePointer<Float>) {
        let level = bandMean(settings.levelLowBin, settings.levelHighBin)
        let energy = Math.naturalLog(level + settings.absoluteFloor)
        if let restart = settings.restartAbovePeak, hasPeak, energy > peak + restart { meanCount = 0 }
        peak = hasPeak ? max(energy, peak - settings.peakDecayPerFrame) : energy
        hasPeak = true
        let floor = settings.floorBelowPeak * Math.exponential(peak)
        for k in 0..<settings.binCount { unsafe feature[k] = Math.naturalLog(power[k] + floor) }
        if energy > peak - settings.gateBelowPeak {
            meanCount += 1
            let weight = max(1 / Float(meanCount), 1 / Float(settings.meanFrames))
            for k in 0..<settings.binCount { unsafe mean[k] += weight * (feature[k] - mean[k]) }
            let binsPerHertz = Float(settings.frameSamples) / Float(settings.sampleRate)
            bandPowers.lower += Double(bandMean(Int(300 * binsPerHertz), Int(3400 * binsPerHertz)))
            bandPowers.upper += Double(bandMean(Int(4200 * binsPerHertz), min(settings.binCount, Int(7000 * binsPerHertz))))
        }
        for k in 0..<settings.binCount {
            let difference = unsafe feature[k] - mean[k]
            unsafe feature[k] = min(max(difference, settings.clampLow), settings.clampHigh) * settings.scale
        }
    }

    /// Mean power of bins `low...high` (1-based, as in the settings).
    private func bandMean(_ low: Int, _ high: Int) -> Float {
        var sum: Float = 0
        for k in low...high { unsafe sum += power[k - 1] }
        return sum / Float(high - low + 1)
    }

    private func accumulate(into overview: UnsafeMutableBufferPointer<Float>) {
        let binsPerBand = settings.binCount / overview.count
        let share = 1 / Float(binsPerBand * settings.framesPerHop)
        for band in 0..<overview.count {
            for k in 0..<binsPerBand { unsafe overview[band] += power[band * binsPerBand + k] * share }
        }
    }
}
