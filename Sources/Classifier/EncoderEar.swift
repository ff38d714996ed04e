import Kernels
import Spectra

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// One leg heard by a model of format 2: log mel, encoder, pooled statistics, head.
///
/// The encoder hears blocks of a hop's length that lie where the speech does (`LogMel`); what a block gives belongs to the hop in which it
/// ends. Attention sees the block and what is remembered of the frames before it, so nothing is computed twice. The
/// remembered keys and values lie in a ring whose slots are the positions.
@safe final class EncoderEar {
    private let encoder: Encoder
    private var frontEnd: LogMel
    private var statistics: HopStatistics
    /// What each block remembers.
    private let memories: [Floats]
    /// Frames heard since the encoder began anew; the next one's position is this modulo the cycle.
    private var framesHeard = 0
    private var lastScore: Float = 0
    /// Up to where sound was missing from the hop before, counted from the present one's first sample: at most 0.
    private var missingUntil = Int.min

    private let features: Floats
    private let convolved: Floats
    private let frames: Floats
    private let scratch: Floats
    private let pooled: Floats
    private let hidden: Floats

    init(_ encoder: Encoder) {
        self.encoder = encoder
        let (shape, rows) = (encoder.shape, encoder.framesPerHop)
        frontEnd = LogMel(settings: encoder.frontEnd)
        statistics = HopStatistics(channelCount: shape.width * shape.pooled.count, windowHops: shape.windowHops)
        memories = encoder.blocks.map { Floats($0.stateFloats) }
        features = Floats(encoder.frontEnd.featureCount)
        convolved = Floats((2 * rows + 1) * shape.width)
        frames = Floats(rows * shape.width)
        scratch = Floats(encoder.blocks.map { $0.scratchFloats(rows: rows, inner: shape.inner) }.max() ?? 0)
        pooled = Floats(shape.statisticCount)
        hidden = Floats(max(shape.hidden, 1))
    }

    /// As `Ear.hear`.
    func hear(
        _ samples: UnsafeBufferPointer<Float>, soundCount: Int, missing: Range<Int>?, overview: UnsafeMutableBufferPointer<Float>?
    ) -> Heard {
        let hearing = unsafe frontEnd.process(
            samples, soundCount: soundCount, into: UnsafeMutableBufferPointer(start: features.start, count: features.count), overview: overview)
        var heard = Heard(powers: hearing.powers)
        let missedBefore = missingUntil
        let hop = encoder.frontEnd.samplesPerHop
        missingUntil = missing.map { min($0.upperBound, hop) - hop } ?? .min
        guard let block = hearing.block else { return heard }
        heard.blockStart = block.start
        // What comes after a pause is heard as at the start of a leg: nothing is left to attend to.
        if block.beginsAnew { framesHeard = 0 }
        guard !block.isQuiet else { return heard }
        encode()
        heard.speechProbability = 1 / (1 + expf(-score(encoder.speech, window: false)))
        let isWhole = missedBefore <= block.start && (missing?.lowerBound ?? .max) >= block.start + hop
        guard heard.speechProbability >= Heard.speechThreshold, isWhole else { return heard }
        statistics.keep()
        heard.isSpeech = true
        heard.evidence = evidence()
        return heard
    }

    /// A hop of which nothing arrived.
    func restart() {
        frontEnd.restart()
        framesHeard = 0
        missingUntil = .min
    }

    /// The increment of a hop with speech, such that the mean of all increments is the head's score of the window while the window still
    /// grows, and afterwards each increment is its window's score. Why: the first windows are short and their scores poor; a mean of
    /// scores would keep them for the whole leg.
    private func evidence() -> Float {
        let score = score(nil, window: true)
        defer { lastScore = score }
        let count = statistics.count
        return count > encoder.shape.windowHops ? score : Float(count) * score - Float(count - 1) * lastScore
    }

    /// The linear layer's, or without one the head's, output for the standardised statistics.
    private func score(_ linear: PackedMatrix?, window: Bool) -> Float {
        unsafe statistics.pool(window: window, into: pooled.start)
        let (mean, scale, limit) = unsafe (encoder.statisticMean.pointer, encoder.statisticScale.pointer, encoder.shape.limit)
        for index in 0..<pooled.count {
            let value = unsafe (pooled.start[index] - mean[index]) * scale[index]
            unsafe pooled.start[index] = min(max(value, -limit), limit)
        }
        var result: Float = 0
        if let linear {
            unsafe linear.dense(input: pooled.start, inputRowStride: pooled.count, rows: 1, output: &result, outputRowStride: 1)
            return result
        }
        unsafe encoder.hidden.dense(
            input: pooled.start, inputRowStride: pooled.count, rows: 1, output: hidden.start, outputRowStride: hidden.count, activation: .gelu)
        unsafe encoder.output.dense(input: hidden.start, inputRowStride: hidden.count, rows: 1, output: &result, outputRowStride: 1)
        return result
    }

    private func encode() {
        let (rows, width) = (encoder.framesPerHop, encoder.shape.width)
        let position = framesHeard % encoder.cycle
        unsafe encoder.convolutions[0].run(features.start, rows: 2 * rows + 1, output: convolved.start)
        unsafe encoder.convolutions[1].run(convolved.start, rows: rows, output: frames.start)
        pool(output: 0, position: position)
        let positions = unsafe encoder.positions.pointer + position * width
        for index in 0..<rows * width { unsafe frames.start[index] += positions[index] }
        for (index, block) in encoder.blocks.enumerated() {
            unsafe block.run(frames.start, rows: rows, heard: framesHeard, state: memories[index].start, scratch: scratch.start)
            pool(output: index + 1, position: position)
        }
        framesHeard += rows
        // Never larger than the cycle and a hop: the count only says how much of the ring is filled and where it stands.
        if framesHeard >= 2 * encoder.cycle { framesHeard -= encoder.cycle }
    }

    private func pool(output: Int, position: Int) {
        guard let place = encoder.shape.pooled.firstIndex(of: output) else { return }
        let width = encoder.shape.width
        let offsets = unsafe output == 0 ? nil : encoder.positionMeans.pointer + ((output - 1) * encoder.cycle + position) * width
        unsafe statistics.take(frames.start, less: offsets, frameCount: encoder.framesPerHop, width: width, asChannelsFrom: place * width)
    }
}
