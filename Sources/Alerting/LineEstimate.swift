/// Measures the line as the call runs: constant time a hop, no allocation.
///
/// Level, clipping and band are taken over speech only: a jingle or a hold tone is not the line of the speaker. The noise of
/// the line is the quietest 20 ms of the last 3 s, speech or not, since speech leaves gaps of that length everywhere (minimum
/// statistics: Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics", IEEE
/// Trans. Speech Audio Process. 9, 2001; without its bias correction, so noise is taken to be a few dB lower than it is).
struct LineEstimate: Sendable {
    /// Over which the quietest is looked for, in samples.
    private static let noiseSamples = 3 * LegTime.sampleRate

    private let hopSamples: Int
    /// Of each of the last hops that make up `noiseSamples`, a ring.
    private var quietest: [Float]
    private var next = 0
    private var lineSamples = 0
    private var lostSamples = 0
    private var speechHops = 0
    private var clippedSamples = 0
    private var levelSum = 0.0
    private var signalToNoiseSum = 0.0
    private var lowerPower = 0.0
    private var upperPower = 0.0

    init(hopSamples: Int) {
        self.hopSamples = hopSamples
        quietest = [Float](repeating: .infinity, count: (Self.noiseSamples + hopSamples - 1) / hopSamples)
    }

    /// The band heard so far.
    var bandwidth: Bandwidth { Bandwidth(lowerPower: lowerPower, upperPower: upperPower) }

    mutating func add(_ hop: Hop, isSpeech: Bool) {
        lineSamples += hopSamples - hop.pausedSamples
        lostSamples += hop.lostSamples
        // A hole in the sound is no quiet moment of the line.
        if hop.lostSamples == 0, hop.pausedSamples == 0 {
            quietest[next] = hop.quietestDBFS
            next = next + 1 == quietest.count ? 0 : next + 1
        }
        guard isSpeech else { return }
        speechHops += 1
        clippedSamples += hop.clippedSamples
        lowerPower += Double(hop.lowerBandPower)
        upperPower += Double(hop.upperBandPower)
        levelSum += hop.levelDBFS > -100 ? Double(hop.levelDBFS) : -100
        var noise = quietest[0]
        for index in 1..<quietest.count { noise = min(noise, quietest[index]) }
        // Digital silence that is taken for speech stands above nothing.
        let above = hop.levelDBFS - noise
        signalToNoiseSum += above > 0 ? min(Double(above), LineConditions.mostSignalToNoiseDB) : 0
    }

    var conditions: LineConditions {
        let hops = Double(speechHops)
        return LineConditions(
            bandwidth: bandwidth, speechLevelDBFS: speechHops > 0 ? levelSum / hops : nil,
            signalToNoiseDB: speechHops > 0 ? signalToNoiseSum / hops : nil,
            clippedShare: speechHops > 0 ? Double(clippedSamples) / Double(speechHops * hopSamples) : 0,
            lostShare: lineSamples > 0 ? Double(lostSamples) / Double(lineSamples) : 0)
    }
}

extension Bandwidth {
    /// The band of speech with these powers in the telephone band and between 4.2 and 7 kHz. Above -40 dB there is more in the upper one
    /// than a narrow line lets through: speech has 10 to 30 dB less there than in the telephone band, a resampled 8 kHz recording 60 dB
    /// or more.
    init(lowerPower: Double, upperPower: Double) { self = upperPower > 1e-4 * lowerPower ? .wideband : .narrowband }

    /// The band of the speech among hops.
    public init(ofSpeechIn hops: [Hop]) {
        var (lower, upper) = (0.0, 0.0)
        for hop in hops where hop.isSpeech {
            lower += Double(hop.lowerBandPower)
            upper += Double(hop.upperBandPower)
        }
        self.init(lowerPower: lower, upperPower: upper)
    }
}
