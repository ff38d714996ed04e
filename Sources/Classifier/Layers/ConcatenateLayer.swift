/// The channels of two or more layers side by side, in the order of the inputs. No tensors.
struct ConcatenateLayer: LayerKind {
    var inputCount: ClosedRange<Int> { 2...16 }

    func bind(_ name: String, to inputs: [LayerShape], from binder: inout TensorBinder) throws(ModelError) -> BoundLayer {
        let output = inputs[0].with(channels: inputs.reduce(0) { $0 + $1.channels })
        try binder.checkOneShape(name, inputs.map { $0.with(channels: output.channels) })
        return BoundLayer(output: output) { [widths = inputs.map(\.channels)] run in
            var first = 0
            for (part, width) in widths.enumerated() {
                for row in 0..<output.rows {
                    unsafe (run.output + row * output.channels + first).update(from: run.inputs[part] + row * width, count: width)
                }
                first += width
            }
        }
    }
}
