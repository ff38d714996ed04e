import Kernels

/// The first of two layers of one shape, each number times the sigmoid of the second's. No tensors.
struct GateLayer: LayerKind {
    var inputCount: ClosedRange<Int> { 2...2 }

    func bind(_ name: String, to inputs: [LayerShape], from binder: inout TensorBinder) throws(ModelError) -> BoundLayer {
        try binder.checkOneShape(name, inputs)
        let (shape, kernels) = (inputs[0], KernelSet.current)
        return BoundLayer(output: shape) { run in
            unsafe kernels.sigmoid(run.inputs[1], count: shape.count, output: run.output)
            for index in 0..<shape.count { unsafe run.output[index] *= run.input[index] }
        }
    }
}
