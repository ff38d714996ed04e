import Text

/// How samples become a log mel spectrum. Part of the model file: a network only ever sees the features it was trained on.
public struct LogMelSettings: Sendable, Equatable, Codable {
    /// Samples a second; the only supported rate is 16 000.
    public var sampleRate: Int
    /// Length of a frame and of its transform, in samples; even.
    public var frameSamples: Int
    /// Distance between the centres of two frames, in samples; at most half a frame.
    public var stepSamples: Int
    /// Frames that make one hop of the score track.
    public var framesPerHop: Int
    public var bandCount: Int
    /// How far below the tracked top a band is still seen, in decades of power.
    public var depth: Float
    /// How fast the tracked top falls, in decades a block, and its least value (a sine at full scale stands near 4).
    public var fallPerHop: Float
    public var leastTop: Float
    /// A block whose loudest band is this many decades below the top holds no speech, and the encoder is not asked.
    public var quietBelowTop: Float
    /// Frames this many decades below the top, or lower, do not tell a narrow line from a wide one.
    public var gateBelowTop: Float
    /// Where blocks are laid anew; nil: nowhere, they are the hops.
    public var onset: Onset?

    /// When speech sets in, by the smoothed power of the samples (1 at full scale) against its peak of late; in decades.
    public struct Onset: Sendable, Equatable, Codable {
        /// What is so far below is soft. After a block's length of soft samples, the first that is not soft is an onset.
        public var softBelowPeak: Float
        /// What is so far above is an onset at once.
        public var riseAbovePeak: Float
        /// How fast the peak falls, and its least value: below it everything is silence.
        public var peakFallPerSecond: Float
        public var leastPeak: Float
        /// Time constant of the smoothing, in samples.
        public var envelopeSamples: Int

        public init(softBelowPeak: Float, riseAbovePeak: Float, peakFallPerSecond: Float, leastPeak: Float, envelopeSamples: Int) {
            self.softBelowPeak = softBelowPeak
            self.riseAbovePeak = riseAbovePeak
            self.peakFallPerSecond = peakFallPerSecond
            self.leastPeak = leastPeak
            self.envelopeSamples = envelopeSamples
        }

        fileprivate var fault: String? {
            guard 0.5...20 ~= softBelowPeak, 0.5...20 ~= riseAbovePeak, 0...100 ~= peakFallPerSecond, -20...0 ~= leastPeak,
                1...16_000 ~= envelopeSamples
            else { return "a number of the onset is out of range" }
            return nil
        }
    }

    public init(
        sampleRate: Int, frameSamples: Int, stepSamples: Int, framesPerHop: Int, bandCount: Int, depth: Float, fallPerHop: Float,
        leastTop: Float, quietBelowTop: Float, gateBelowTop: Float, onset: Onset? = nil
    ) {
        self.sampleRate = sampleRate
        self.frameSamples = frameSamples
        self.stepSamples = stepSamples
        self.framesPerHop = framesPerHop
        self.bandCount = bandCount
        self.depth = depth
        self.fallPerHop = fallPerHop
        self.leastTop = leastTop
        self.quietBelowTop = quietBelowTop
        self.gateBelowTop = gateBelowTop
        self.onset = onset
    }

    /// log10 of the power of digital silence, and of everything below it.
    static let silence: Float = -10
    /// Frames that stand before a block's own: what two convolutions of three taps, the second of stride 2, reach back.
    public static let framesBefore = 3

    public var samplesPerHop: Int { stepSamples * framesPerHop }
    /// A frame's centre may be the hop's last sample.
    public var samplesNeededPerHop: Int { samplesPerHop + frameSamples / 2 }
    /// Samples that the first frame before a block reaches back.
    var leadSamples: Int { Self.framesBefore * stepSamples + frameSamples / 2 }
    /// Frames of a block and before it.
    var frameCount: Int { Self.framesBefore + framesPerHop }
    public var featureCount: Int { frameCount * bandCount }

    /// What is wrong with the settings, in one sentence; nil when they can be used.
    public var fault: String? {
        if sampleRate != ScreeningRate.hertz { return "sampleRate is \(sampleRate), only \(ScreeningRate.hertz) is supported" }
        if !(64...4096 ~= frameSamples) || frameSamples % 2 != 0 { return "frameSamples is \(frameSamples), not an even number from 64 to 4096" }
        if stepSamples < 1 || stepSamples > frameSamples / 2 { return "stepSamples is \(stepSamples), not within half a frame" }
        if !(2...sampleRate ~= framesPerHop) || framesPerHop % 2 != 0 || samplesPerHop > sampleRate / 2 {
            return "a hop of \(framesPerHop) frames is not an even number within 500 ms"
        }
        if !(8...frameSamples / 4 ~= bandCount) { return "bandCount is \(bandCount), not from 8 to \(frameSamples / 4)" }
        let numbers = [depth, fallPerHop, leastTop, quietBelowTop, gateBelowTop]
        if numbers.contains(where: { !$0.isFinite }) { return "a setting is not a finite number" }
        if let fault = onset?.fault { return fault }
        if depth <= 0 || fallPerHop < 0 || quietBelowTop <= 0 || gateBelowTop <= 0 {
            return "depth, quietBelowTop and gateBelowTop must be positive, fallPerHop not negative"
        }
        return nil
    }
}
