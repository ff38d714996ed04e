import Kernels

/// A dense layer over the channels, the same at every frequency of every frame. Binds `NAME.weight` [out][channels] and `NAME.bias` [out].
struct DenseLayer: LayerKind {
    enum Function: String, CaseIterable {
        case none, relu, gelu

        var activation: Activation {
            switch self {
            case .none: .none
            case .relu: .relu
            case .gelu: .gelu
            }
        }
    }

    var out: Int
    var activation = Function.none

    func bind(_ name: String, to inputs: [LayerShape], from binder: inout TensorBinder) throws(ModelError) -> BoundLayer {
        try binder.check(name, 1...4096 ~= out, "out is \(out), not from 1 to 4096")
        let (input, output) = (inputs[0], inputs[0].with(channels: out))
        let matrix = try binder.matrix(name, outputs: out, inputs: input.channels)
        return BoundLayer(output: output, multiplyAccumulatesPerHop: output.count * input.channels) { [activation = activation.activation] run in
            unsafe matrix.dense(
                input: run.input, inputRowStride: matrix.inputs, rows: output.rows, output: run.output, outputRowStride: matrix.outputs,
                activation: activation)
        }
    }
}

extension DenseLayer {
    init(from reader: inout LayerReader) throws {
        out = try reader.value("out")
        activation = try reader.word("activation", default: activation)
    }
}
