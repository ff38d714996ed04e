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

    /// When speech sets in, by the loudest band of a frame and the loudest heard lately; in decades of power.
    public struct Onset: Sendable, Equatable, Codable {
        /// A frame so far below is soft. After as many soft frames as a block has, the first that is not soft is an onset.
        public var softBelowLevel: Float
        /// A frame so far above is an onset at once.
        public var riseAboveLevel: Float

        public init(softBelowLevel: Float, riseAboveLevel: Float) {
            self.softBelowLevel = softBelowLevel
            self.riseAboveLevel = riseAboveLevel
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
    /// The last frame's centre is the hop's end.
    public var samplesNeededPerHop: Int { samplesPerHop + frameSamples / 2 }
    /// Samples of the hop before that the first frame of a hop reaches back to.
    var leadSamples: Int { frameSamples / 2 - stepSamples }
    public var featureCount: Int { (Self.framesBefore + framesPerHop) * bandCount }

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
        if let onset, !(onset.softBelowLevel > 0 && onset.softBelowLevel.isFinite && onset.riseAboveLevel > 0 && onset.riseAboveLevel.isFinite) {
            return "softBelowLevel and riseAboveLevel must be positive"
        }
        if depth <= 0 || fallPerHop < 0 || quietBelowTop <= 0 || gateBelowTop <= 0 {
            return "depth, quietBelowTop and gateBelowTop must be positive, fallPerHop not negative"
        }
        return nil
    }
}
