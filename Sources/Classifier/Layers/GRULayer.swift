import Kernels

/// A gated recurrent unit (Cho et al. 2014), with the gates as PyTorch has them: of an input x and the state h before,
///
///     r = sigmoid(Wr x + Ur h), z = sigmoid(Wz x + Uz h), n = tanh(Wn x + r (Un h)), h <- (1 - z) n + z h
///
/// each product with a bias. Binds `NAME.input` (weight [3 out][channels]: r, z and n one below the other) and `NAME.recurrent` ([3 out][out]), each
/// with a bias [3 out]. Needs one frequency.
struct GRULayer: LayerKind {
    /// Width of the state.
    var out: Int

    func bind(_ name: String, to inputs: [LayerShape], from binder: inout TensorBinder) throws(ModelError) -> BoundLayer {
        try binder.check(name, 1...4096 ~= out, "out is \(out), not from 1 to 4096")
        try binder.checkOneFrequency(name, inputs[0])
        let (frames, width, kernels) = (inputs[0].frames, out, KernelSet.current)
        let input = try binder.matrix("\(name).input", outputs: 3 * width, inputs: inputs[0].channels)
        let recurrent = try binder.matrix("\(name).recurrent", outputs: 3 * width, inputs: width)
        return BoundLayer(
            output: inputs[0].with(channels: width), stateFloats: width, scratchFloats: (frames + 1) * 3 * width,
            multiplyAccumulatesPerHop: frames * 3 * width * (input.inputs + width)
        ) { run in
            let (state, again) = unsafe (run.state, run.scratch + frames * 3 * width)
            // The input's part of all frames at once; only the state's has to wait for the frame before.
            unsafe input.dense(
                input: run.input, inputRowStride: input.inputs, rows: frames, output: run.scratch, outputRowStride: 3 * width)
            for frame in 0..<frames {
                unsafe recurrent.dense(input: state, inputRowStride: width, rows: 1, output: again, outputRowStride: 3 * width)
                let reset = unsafe run.scratch + frame * 3 * width
                let (update, new) = unsafe (reset + width, reset + 2 * width)
                for index in 0..<2 * width { unsafe reset[index] += again[index] }
                unsafe kernels.sigmoid(reset, count: 2 * width, output: reset)
                for index in 0..<width { unsafe new[index] += reset[index] * again[2 * width + index] }
                // tanh x = 2 sigmoid 2x - 1.
                unsafe kernels.sigmoid(new, count: width, steepness: 2, output: new)
                for index in 0..<width {
                    let value = unsafe 2 * new[index] - 1
                    unsafe state[index] = value + update[index] * (state[index] - value)
                }
                unsafe (run.output + frame * width).update(from: state, count: width)
            }
        }
    }
}

extension GRULayer {
    init(from reader: inout LayerReader) throws { out = try reader.value("out") }
}
