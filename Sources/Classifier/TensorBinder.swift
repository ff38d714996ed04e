import Kernels

/// Takes tensors out of a model file by name, checks each shape, and knows at the end whether one was left.
struct TensorBinder {
    private let file: Safetensors
    private var taken: Set<String> = []
    private(set) var parameterCount = 0

    init(_ file: Safetensors) { self.file = file }

    /// A dense layer: `NAME.weight` [outputs][inputs] in bfloat16 or float32, and `NAME.bias` [outputs].
    mutating func matrix(_ name: String, outputs: Int, inputs: Int) throws(ModelError) -> PackedMatrix {
        let bias = try values("\(name).bias", [outputs])
        let weight = try check("\(name).weight", [outputs, inputs])
        // The arrays are named, since this compiler stumbles over the span of a value without a name.
        if weight.type == .bfloat16 {
            let halves = try file.halves("\(name).weight")
            return PackedMatrix(bfloat16: halves.span, outputs: outputs, inputs: inputs, bias: bias.span)
        }
        let floats = try file.floats("\(name).weight")
        return PackedMatrix(floats.span, outputs: outputs, inputs: inputs, bias: bias.span)
    }

    mutating func vector(_ name: String, _ shape: [Int]) throws(ModelError) -> WeightBuffer { WeightBuffer(try values(name, shape)) }

    mutating func values(_ name: String, _ shape: [Int]) throws(ModelError) -> [Float] {
        _ = try check(name, shape)
        return try file.floats(name)
    }

    private mutating func check(_ name: String, _ shape: [Int]) throws(ModelError) -> Safetensors.Tensor {
        guard let tensor = file.tensors[name] else { throw .tensor(path: file.path, name: name, what: "is missing") }
        guard tensor.shape == shape else { throw .shape(path: file.path, name: name, found: tensor.shape, expected: shape) }
        guard taken.insert(name).inserted else { throw .tensor(path: file.path, name: name, what: "belongs to two layers") }
        parameterCount += shape.reduce(1, *)
        return tensor
    }

    /// - Throws: where the file holds a tensor that nothing asked for.
    func refuseOthers() throws(ModelError) {
        if let extra = file.tensors.keys.filter({ !taken.contains($0) }).min() {
            throw .tensor(path: file.path, name: extra, what: "belongs to no layer")
        }
    }

    /// - Throws: a sentence on the layer where the condition does not hold.
    func check(_ layer: String, _ holds: Bool, _ what: @autoclosure () -> String) throws(ModelError) {
        if !holds { throw .malformed(path: file.path, what: "layer \(layer): \(what())") }
    }

    func checkOneFrequency(_ layer: String, _ input: LayerShape) throws(ModelError) {
        try check(layer, input.frequencies == 1, "needs one frequency, not \(input.frequencies); `flatten` makes channels of them")
    }

    func checkOneShape(_ layer: String, _ inputs: [LayerShape]) throws(ModelError) {
        let shapes = inputs.map { "\($0.frames) x \($0.frequencies) x \($0.channels)" }
        try check(layer, inputs.allSatisfy { $0 == inputs[0] }, "its inputs do not fit each other: \(shapes.joined(separator: ", "))")
    }
}
