/// Sound that is one line of the spectrum: a tone, or one that moves, as a sweep or a whistle does.
///
/// Rule: a hop that is one line is no speech, whatever the network says. Why: nobody speaks in a single partial, and a sweep that runs
/// through where formants lie is taken for speech now and then. For a sinusoid x[n + L] + x[n - L] = 2 cos(ωL) x[n] at every lag L; the
/// factor is fitted over 20 ms, within which a sweep hardly moves, and what the fit leaves over is compared with the energy. A sweep
/// leaves 1e-4 or less, through G.711 some 2.5e-4; of speech, the least of thousands of hops left 1.5e-3 (docs/real-files.md).
enum SingleLine {
    /// Of what a sinusoid that does not fit at all would leave.
    private static let mostLeftOver = 5e-4
    private static let partSamples = 320
    /// 1.5 and 2.5 ms at 16 kHz: two partials that agree at one of them differ at the other.
    private static let lags = [24, 40]

    /// Whether all of the hop is one line. Does not allocate.
    /// - Parameter samples: at 16 kHz.
    static func fills(_ samples: UnsafeBufferPointer<Float>) -> Bool {
        let reach = lags[1]
        guard samples.count >= partSamples + 2 * reach else { return false }
        // A constant offset is a line as well, and no reason to call what lies over it one.
        var mean: Float = 0
        for unsafe sample in unsafe samples { mean += sample }
        mean /= Float(samples.count)
        var (energy, left) = (0.0, 0.0)
        var start = reach
        while start + partSamples + reach <= samples.count {
            var power: Float = 0
            for index in start..<start + partSamples {
                let sample = unsafe samples[index] - mean
                power += sample * sample
            }
            var worst: Float = 0
            for lag in lags { worst = max(worst, unsafe leftOver(samples, start, lag, mean, power)) }
            energy += Double(power)
            left += Double(worst)
            start += partSamples
        }
        return energy > 0 && left < mostLeftOver * energy
    }

    /// A quarter of the energy that the best sinusoid leaves over: as much as the part's own energy where none fits.
    private static func leftOver(_ samples: UnsafeBufferPointer<Float>, _ start: Int, _ lag: Int, _ mean: Float, _ power: Float) -> Float {
        guard power > 0 else { return 0 }
        var product: Float = 0
        for index in start..<start + partSamples {
            let sum = unsafe samples[index + lag] + samples[index - lag] - 2 * mean
            product += unsafe sum * (samples[index] - mean)
        }
        let factor = product / power
        var left: Float = 0
        for index in start..<start + partSamples {
            let difference = unsafe samples[index + lag] + samples[index - lag] - 2 * mean - factor * (samples[index] - mean)
            left += difference * difference
        }
        return left / 4
    }
}
