#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Statistics of a layer's channels over the last seconds, as one more layer: how even a voice is shows over seconds.
///
/// Attentive statistics pooling (Okabe, Koshinaka & Shinoda, "Attentive Statistics Pooling for Deep Speaker Embedding",
/// Interspeech 2018) made causal: the sums forget exponentially. For a frame h of C channels, with w = sigmoid(v h + b):
///
///     S0, S1, S2 <- decay (S0, S1, S2) + w (1, h, h^2)
///     output = h, S1 / S0, sqrt(max(S2 / S0 - (S1 / S0)^2, 0) + 1e-4)
///
/// where 1e-3 is added to S0 in the quotients, so that a leg's first frames divide by something.
struct RunningStatistics: Sendable {
    let channels: Int
    let decay: Float

    /// Floats kept from frame to frame: S0, then S1, then S2.
    var memorySize: Int { 1 + 2 * channels }

    /// Takes one frame. Does not allocate.
    /// - Parameters:
    ///   - frame: C floats.
    ///   - gate: C weights.
    ///   - memory: `memorySize` floats, zero at the start of a leg.
    ///   - output: room for 3 C floats.
    func push(
        _ frame: UnsafePointer<Float>, gate: UnsafePointer<Float>, bias: Float, memory: UnsafeMutablePointer<Float>,
        output: UnsafeMutablePointer<Float>
    ) {
        var logit = bias
        for channel in 0..<channels { unsafe logit += frame[channel] * gate[channel] }
        let weight = 1 / (1 + expf(-logit))
        unsafe memory[0] = decay * memory[0] + weight
        let inverse = unsafe 1 / (memory[0] + 1e-3)
        let (first, second) = unsafe (memory + 1, memory + 1 + channels)
        for channel in 0..<channels {
            let value = unsafe frame[channel]
            unsafe first[channel] = decay * first[channel] + weight * value
            unsafe second[channel] = decay * second[channel] + weight * value * value
            let mean = unsafe first[channel] * inverse
            let variance = unsafe max(second[channel] * inverse - mean * mean, 0)
            unsafe output[channel] = value
            unsafe output[channels + channel] = mean
            unsafe output[2 * channels + channel] = (variance + 1e-4).squareRoot()
        }
    }
}
