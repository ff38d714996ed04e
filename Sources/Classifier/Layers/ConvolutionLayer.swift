import Kernels

/// A causal convolution over time and frequency.
///
/// Output frame j reads input frames j st + st - 1 - (kt - 1 - i) dt for i in 0..<kt; frames before the start of the leg are zeros. Frequency
/// is padded with zeros on both sides. `NAME.weight` is [kt][kf][in / groups][out], `NAME.bias` [out].
struct ConvolutionLayer: LayerKind {
    enum Activation: String, Decodable, CaseIterable { case none, relu }

    /// Input channels, where the file says them.
    var `in`: Int?
    var out: Int
    /// [time, frequency], as the stride; kernel [n, 1] is a convolution over time alone.
    var kernel: [Int]
    var stride = [1, 1]
    /// Distance between time taps, in input frames.
    var dilation = 1
    /// Zeros on each side.
    var padFrequency = 0
    /// Channels fall into so many groups, each convolved alone; as many as channels: each has its own taps.
    var groups = 1
    var activation = Activation.none
    /// The layer's input is added to its output.
    var residual = false

    func bind(_ name: String, to inputs: [LayerShape], from binder: inout TensorBinder) throws(ModelError) -> BoundLayer {
        let input = inputs[0]
        try binder.check(name, kernel.count == 2 && stride.count == 2, "kernel and stride need two numbers each")
        try binder.check(
            name, ([out, dilation, groups] + kernel + stride).allSatisfy { 1...4096 ~= $0 } && 0...64 ~= padFrequency,
            "a size is outside 1...4096, or padFrequency outside 0...64")
        try binder.check(
            name, `in` == nil || `in` == input.channels, "takes \(`in` ?? 0) channels, it is given \(input.channels)")
        try binder.check(name, (kernel[0] - 1) * dilation >= stride[0] - 1, "the kernel is shorter than the stride")
        try binder.check(
            name, input.frames % stride[0] == 0 && input.frequencies + 2 * padFrequency >= kernel[1],
            "does not fit \(input.frames) frames of \(input.frequencies)")
        try binder.check(
            name, input.channels % groups == 0 && out % groups == 0, "\(groups) groups do not divide \(input.channels) channels into \(out)")
        let output = LayerShape(
            frames: input.frames / stride[0], frequencies: (input.frequencies + 2 * padFrequency - kernel[1]) / stride[1] + 1, channels: out)
        try binder.check(name, !residual || output == input, "a residual layer must keep its shape")
        let bound = try BoundConvolution(self, name, input: input, output: output, from: &binder)
        return BoundLayer(
            output: output, stateFloats: bound.stateFloats,
            multiplyAccumulatesPerHop: output.count * kernel[0] * kernel[1] * input.channels / groups
        ) { run in
            unsafe bound.run(run.input, state: run.state, output: run.output)
        }
    }
}

extension ConvolutionLayer {
    init(from reader: inout LayerReader) throws {
        out = try reader.value("out")
        kernel = try reader.value("kernel")
        stride = try reader.value("stride", default: stride)
        dilation = try reader.value("dilation", default: dilation)
        padFrequency = try reader.value("padFrequency", default: padFrequency)
        groups = try reader.value("groups", default: groups)
        activation = try reader.word("activation", default: activation)
    }
}

/// A dense layer over a remembered tail, so one hop at a time gives exactly what all at once would.
private struct BoundConvolution: Sendable {
    let layer: ConvolutionLayer
    let input: LayerShape
    let output: LayerShape
    /// Frames remembered from before the hop.
    let tailFrames: Int
    /// Groups that lie apart; a depthwise convolution, which has a kernel of its own, lies as one.
    let parts: Int
    let isDepthwise: Bool
    /// The output has one frequency: the kernel's rows are frames, else they are frequencies.
    let isOverTime: Bool
    let shape: ConvolutionShape
    /// A part each.
    let weights: [WeightBuffer]
    let biases: [WeightBuffer]

