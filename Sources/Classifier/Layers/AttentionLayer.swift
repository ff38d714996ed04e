/// `Attention` of a hop's frames to each other and to some frames before the hop. Binds `NAME.projections` and `NAME.attentionOutput`. Needs
/// one frequency. What it gives hangs on the hop, by its definition: a frame sees those of its hop that come after it.
struct AttentionLayer: LayerKind {
    var heads: Int
    /// Frames before the hop that it sees, a multiple of a hop's.
    var contextFrames: Int

    func bind(_ name: String, to inputs: [LayerShape], from binder: inout TensorBinder) throws(ModelError) -> BoundLayer {
        let (frames, width) = (inputs[0].frames, inputs[0].channels)
        try binder.checkOneFrequency(name, inputs[0])
        try binder.check(
            name, 1...width ~= heads && width % heads == 0 && width / heads % 32 == 0,
            "\(heads) heads do not divide a width of \(width) into multiples of 32")
        try binder.check(
            name, 0...1500 ~= contextFrames && contextFrames % frames == 0,
            "contextFrames is \(contextFrames), not a multiple of \(frames) up to 1500")
        let attention = try Attention(name, width: width, heads: heads, cycle: contextFrames + frames, from: &binder)
        return BoundLayer(
            output: inputs[0], stateFloats: attention.stateFloats, scratchFloats: attention.scratchFloats(rows: frames),
            multiplyAccumulatesPerHop: frames * attention.multiplyAccumulatesPerRow
        ) { run in
            unsafe run.output.update(repeating: 0, count: frames * width)
            unsafe attention.run(
                run.input, rows: frames, past: Past(heard: run.hop * frames, state: run.state), addTo: run.output, scratch: run.scratch)
        }
    }
}

extension AttentionLayer {
    init(from reader: inout LayerReader) throws {
        heads = try reader.value("heads")
        contextFrames = try reader.value("contextFrames")
    }
}
