import Kernels

/// A function of each number: max(x, 0), x Φ(x) (exact GELU), or x sigmoid(x) (SiLU; Elfwing, Uchibe and Doya 2018). No tensors.
struct ActivationLayer: LayerKind {
    enum Function: String, CaseIterable { case relu, gelu, silu }

    var function: Function

    func bind(_ name: String, to inputs: [LayerShape], from binder: inout TensorBinder) throws(ModelError) -> BoundLayer {
        let (count, kernels) = (inputs[0].count, KernelSet.current)
        return BoundLayer(output: inputs[0]) { [function] run in
            switch function {
            case .relu: for index in 0..<count { unsafe run.output[index] = max(run.input[index], 0) }
            case .gelu: unsafe kernels.gelu(run.input, count: count, output: run.output)
            case .silu:
                unsafe kernels.sigmoid(run.input, count: count, output: run.output)
                for index in 0..<count { unsafe run.output[index] *= run.input[index] }
            }
        }
    }
}

extension ActivationLayer {
    init(from reader: inout LayerReader) throws { function = try reader.word("function") }
}

extension KernelSet {
    /// 1 / (1 + e^-x) of every number times `steepness`. In place allowed. A number's result does not depend on those beside it.
    func sigmoid(_ input: UnsafePointer<Float>, count: Int, steepness: Float = 1, output: UnsafeMutablePointer<Float>) {
        for index in 0..<count { unsafe output[index] = -steepness * input[index] }
        unsafe exponential(output, count: count, output: output)
        for index in 0..<count { unsafe output[index] = 1 / (1 + output[index]) }
    }
}
