/// Tells what a sender with DTX (discontinuous transmission) left out from what was lost on the way: where a container holds times,
/// both are gaps in them.
///
/// Rule: a gap is silence that nobody sent where a coder with DTX stands behind it, it is no longer than such a coder leaves between two
/// frames of its background noise, and nothing was said before it for as long as a coder waits. Opus sends one frame every 400 ms
/// (RFC 6716, section 2.1.9; encoders up to 1.3 every 20 packets), AMR one every 160 ms. All else is lost. Why: a packet that
/// is lost falls into speech as often as not, and speech is seldom quiet for a fifth of a second.
struct UnsentSilence {
    static let codersWithDTX: Set = ["opus", "amr_nb", "amr_wb", "speex"]
    private static let mostGapSeconds = 0.4
    private static let mostGapPackets = 20.0
    /// Before a gap. Encoders wait for 200 ms of sound without speech; how long that is after the codec's delay is not certain.
    private static let leastQuietSeconds = 0.15
    /// 25 dB below the loudest packet is quiet: what libopus asks for before it calls noise inactive.
    private static let quietShare = 0.003
    /// Digital silence, where nothing louder was heard yet.
    private static let silencePower = 1e-8
    /// Of the loudest packet's power, after a second. A speaker who turns away is the loudest soon.
    private static let decayPerSecond = 0.95
    /// Rounding of stated times.
    private static let toleranceSeconds = 0.01

    private var loudest = 0.0
    private var quietSeconds = 0.0
    private var packetSeconds = 0.0

    /// Takes the next packet of sound, of this mean power.
    mutating func add(power: Double, seconds: Double) {
        packetSeconds = seconds
        loudest = max(loudest * (1 - (1 - Self.decayPerSecond) * min(seconds, 1)), power)
        quietSeconds = power <= max(Self.quietShare * loudest, Self.silencePower) ? quietSeconds + seconds : 0
    }

    /// Whether the gap that follows now was silence that nobody sent.
    mutating func holds(gapSeconds: Double) -> Bool {
        guard quietSeconds >= Self.leastQuietSeconds,
            gapSeconds <= max(Self.mostGapSeconds, Self.mostGapPackets * packetSeconds) + Self.toleranceSeconds
        else { return false }
        quietSeconds += gapSeconds
        return true
    }
}
