import Kernels

/// What a leg has of an attention when a hop comes.
@safe struct Past {
    /// Frames before the hop since the leg, or a part of it, began.
    var heard: Int
    /// `Attention.stateFloats` floats; what is in them before the first frame does not matter.
    var state: UnsafeMutablePointer<Float>
}

/// Attention of a hop's frames to themselves and to a bounded past, added to what is there already (Vaswani et al. 2017, section 3.2).
///
/// The keys and values of the last frames lie in a ring whose slots are the positions, so nothing is computed twice and memory
/// does not grow with the call. Attention does not ask in which order keys lie.
struct Attention: Sendable {
    let width: Int
    /// Its slots are the frames that the ring holds; a multiple of the frames of a hop.
    private let shape: AttentionShape
    /// To queries, keys and values, side by side.
    private let projections: PackedMatrix
    private let output: PackedMatrix

    /// Binds the dense layers `NAME.projections` and `NAME.attentionOutput`.
    init(_ name: String, width: Int, heads: Int, cycle: Int, from binder: inout TensorBinder) throws(ModelError) {
        self.width = width
        shape = AttentionShape(heads: heads, headWidth: width / heads, slots: cycle)
        projections = try binder.matrix("\(name).projections", outputs: 3 * width, inputs: width)
        output = try binder.matrix("\(name).attentionOutput", outputs: width, inputs: width)
    }

    /// Both dense layers, and the two products of a frame with all keys and values.
    var multiplyAccumulatesPerRow: Int { 4 * width * width + 2 * shape.slots * width }

    /// Floats that a leg remembers of it: its ring of keys and values.
    var stateFloats: Int { KernelSet.current.attentionRing(shape) }

    /// Floats that a run of so many rows, of all legs together, works in.
    func scratchFloats(rows: Int) -> Int { rows * 4 * width + KernelSet.current.attentionScratch(shape, rows: rows) }

    /// - Parameters:
    ///   - input: [legs][rows][width], the frames of a hop of each leg.
    ///   - pasts: of each leg. Its frames take the slots from `heard` modulo the cycle on, and must not go beyond the ring's end.
    ///   - sum: [legs][rows][width]; the result is added.
    ///   - scratch: `scratchFloats(rows:)` floats.
    func run(
        _ input: UnsafePointer<Float>, rows: Int, pasts: [Past], addTo sum: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
    ) {
        unsafe pasts.withUnsafeBufferPointer { unsafe run(input, rows: rows, pasts: $0, addTo: sum, scratch: scratch) }
    }

    /// One leg's, by itself: without an array made for it.
    func run(
        _ input: UnsafePointer<Float>, rows: Int, past: Past, addTo sum: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
    ) {
        unsafe withUnsafePointer(to: past) {
            unsafe run(input, rows: rows, pasts: UnsafeBufferPointer(start: $0, count: 1), addTo: sum, scratch: scratch)
        }
    }

    private func run(
        _ input: UnsafePointer<Float>, rows: Int, pasts: UnsafeBufferPointer<Past>, addTo sum: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>
    ) {
        let allRows = pasts.count * rows
        let projected = unsafe scratch
        let attended = unsafe projected + allRows * 3 * width
        unsafe projections.dense(input: input, inputRowStride: width, rows: allRows, output: projected, outputRowStride: 3 * width)
        for leg in 0..<pasts.count {
            unsafe attend(
                projected + leg * rows * 3 * width, rows: rows, pasts[leg], output: attended + leg * rows * width,
                scratch: attended + allRows * width)
        }
        unsafe output.dense(input: attended, inputRowStride: width, rows: allRows, output: sum, outputRowStride: width, accumulate: true)
    }

    /// One leg's frames, projected, attend to its ring after they have entered it.
    private func attend(
        _ projected: UnsafePointer<Float>, rows: Int, _ past: Past, output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
    ) {
        let (kernels, stride) = (KernelSet.current, 3 * width)
        unsafe kernels.remember(
            shape, keys: projected + width, values: projected + 2 * width, rows: rows, rowStride: stride, slot: past.heard % shape.slots,
            ring: past.state)
        unsafe kernels.attention(
            shape, queries: projected, rows: rows, rowStride: stride, ring: past.state, keyRows: min(past.heard + rows, shape.slots),
            output: output, outputRowStride: width, scratch: scratch)
    }
}
