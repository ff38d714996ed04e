/// The sum of two or more layers of one shape. No tensors.
struct SumLayer: LayerKind {
    var inputCount: ClosedRange<Int> { 2...16 }

    func bind(_ name: String, to inputs: [LayerShape], from binder: inout TensorBinder) throws(ModelError) -> BoundLayer {
        try binder.checkOneShape(name, inputs)
        let (shape, terms) = (inputs[0], inputs.count)
        return BoundLayer(output: shape) { run in
            unsafe run.output.update(from: run.input, count: shape.count)
            for term in 1..<terms {
                let input = unsafe run.inputs[term]
                for index in 0..<shape.count { unsafe run.output[index] += input[index] }
            }
        }
    }
}
