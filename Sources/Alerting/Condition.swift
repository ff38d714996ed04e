/// The band a leg was heard in; calibration and error rates are stated per band.
public enum Bandwidth: String, Sendable, Codable, CaseIterable {
    /// Up to about 3.4 kHz: a classic telephone line.
    case narrowband
    /// Up to about 7 kHz or more: HD voice, internet calls.
    case wideband
}

/// A property of the line that error rates depend on.
public enum Condition: String, Sendable, Codable, CaseIterable {
    case bandwidth, level, noise, clipping, lostSound
}

/// What a line was measured to be like, over its speech so far.
public struct LineConditions: Sendable, Equatable, Codable {
    /// What a hop counts for at most, in dB above the noise.
    public static let mostSignalToNoiseDB = 60.0

    public var bandwidth: Bandwidth
    /// Mean over the hops of speech of their level in dB relative to full scale, none counted below -100; nil without speech.
    public var speechLevelDBFS: Double?
    /// Mean over the hops of speech of their level above the noise of the line, each within 0...`mostSignalToNoiseDB`; nil without speech.
    public var signalToNoiseDB: Double?
    /// Share of the speech's samples that stand at the end of the scale, 0...1.
    public var clippedShare: Double
    /// Share of the line's samples that never arrived, pauses left out, 0...1.
    public var lostShare: Double

    public init(
        bandwidth: Bandwidth, speechLevelDBFS: Double? = nil, signalToNoiseDB: Double? = nil, clippedShare: Double = 0,
        lostShare: Double = 0
    ) {
        self.bandwidth = bandwidth
        self.speechLevelDBFS = speechLevelDBFS
        self.signalToNoiseDB = signalToNoiseDB
        self.clippedShare = clippedShare
        self.lostShare = lostShare
    }
}

/// The lines that an operating point was measured on. Outside of them its promise does not hold.
public struct MeasuredConditions: Sendable, Equatable, Codable {
    public var bandwidths: [Bandwidth]
    public var leastSpeechLevelDBFS: Double
    public var mostSpeechLevelDBFS: Double
    public var leastSignalToNoiseDB: Double
    /// Above it a line is quieter between words than any that was measured, as behind a noise suppressor; nil without a limit, as in
    /// policies written before there was one.
    public var mostSignalToNoiseDB: Double?
    public var mostClippedShare: Double
    public var mostLostShare: Double

    public init(
        bandwidths: [Bandwidth] = Bandwidth.allCases, leastSpeechLevelDBFS: Double = -100, mostSpeechLevelDBFS: Double = 20,
        leastSignalToNoiseDB: Double = 0, mostSignalToNoiseDB: Double? = nil, mostClippedShare: Double = 1, mostLostShare: Double = 1
    ) {
        self.bandwidths = bandwidths
        self.leastSpeechLevelDBFS = leastSpeechLevelDBFS
        self.mostSpeechLevelDBFS = mostSpeechLevelDBFS
        self.leastSignalToNoiseDB = leastSignalToNoiseDB
        self.mostSignalToNoiseDB = mostSignalToNoiseDB
        self.mostClippedShare = mostClippedShare
        self.mostLostShare = mostLostShare
    }

    /// Every line.
    public static let unlimited = MeasuredConditions()

    /// Every line but one on which a twentieth of the speech stands at full scale: distorted beyond what any model here was
    /// trained on.
    public static let undistorted = MeasuredConditions(mostClippedShare: 0.05)

    /// In what a line lies outside, in the order of `Condition`; empty for a line that is like the measured ones.
    public func outside(_ line: LineConditions) -> [Condition] {
        Condition.allCases.filter { condition in
            switch condition {
            case .bandwidth: !bandwidths.contains(line.bandwidth)
            case .level: line.speechLevelDBFS.map { $0 < leastSpeechLevelDBFS || $0 > mostSpeechLevelDBFS } ?? false
            case .noise: line.signalToNoiseDB.map { $0 < leastSignalToNoiseDB || $0 > mostSignalToNoiseDB ?? .infinity } ?? false
            case .clipping: line.clippedShare > mostClippedShare
            case .lostSound: line.lostShare > mostLostShare
            }
        }
    }

    /// What is wrong with the numbers, in one sentence; nil when some line can lie inside.
    var fault: String? {
        let numbers = [leastSpeechLevelDBFS, mostSpeechLevelDBFS, leastSignalToNoiseDB, mostSignalToNoiseDB ?? 0, mostClippedShare, mostLostShare]
        guard numbers.allSatisfy(\.isFinite) else { return "a limit is not finite" }
        if bandwidths.isEmpty || Set(bandwidths).count != bandwidths.count { return "bandwidths must name each band once, and at least one" }
        if leastSpeechLevelDBFS > mostSpeechLevelDBFS { return "the least speech level is above the most" }
        if let most = mostSignalToNoiseDB, most < leastSignalToNoiseDB { return "the least signal above the noise is above the most" }
        if mostClippedShare < 0 || mostLostShare < 0 { return "a share is negative" }
        return nil
    }
}
