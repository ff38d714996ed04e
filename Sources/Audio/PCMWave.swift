/// A WAV of one channel with 16-bit samples, in memory: what a line gives or more than a telephone carries.
public enum PCMWave {
    /// - Parameters:
    ///   - samples: full scale at ±1; what lies beyond stands at the end of the scale.
    ///   - sampleRate: in Hz.
    public static func bytes(_ samples: [Float], sampleRate: Int) -> [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        var bytes = Array("RIFF".utf8) + little(36 + 2 * samples.count, 4) + Array("WAVEfmt ".utf8) + little(16, 4) + little(1, 2) + little(1, 2)
        bytes += little(sampleRate, 4) + little(2 * sampleRate, 4) + little(2, 2) + little(16, 2) + Array("data".utf8) + little(2 * samples.count, 4)
        bytes.reserveCapacity(bytes.count + 2 * samples.count)
        for sample in samples {
            let value = Int16(max(-32_768, min(32_767, (sample * 32_768).rounded())))
            bytes.append(UInt8(truncatingIfNeeded: value))
            bytes.append(UInt8(truncatingIfNeeded: value >> 8))
        }
        return bytes
    }
}
