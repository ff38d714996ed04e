import Text

/// Time on a leg: samples from its start at one fixed rate, never a wall clock.
public enum LegTime {
    /// Samples a second of every leg on the screener's path.
    public static let sampleRate = ScreeningRate.hertz

    /// Seconds from the start of the leg.
    public static func seconds(_ sample: Int) -> Double { Double(sample) / Double(sampleRate) }
}

/// One hop of a leg as the judge hears it: what the network said, and what the line was like.
///
/// All that decides is in here, in the precision it is decided with. Whoever stores these ten numbers a hop can replay the
/// leg to the same alerts, to the byte.
public struct Hop: Sendable, Equatable {
    /// The hop's first sample, from the start of the leg.
    public var startSample: Int
    /// Raw, uncalibrated increment (network output, positive is synthetic); meaningless where `isSpeech` is false.
    public var evidence: Float
    /// Whether somebody speaks in what the hop tells of: as much sound as a hop holds, which ends in it. Sound that is missing is never speech.
    public var isSpeech: Bool
    /// Root mean square, of speech or else of the hop, in dB relative to full scale; -infinity for digital silence.
    public var levelDBFS: Float
    /// The same of the quietest 20 ms, from which the noise of the line is estimated.
    public var quietestDBFS: Float
    /// Samples at the end of the scale of the line's coding.
    public var clippedSamples: Int
    /// Power between 0.3 and 3.4 kHz and between 4.2 and 7 kHz over the hop's loud frames, in any one unit.
    public var lowerBandPower: Float
    public var upperBandPower: Float
    /// Samples that never arrived; they stand as silence.
    public var lostSamples: Int
    /// Samples that nobody was to listen to; they stand as silence and are held against no line.
    public var pausedSamples: Int

    public init(
        startSample: Int, evidence: Float = 0, isSpeech: Bool = false, levelDBFS: Float = -.infinity,
        quietestDBFS: Float = -.infinity, clippedSamples: Int = 0, lowerBandPower: Float = 0, upperBandPower: Float = 0,
        lostSamples: Int = 0, pausedSamples: Int = 0
    ) {
        self.startSample = startSample
        self.evidence = evidence
        self.isSpeech = isSpeech
        self.levelDBFS = levelDBFS
        self.quietestDBFS = quietestDBFS
        self.clippedSamples = clippedSamples
        self.lowerBandPower = lowerBandPower
        self.upperBandPower = upperBandPower
        self.lostSamples = lostSamples
        self.pausedSamples = pausedSamples
    }
}
