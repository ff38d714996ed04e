import Kernels

/// Takes the waiting blocks of some legs through an encoder and its head together, and what it works in meanwhile.
///
/// Rule: the legs' rows lie one behind the other, so that each dense layer runs once for all of them; what a leg remembers stays its own. Why: a
/// layer's weights come from far memory, and are then used for four legs' rows instead of one's. A row's sums do not depend on how many rows
/// there are (`KernelSet`), so a leg's results are the same to the bit, whoever goes through beside it.
@safe final class EncoderBatch {
    let encoder: Encoder
    private let mostLegs: Int
    /// Output of the first convolution; behind each leg's rows one of zeros, so that the second steps from one leg to the next.
    private let convolved: Floats
    /// Output of the second; behind each leg's rows one of nothing.
    private let spread: Floats
    private let frames: Floats
    private let scratch: Floats
    private let pooled: Floats
    private let hidden: Floats
    private let scores: Floats
    private var pasts: [Past] = []
    private var scored: [EncoderEar] = []

    init(_ encoder: Encoder, mostLegs: Int) {
        self.encoder = encoder
        self.mostLegs = mostLegs
        let (shape, rows) = (encoder.shape, encoder.framesPerHop)
        convolved = Floats(mostLegs * (2 * rows + 2) * shape.width)
        spread = Floats(mostLegs * (rows + 1) * shape.width)
        frames = Floats(mostLegs * rows * shape.width)
        scratch = Floats(encoder.blocks.map { $0.scratchFloats(rows: mostLegs * rows, inner: shape.inner) }.max() ?? 0)
        pooled = Floats(mostLegs * shape.statisticCount)
        hidden = Floats(mostLegs * shape.hidden)
        scores = Floats(mostLegs)
        pasts.reserveCapacity(mostLegs)
        scored.reserveCapacity(mostLegs)
    }

    /// - Parameter ears: at most `mostLegs`, all of this encoder, each waiting.
    func run(_ ears: [EncoderEar]) {
        precondition(ears.count <= mostLegs && ears.allSatisfy { $0.isWaiting && $0.encoder === encoder }, "ears of this encoder that wait")
        encode(ears)
        let width = encoder.shape.statisticCount
        for (row, ear) in ears.enumerated() { unsafe ear.pool(window: false, into: pooled.start + row * width) }
        unsafe encoder.speech.dense(input: pooled.start, inputRowStride: width, rows: ears.count, output: scores.start, outputRowStride: 1)
        for (row, ear) in ears.enumerated() where ear.take(speechLogit: unsafe scores.start[row]) { scored.append(ear) }
        for (row, ear) in scored.enumerated() { unsafe ear.pool(window: true, into: pooled.start + row * width) }
        unsafe encoder.hidden.dense(
            input: pooled.start, inputRowStride: width, rows: scored.count, output: hidden.start, outputRowStride: encoder.hidden.outputs,
            activation: .gelu)
        unsafe encoder.output.dense(
            input: hidden.start, inputRowStride: encoder.hidden.outputs, rows: scored.count, output: scores.start, outputRowStride: 1)
        for (row, ear) in scored.enumerated() { ear.take(score: unsafe scores.start[row]) }
        scored.removeAll(keepingCapacity: true)
    }

    private func encode(_ ears: [EncoderEar]) {
        let (rows, width) = (encoder.framesPerHop, encoder.shape.width)
        for (leg, ear) in ears.enumerated() {
            unsafe encoder.convolutions[0].run(ear.features.start, rows: 2 * rows + 1, output: convolved.start + leg * (2 * rows + 2) * width)
        }
        unsafe encoder.convolutions[1].run(convolved.start, rows: ears.count * (rows + 1) - 1, output: spread.start)
        for (leg, ear) in ears.enumerated() {
            let (source, target) = unsafe (spread.start + leg * (rows + 1) * width, frames.start + leg * rows * width)
            unsafe ear.take(source, output: 0)
            let positions = unsafe encoder.positions.pointer + ear.position * width
            for index in 0..<rows * width { unsafe target[index] = source[index] + positions[index] }
        }
        for (index, block) in encoder.blocks.enumerated() {
            pasts.removeAll(keepingCapacity: true)
            for ear in ears { unsafe pasts.append(Past(heard: ear.framesHeard, state: ear.memories[index].start)) }
            unsafe block.run(frames.start, rows: rows, pasts: pasts, scratch: scratch.start)
            for (leg, ear) in ears.enumerated() { unsafe ear.take(frames.start + leg * rows * width, output: index + 1) }
        }
        for ear in ears { ear.advance() }
    }
}
