import Synchronization

/// When a resampler gives out what it holds: soxr works on whole blocks, so that it gives nothing for many frames and then a block at once.
struct ResamplerRhythm: Sendable, Equatable {
    /// Frames with which it gives its first block, and from one block to the next.
    var firstFrames: Int
    var blockFrames: Int
    /// Samples of its largest block.
    var mostSamples: Int

    private struct Rates: Hashable { var input, output: Int }
    private static let known = Mutex<[Rates: ResamplerRhythm?]>([:])

    /// Tried out once for each pair of rates, since soxr does not tell it: with some thousand frames from 8 kHz, some ten thousand from 192.
    /// Nil where there is none.
    static func of(_ inputRate: Int, _ outputRate: Int) -> ResamplerRhythm? {
        known.withLock { known in
            let rates = Rates(input: inputRate, output: outputRate)
            if let rhythm = known[rates] { return rhythm }
            let rhythm = tried(rates)
            known[rates] = .some(rhythm)
            return rhythm
        }
    }

    private static func tried(_ rates: Rates) -> ResamplerRhythm? {
        var given: [(frame: Int, samples: Int)] = []
        do {
            var resampler = try Resampler(from: rates.input, to: rates.output)
            var output: [Float] = []
            for frame in 1...mostFrames where given.count < blocksTried {
                output.removeAll(keepingCapacity: true)
                resampler.push([0], into: &output)
                if !output.isEmpty { given.append((frame, output.count)) }
            }
        } catch { preconditionFailure("the same resampler was made before: \(error)") }
        let steps = Set(zip(given, given.dropFirst()).map { $1.frame - $0.frame })
        guard given.count == blocksTried, let step = steps.first, steps.count == 1 else { return nil }
        return ResamplerRhythm(firstFrames: given[0].frame, blockFrames: step, mostSamples: given.map(\.samples).max()!)
    }

    private static let blocksTried = 8
    private static let mostFrames = 65_536
}
