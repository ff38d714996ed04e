import Foundation
import Text

/// Pulses through wandering resonances with the rhythm of syllables: heard as a voice, made on the spot. For benchmarks and tests,
/// which must not need a recording.
public enum MadeVoice {
    /// - Parameters:
    ///   - seconds: its length.
    ///   - rate: samples a second.
    ///   - pitch: mean rate of the pulses in Hz; it wanders by 25 Hz.
    /// - Returns: samples within -1...1, the same at every call.
    public static func samples(seconds: Double, rate: Double = Double(ScreeningRate.hertz), pitch: Double = 130) -> [Float] {
        var memory = [Double](repeating: 0, count: 6)
        var phase = 0.0
        var noise: UInt64 = 7
        return (0..<Int(seconds * rate)).map { n in
            let t = Double(n) / rate
            phase += (pitch + 25 * sin(2 * .pi * 0.7 * t)) / rate
            noise = noise &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var pulse = 0.02 * Double(Int32(truncatingIfNeeded: noise >> 32)) / Double(Int32.max)
            if phase >= 1 {
                phase -= 1
                pulse += 1
            }
            var sum = 0.0
            for (index, hertz) in [500 + 250 * sin(2 * .pi * 1.9 * t), 1500 + 500 * sin(2 * .pi * 1.3 * t), 2600].enumerated() {
                let radius = 0.97 - 0.01 * Double(index)
                let y = pulse + 2 * radius * cos(2 * .pi * hertz / rate) * memory[2 * index] - radius * radius * memory[2 * index + 1]
                memory[2 * index + 1] = memory[2 * index]
                memory[2 * index] = y
                sum += y
            }
            return Float(max(-1, min(1, 0.05 * (0.1 + max(0, sin(2 * .pi * 2.2 * t))) * sum)))
        }
    }

    /// The same in 16 bits.
    public static func samples16(seconds: Double, rate: Double = Double(ScreeningRate.hertz), pitch: Double = 130) -> [Int16] {
        samples(seconds: seconds, rate: rate, pitch: pitch).map { Int16($0 * 32_767) }
    }
}
