/// Triangular filters on Slaney's mel scale, each of unit area: linear to 1 kHz (3 mel per 200 Hz), logarithmic above (27 mel per factor 6.4).
///
/// Source: Slaney, "Auditory Toolbox", 1998, as librosa's `filters.mel(htk=False, norm="slaney")` computes them, which Whisper ships.
struct MelFilters {
    /// First bin of each band (bin 1 is the first of the power spectrum), and where its weights begin.
    private let firstBins: [Int]
    private let offsets: [Int]
    private let weights: [Float]

    init(bandCount: Int, sampleRate: Int, frameSamples: Int) {
        func mel(_ hertz: Double) -> Double { hertz >= 1000 ? 15 + Math.naturalLog(hertz / 1000) * 27 / Math.naturalLog(6.4) : 3 * hertz / 200 }
        func hertz(_ mel: Double) -> Double { mel >= 15 ? 1000 * Math.exponential((mel - 15) * Math.naturalLog(6.4) / 27) : 200 * mel / 3 }
        let top = mel(Double(sampleRate) / 2)
        let edges = (0...bandCount + 1).map { hertz(top * Double($0) / Double(bandCount + 1)) }
        var (firstBins, offsets, weights) = ([Int](), [0], [Float]())
        for band in 0..<bandCount {
            let (low, centre, high) = (edges[band], edges[band + 1], edges[band + 2])
            var first: Int?
            for bin in 1...frameSamples / 2 {
                let frequency = Double(bin) * Double(sampleRate) / Double(frameSamples)
                let weight = min((frequency - low) / (centre - low), (high - frequency) / (high - centre)) * 2 / (high - low)
                guard weight > 0 else { continue }
                if first == nil { first = bin }
                weights.append(Float(weight))
            }
            firstBins.append(first ?? 1)
            offsets.append(weights.count)
        }
        (self.firstBins, self.offsets, self.weights) = (firstBins, offsets, weights)
    }

    /// - Parameters:
    ///   - power: of bins 1 and up.
    ///   - bands: room for one number a band.
    func apply(to power: UnsafePointer<Float>, into bands: UnsafeMutablePointer<Float>) {
        unsafe weights.withUnsafeBufferPointer { weights in
            for band in 0..<firstBins.count {
                var sum: Float = 0
                let source = unsafe power + firstBins[band] - 1 - offsets[band]
                for index in offsets[band]..<offsets[band + 1] { unsafe sum += weights[index] * source[index] }
                unsafe bands[band] = sum
            }
        }
    }
}
