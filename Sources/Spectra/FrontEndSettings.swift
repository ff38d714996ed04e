import Text

/// How samples become features. Part of the model file: a network only ever sees the features it was trained on.
///
/// The normalisation is a defence against shortcuts: level, line filter, noise floor and digital silence differ between
/// recordings of people and of machines for reasons that have nothing to do with the voice, so they are taken out before the
/// network can look.
public struct FrontEndSettings: Sendable, Equatable, Codable {
    /// Samples a second; the only supported rate is 16 000.
    public var sampleRate: Int
    /// Length of a frame and of its transform, in samples; a power of two.
    public var frameSamples: Int
    /// Distance between the starts of two frames, in samples.
    public var hopSamples: Int
    /// Frames that make one hop of the score track.
    public var framesPerHop: Int
    /// Spectral bins a frame: bins 1 to `binCount` of the transform.
    public var binCount: Int
    /// First and last bin of the telephone band, over which a frame's level is taken.
    public var levelLowBin: Int
    public var levelHighBin: Int
    /// Power added before the level's logarithm, so that digital silence has one.
    public var absoluteFloor: Float
    /// How fast the tracked peak level falls, in nats of power a frame.
    public var peakDecayPerFrame: Float
    /// Power relative to the tracked peak below which nothing is visible.
    public var floorBelowPeak: Float
    /// A frame this many nats below the peak, or lower, does not enter the running mean.
    public var gateBelowPeak: Float
    /// Time constant of the running mean, in gated frames; before that many it is the plain mean.
    public var meanFrames: Int
    /// When a frame's level rises this many nats above the tracked peak, the running mean starts anew: what was heard before,
    /// silence or a hum, was not the speaker's line. Nil: it never does.
    public var restartAbovePeak: Float?
    /// Features are limited to `clampLow...clampHigh` nats around the running mean, then multiplied by `scale`.
    public var clampLow: Float
    public var clampHigh: Float
    public var scale: Float

    public init(
        sampleRate: Int, frameSamples: Int, hopSamples: Int, framesPerHop: Int, binCount: Int, levelLowBin: Int,
        levelHighBin: Int, absoluteFloor: Float, peakDecayPerFrame: Float, floorBelowPeak: Float, gateBelowPeak: Float,
        meanFrames: Int, restartAbovePeak: Float? = nil, clampLow: Float, clampHigh: Float, scale: Float
    ) {
        self.sampleRate = sampleRate
        self.frameSamples = frameSamples
        self.hopSamples = hopSamples
        self.framesPerHop = framesPerHop
        self.binCount = binCount
        self.levelLowBin = levelLowBin
        self.levelHighBin = levelHighBin
        self.absoluteFloor = absoluteFloor
        self.peakDecayPerFrame = peakDecayPerFrame
        self.floorBelowPeak = floorBelowPeak
        self.gateBelowPeak = gateBelowPeak
        self.meanFrames = meanFrames
        self.restartAbovePeak = restartAbovePeak
        self.clampLow = clampLow
        self.clampHigh = clampHigh
        self.scale = scale
    }

    /// Samples that one hop of the score track spans.
    public var samplesPerHop: Int { hopSamples * framesPerHop }
    /// Samples needed to compute one hop: the hop and what its last frame reaches beyond it.
    public var samplesNeededPerHop: Int { (framesPerHop - 1) * hopSamples + frameSamples }
    /// Length of a hop of the score track in seconds.
    public var hopSeconds: Double { Double(samplesPerHop) / Double(sampleRate) }

    /// What is wrong with the settings, in one sentence; nil when they can be used.
    public var fault: String? {
        if sampleRate != ScreeningRate.hertz { return "sampleRate is \(sampleRate), only \(ScreeningRate.hertz) is supported" }
        if frameSamples < 64 || frameSamples > 4096 || frameSamples & (frameSamples - 1) != 0 {
            return "frameSamples is \(frameSamples), not a power of two from 64 to 4096"
        }
        if hopSamples < 1 || hopSamples > frameSamples { return "hopSamples is \(hopSamples), not within a frame" }
        if !(1...sampleRate ~= framesPerHop) || samplesPerHop > sampleRate / 4 { return "a hop of \(framesPerHop) frames is not within 250 ms" }
        if binCount < 1 || binCount > frameSamples / 2 { return "binCount is \(binCount), the frame has \(frameSamples / 2)" }
        if binCount * sampleRate < 7000 * frameSamples { return "\(binCount) bins do not reach 7 kHz" }
        if levelLowBin < 1 || levelHighBin > binCount || levelLowBin > levelHighBin {
            return "level bins \(levelLowBin)...\(levelHighBin) are not within 1...\(binCount)"
        }
        let numbers = [absoluteFloor, peakDecayPerFrame, floorBelowPeak, gateBelowPeak, clampLow, clampHigh, scale]
        if numbers.contains(where: { !$0.isFinite }) { return "a setting is not a finite number" }
        if absoluteFloor <= 0 || floorBelowPeak <= 0 || peakDecayPerFrame < 0 || gateBelowPeak <= 0 || scale <= 0 {
            return "floors, gate and scale must be positive, the decay not negative"
        }
        if clampLow >= clampHigh { return "clampLow \(clampLow) is not below clampHigh \(clampHigh)" }
        if let restartAbovePeak, !(restartAbovePeak > 0) { return "restartAbovePeak is \(restartAbovePeak), must be positive" }
        if meanFrames < 1 { return "meanFrames is \(meanFrames), must be at least 1" }
        return nil
    }
}
