/// What a recording may be to be screened at all.
///
/// Below 8 kHz there is no telephone speech left to judge; the upper ends only keep damaged headers from asking for
/// absurd amounts of work.
public enum AudioLimits {
    /// In Hz.
    public static let sampleRates = 8_000...192_000
    public static let channelCounts = 1...8

    static func check(path: String, sampleRate: Int, channelCount: Int) throws(AudioError) {
        guard channelCounts.contains(channelCount) else {
            throw AudioError(
                .limit, path: path,
                "the header says \(channelCount) channels; recordings of \(channelCounts.lowerBound) to \(channelCounts.upperBound) channels are read"
            )
        }
        guard sampleRates.contains(sampleRate) else {
            throw AudioError(
                .limit, path: path,
                "the header says \(sampleRate) samples a second; rates of \(sampleRates.lowerBound) to \(sampleRates.upperBound) Hz are read")
        }
    }
}
