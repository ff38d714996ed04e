import Kernels
import Spectra

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// One leg heard by a model of format 2: log mel, encoder, pooled statistics, head.
///
/// Attention sees the hop and what is remembered of the frames before it, so a hop is done when its own samples are there, and nothing
/// is computed twice. The remembered keys and values lie in a ring whose slots are the positions.
@safe final class EncoderEar {
    private let encoder: Encoder
    private let kernels = KernelSet.current
    private var frontEnd: LogMel
    private var statistics: HopStatistics
    /// Keys, then values of each block: [blocks][2][cycle][width].
    private let memory: Floats
    /// Frames heard since the encoder began anew; the next one's position is this modulo the cycle.
    private var framesHeard = 0
    private var lastScore: Float = 0

    private let features: Floats
    private let convolved: Floats
    private let frames: Floats
    private let normed: Floats
    private let projected: Floats
    private let wide: Floats
    private let attentionScratch: Floats
    private let pooled: Floats
    private let hidden: Floats

    init(_ encoder: Encoder) {
        self.encoder = encoder
        let (shape, rows) = (encoder.shape, encoder.framesPerHop)
        frontEnd = LogMel(settings: encoder.frontEnd)
        statistics = HopStatistics(channelCount: shape.width * shape.pooled.count, windowHops: shape.windowHops)
        memory = Floats(shape.blocks * 2 * encoder.cycle * shape.width)
        features = Floats(encoder.frontEnd.featureCount)
        convolved = Floats((2 * rows + 1) * shape.width)
        frames = Floats(rows * shape.width)
        normed = Floats(rows * shape.width)
        projected = Floats(rows * 3 * shape.width)
        wide = Floats(rows * shape.inner)
        attentionScratch = Floats(kernels.attentionScratch(headWidth: shape.width / shape.heads, keyRows: encoder.cycle))
        pooled = Floats(shape.statisticCount)
        hidden = Floats(max(shape.hidden, 1))
    }

    /// As `Ear.hear`.
    func hear(_ samples: UnsafeBufferPointer<Float>, isWhole: Bool, overview: UnsafeMutableBufferPointer<Float>?) -> Heard {
        let hearing = unsafe frontEnd.process(samples, into: UnsafeMutableBufferPointer(start: features.start, count: features.count), overview: overview)
        var heard = Heard(powers: hearing.powers)
        guard !hearing.isQuiet else {
            // What comes after a pause is heard as at the start of a leg: nothing is left to attend to.
            framesHeard = 0
            return heard
        }
        encode()
        heard.speechProbability = 1 / (1 + expf(-score(encoder.speech, window: false)))
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
        let bands = encoder.frontEnd.bandCount
        let position = framesHeard % encoder.cycle
        // Three taps are three frames that lie one behind the other, so a convolution is a dense layer over rows that overlap.
        unsafe encoder.convolutions[0].dense(
            input: features.start, inputRowStride: bands, rows: 2 * rows + 1, output: convolved.start, outputRowStride: width, activation: .gelu)
        unsafe encoder.convolutions[1].dense(
            input: convolved.start, inputRowStride: 2 * width, rows: rows, output: frames.start, outputRowStride: width, activation: .gelu)
        pool(output: 0, position: position)
        let positions = unsafe encoder.positions.pointer + position * width
        for index in 0..<rows * width { unsafe frames.start[index] += positions[index] }
        for (index, block) in encoder.blocks.enumerated() {
            run(block, index: index, position: position)
            pool(output: index + 1, position: position)
        }
        framesHeard += rows
        // Never larger than the cycle and a hop: the count only says how much of the ring is filled and where it stands.
        if framesHeard >= 2 * encoder.cycle { framesHeard -= encoder.cycle }
    }

    private func run(_ block: Encoder.Block, index: Int, position: Int) {
        let (shape, rows, width, cycle) = (encoder.shape, encoder.framesPerHop, encoder.shape.width, encoder.cycle)
        let keys = unsafe memory.start + index * 2 * cycle * width
        let values = unsafe keys + cycle * width
        unsafe kernels.layerNorm(
            frames.start, rows: rows, width: width, gamma: block.attentionNorm.gamma.pointer, beta: block.attentionNorm.beta.pointer, output: normed.start)
        unsafe block.projections.dense(
            input: normed.start, inputRowStride: width, rows: rows, output: projected.start, outputRowStride: 3 * width)
        for row in 0..<rows {
            let source = unsafe projected.start + row * 3 * width
            unsafe (keys + (position + row) * width).update(from: source + width, count: width)
            unsafe (values + (position + row) * width).update(from: source + 2 * width, count: width)
        }
        var attention = AttentionShape(heads: shape.heads, headWidth: width / shape.heads, queryRows: rows)
        attention.queryStride = 3 * width
        unsafe kernels.attention(
            attention, queries: projected.start, keys: KeyStretch(keys: keys, values: values, rows: min(framesHeard + rows, cycle)),
            output: normed.start, scratch: attentionScratch.start)
        unsafe block.attentionOutput.dense(
            input: normed.start, inputRowStride: width, rows: rows, output: frames.start, outputRowStride: width, accumulate: true)
        unsafe kernels.layerNorm(
            frames.start, rows: rows, width: width, gamma: block.innerNorm.gamma.pointer, beta: block.innerNorm.beta.pointer, output: normed.start)
        unsafe block.inner.dense(
            input: normed.start, inputRowStride: width, rows: rows, output: wide.start, outputRowStride: shape.inner, activation: .gelu)
        unsafe block.outer.dense(
            input: wide.start, inputRowStride: shape.inner, rows: rows, output: frames.start, outputRowStride: width, accumulate: true)
    }

    private func pool(output: Int, position: Int) {
        guard let place = encoder.shape.pooled.firstIndex(of: output) else { return }
        let width = encoder.shape.width
        let offsets = unsafe output == 0 ? nil : encoder.positionMeans.pointer + ((output - 1) * encoder.cycle + position) * width
        unsafe statistics.take(frames.start, less: offsets, frameCount: encoder.framesPerHop, width: width, asChannelsFrom: place * width)
    }
}
