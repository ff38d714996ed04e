/// Attention and a feed-forward layer, each behind a normalisation and added to its input (pre-norm; Radford et al. 2022, section 2.2).
struct TransformerBlock: Sendable {
    private let attentionNorm: LayerNorm
    private let attention: Attention
    private let innerNorm: LayerNorm
    private let feedForward: FeedForward

    init(_ name: String, width: Int, heads: Int, inner: Int, cycle: Int, from binder: inout TensorBinder) throws(ModelError) {
        attentionNorm = try LayerNorm("\(name).attentionNorm", width: width, from: &binder)
        attention = try Attention(name, width: width, heads: heads, cycle: cycle, from: &binder)
        innerNorm = try LayerNorm("\(name).innerNorm", width: width, from: &binder)
        feedForward = try FeedForward(name, width: width, inner: inner, from: &binder)
    }

    var multiplyAccumulatesPerRow: Int { attention.multiplyAccumulatesPerRow + feedForward.multiplyAccumulatesPerRow }

    var stateFloats: Int { attention.stateFloats }

    /// Floats that a run of so many rows, of all legs together, works in.
    func scratchFloats(rows: Int, inner: Int) -> Int { rows * attention.width + max(attention.scratchFloats(rows: rows), rows * inner) }

    /// - Parameters:
    ///   - frames: [legs][rows][width], turned into the block's output.
    ///   - pasts: as `Attention.run`.
    ///   - scratch: `scratchFloats` floats.
    func run(
        _ frames: UnsafeMutablePointer<Float>, rows: Int, pasts: [Past], scratch: UnsafeMutablePointer<Float>
    ) {
        let allRows = pasts.count * rows
        let (normed, rest) = unsafe (scratch, scratch + allRows * attention.width)
        unsafe attentionNorm.run(frames, rows: allRows, output: normed)
        unsafe attention.run(normed, rows: rows, pasts: pasts, addTo: frames, scratch: rest)
        unsafe innerNorm.run(frames, rows: allRows, output: normed)
        unsafe feedForward.run(normed, rows: allRows, addTo: frames, scratch: rest)
    }
}
