/// Hears at which samples speech sets in.
///
/// The hops of a leg's track are counted from its first sample, and live nobody chooses that sample. Where an encoder's blocks fell in the speech
/// moved the LLR of a call by one in the median, as much as a wrong verdict needs; so the speech decides where they lie, to the sample: two legs
/// that differ in the silence before it are heard alike, and one that begins in mid-speech lies as the whole from its first pause on.
///
/// The power of the samples is smoothed; its peak of late falls slowly. Speech sets in with the first sample that is not soft after as many soft
/// ones as a block has, or with one far above the peak. A value that takes one sample after the other.
struct OnsetDetector {
    private let smoothing: Double
    private let fall: Double
    private let least: Double
    private let softShare: Double
    private let riseFactor: Double
    private let pauseSamples: Int

    private var envelope = 0.0
    private var peak: Double
    /// Soft samples in a row. A leg begins as after a pause.
    private var softCount: Int

    init(_ onset: LogMelSettings.Onset, samplesPerBlock: Int, sampleRate: Int) {
        smoothing = 1 / Double(onset.envelopeSamples)
        fall = Math.powerOfTen(-Double(onset.peakFallPerSecond) / Double(sampleRate))
        least = Math.powerOfTen(Double(onset.leastPeak))
        softShare = Math.powerOfTen(-Double(onset.softBelowPeak))
        riseFactor = Math.powerOfTen(Double(onset.riseAbovePeak))
        pauseSamples = samplesPerBlock
        peak = least
        softCount = samplesPerBlock
    }

    mutating func take(_ sample: Float) -> Bool {
        envelope += (Double(sample) * Double(sample) - envelope) * smoothing
        peak = max(peak * fall, least)
        let isLoud = envelope > least && envelope >= peak * softShare
        let setsIn = envelope > peak * riseFactor || isLoud && softCount >= pauseSamples
        softCount = isLoud ? 0 : softCount + 1
        peak = max(peak, envelope)
        return setsIn
    }
}