    /// Floats of one padded frame of one part.
    private var frameFloats: Int { (input.frequencies + 2 * layer.padFrequency) * input.channels / parts }
    private var partFloats: Int { (tailFrames + input.frames) * frameFloats }
    /// Of each part the tail, then the hop's padded frames.
    var stateFloats: Int { parts * partFloats }

    init(
        _ layer: ConvolutionLayer, _ name: String, input: LayerShape, output: LayerShape, from binder: inout TensorBinder
    ) throws(ModelError) {
        let (kt, kf, groups) = (layer.kernel[0], layer.kernel[1], layer.groups)
        (self.layer, self.input, self.output) = (layer, input, output)
        tailFrames = (kt - 1) * layer.dilation - (layer.stride[0] - 1)
        isDepthwise = groups == input.channels && groups == layer.out && groups > 1
        parts = isDepthwise ? 1 : groups
        isOverTime = output.frequencies == 1
        let (channels, outputs) = (input.channels / parts, layer.out / parts)
        let frame = (input.frequencies + 2 * layer.padFrequency) * channels
        shape = ConvolutionShape(
            tapCount: kt, tapStride: layer.dilation * frame, runLength: kf * channels,
            rowCount: isOverTime ? output.frames : output.frequencies,
            inputRowStride: isOverTime ? layer.stride[0] * frame : layer.stride[1] * channels,
            outputRowStride: layer.out, outputChannels: outputs, rectified: layer.activation == .relu)
        let weight = try binder.values("\(name).weight", [kt, kf, input.channels / groups, layer.out])
        let bias = try binder.values("\(name).bias", [layer.out])
        let width = isDepthwise ? outputs : shape.paddedChannels
        weights = Self.split(weight, outputs: outputs, parts: parts, width: width)
        biases = Self.split(bias, outputs: outputs, parts: parts, width: width)
    }

    /// Of [rows][parts][outputs] each part's [rows][width], zeros behind its outputs.
    private static func split(_ values: [Float], outputs: Int, parts: Int, width: Int) -> [WeightBuffer] {
        let rows = values.count / (parts * outputs)
        return (0..<parts).map { part in
            var laid = [Float](repeating: 0, count: rows * width)
            for row in 0..<rows {
                for column in 0..<outputs { laid[row * width + column] = values[(row * parts + part) * outputs + column] }
            }
            return WeightBuffer(laid)
        }
    }

    func run(_ source: UnsafePointer<Float>, state: UnsafeMutablePointer<Float>, output target: UnsafeMutablePointer<Float>) {
        for part in 0..<parts {
            let padded = unsafe state + part * partFloats
            unsafe take(source, part: part, into: padded + tailFrames * frameFloats)
            let result = unsafe target + part * (layer.out / parts)
            for frame in 0..<(isOverTime ? 1 : output.frames) {
                unsafe apply(part, padded + frame * layer.stride[0] * frameFloats, result + frame * output.frequencies * output.channels)
            }
            // The newest frames become the next hop's tail; update(from:) allows the overlap.
            unsafe padded.update(from: padded + input.frames * frameFloats, count: tailFrames * frameFloats)
        }
        if layer.residual { for index in 0..<output.count { unsafe target[index] += source[index] } }
    }

    /// A hop's frames of one part, between the zeros of their padding.
    private func take(_ source: UnsafePointer<Float>, part: Int, into padded: UnsafeMutablePointer<Float>) {
        let channels = input.channels / parts
        // One part's frame lies in one piece.
        let (pieces, length) = parts == 1 ? (1, input.frequencies * channels) : (input.frequencies, channels)
        for frame in 0..<input.frames {
            let from = unsafe source + frame * input.frequencies * input.channels + part * channels
            let to = unsafe padded + frame * frameFloats + layer.padFrequency * channels
            for piece in 0..<pieces { unsafe (to + piece * channels).update(from: from + piece * input.channels, count: length) }
        }
    }

    private func apply(_ part: Int, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
        if isDepthwise {
            unsafe convolveDepthwise(shape, input: input, weights: weights[part].pointer, bias: biases[part].pointer, output: output)
        } else {
            unsafe convolve(shape, input: input, weights: weights[part].pointer, bias: biases[part].pointer, output: output)
        }
    }
}
