/// How strong a recording is over time and frequency, as coarse as a picture needs it: so many columns whatever its length.
///
/// A column holds the mean power of up to `framesAColumn` frames spread over its stretch, through a periodic Hann window of 32 ms
/// (`RealTransform`), so that an hour costs what a minute does.
public struct Spectrogram: Sendable, Equatable {
    /// Linear bands a column, from 0 Hz to `topHz`, lowest first.
    public static let bandCount = 128
    private static let framesAColumn = 4
    private static let frameSeconds = 0.032

    public let columnCount: Int
    /// Level in dB relative to a sine of full scale, clamped to -120...0 and stored as `dB + 120`; column after column.
    public let levels: [UInt8]

    /// - Parameters:
    ///   - samples: full scale at ±1.
    ///   - sampleRate: in Hz; bands above half of it hold nothing.
    ///   - columns: at most so many; fewer where the recording has not as many frames.
    ///   - topHz: where the highest band ends.
    /// - Returns: nil for a recording shorter than one frame.
    public init?(_ samples: [Float], sampleRate: Int, columns: Int, topHz: Double) {
        precondition(sampleRate > 0 && columns > 0 && topHz > 0, "a spectrogram has a rate, columns and a top")
        let frame = 2 * max(1, Int((Double(sampleRate) * Self.frameSeconds / 2).rounded()))
        guard samples.count >= frame else { return nil }
        let count = min(columns, samples.count / frame)
        let transform = RealTransform(frameSamples: frame)
        // The first bin is left out by the transform: it holds the mean, not sound.
        let bins = frame / 2
        let hertzABin = Double(sampleRate) / Double(frame)
        let bandOfBin = (1...bins).map { Int(Double($0) * hertzABin * Double(Self.bandCount) / topHz) }
        // What a sine of full scale gives at its bin: the window's sum over two, squared; the periodic Hann's sum is half its length.
        let fullScale = Float(frame * frame) / 16
        var power = [Float](repeating: 0, count: bins)
        var levels: [UInt8] = []
        levels.reserveCapacity(count * Self.bandCount)
        for column in 0..<count {
            let from = samples.count * column / count, to = samples.count * (column + 1) / count
            var sums = [Float](repeating: 0, count: Self.bandCount)
            let frames = min(Self.framesAColumn, max(1, (to - from) / frame))
            for index in 0..<frames {
                let middle = from + (to - from) * (2 * index + 1) / (2 * frames)
                let start = min(max(0, middle - frame / 2), samples.count - frame)
                unsafe samples.withUnsafeBufferPointer { samples in
                    unsafe power.withUnsafeMutableBufferPointer { power in
                        unsafe transform.power(of: samples.baseAddress! + start, into: power.baseAddress!, binCount: bins)
                    }
                }
                for (bin, band) in bandOfBin.enumerated() where band < Self.bandCount { sums[band] += power[bin] }
            }
            for sum in sums {
                let level = 10 * Math.commonLog(sum / Float(frames) / fullScale + 1e-12) + 120
                levels.append(UInt8(min(max(level, 0), 120).rounded()))
            }
        }
        columnCount = count
        self.levels = levels
    }
}
