import Kernels

/// A layer of a model bound to the sizes it runs with; immutable and shared by all calls.
struct Layer: Sendable {
    let name: String
    /// Input frames, frequencies and channels of one hop.
    let inputFrames: Int
    let inputFrequencies: Int
    let inputChannels: Int
    let outputFrames: Int
    let outputFrequencies: Int
    let outputChannels: Int
    /// Frames remembered from before the hop.
    let tailFrames: Int
    let padFrequency: Int
    let isResidual: Bool
    let isDepthwise: Bool
    let weights: WeightBuffer
    let bias: WeightBuffer
    let multiplyAccumulatesPerHop: Int
    let parameterCount: Int
    private let timeStride: Int
    /// Floats that a layer may remember a call: 4 MiB, far more than any model within the budget needs.
    private static let largestMemory = 1 << 20
    private let shape: ConvolutionShape
    private let isOverTime: Bool
    private let statistics: RunningStatistics?

    /// Floats of one padded input frame.
    var inputFrameSize: Int { (inputFrequencies + 2 * padFrequency) * inputChannels }
    /// Floats of the remembered tail and one hop of padded input frames.
    var inputSize: Int { (tailFrames + inputFrames) * inputFrameSize }
    /// Floats that the layer keeps from frame to frame beside its tail.
    var memorySize: Int { statistics?.memorySize ?? 0 }
    /// Floats of one hop of output.
    var outputSize: Int { outputFrames * outputFrequencies * outputChannels }

    /// Binds a description to weights after checking every shape.
    init(
        _ layer: LayerDescription, frames: Int, frequencies: Int, channels: Int, from file: Safetensors
    ) throws(ModelError) {
        if let fault = layer.fault { throw .malformed(path: file.path, what: "layer \(layer.name): \(fault)") }
        let (kt, kf, st, sf) = (layer.kernel[0], layer.kernel[1], layer.stride[0], layer.stride[1])
        inputFrequencies = layer.flatten ? 1 : frequencies
        inputChannels = layer.flatten ? frequencies * channels : channels
        guard inputChannels == layer.in else {
            throw .malformed(path: file.path, what: "layer \(layer.name) takes \(layer.in) channels, it is given \(inputChannels)")
        }
        guard frames % st == 0, inputFrequencies + 2 * layer.padFrequency >= kf else {
            throw .malformed(path: file.path, what: "layer \(layer.name) does not fit \(frames) frames of \(inputFrequencies)")
        }
        let remembered = ((kt - 1) * layer.dilation + frames) * (inputFrequencies + 2 * layer.padFrequency) * inputChannels
        guard remembered <= Self.largestMemory else {
            throw .malformed(path: file.path, what: "layer \(layer.name) would remember \(remembered) numbers, more than \(Self.largestMemory)")
        }
        name = layer.name
        inputFrames = frames
        outputFrames = frames / st
        outputFrequencies = (inputFrequencies + 2 * layer.padFrequency - kf) / sf + 1
        outputChannels = layer.out
        padFrequency = layer.padFrequency
        timeStride = st
        tailFrames = (kt - 1) * layer.dilation - (st - 1)
        isResidual = layer.residual
        isDepthwise = layer.depthwise
        statistics = layer.decay.map { RunningStatistics(channels: layer.in, decay: $0) }
        guard statistics == nil || outputFrequencies == 1 else {
            throw .malformed(path: file.path, what: "layer \(layer.name): running statistics need one frequency, not \(outputFrequencies)")
        }
        let taps = kt * kf * (layer.depthwise ? 1 : layer.in)
        // Statistics: a gate of one weight a channel, three sums, two quotients.
        let weightedOutputs = statistics == nil ? layer.out : 1
        multiplyAccumulatesPerHop = outputFrames * outputFrequencies * (statistics == nil ? layer.out * taps : 5 * layer.in)
        parameterCount = (taps + 1) * weightedOutputs

        let expected = [kt, kf, layer.depthwise ? 1 : layer.in, weightedOutputs]
        guard let weight = file.tensors["\(name).weight"] else {
            throw .tensor(path: file.path, name: "\(name).weight", what: "is missing")
        }
        guard weight.shape == expected else {
            throw .shape(path: file.path, name: "\(name).weight", found: weight.shape, expected: expected)
        }
        guard let offset = file.tensors["\(name).bias"] else {
            throw .tensor(path: file.path, name: "\(name).bias", what: "is missing")
        }
        guard offset.shape == [weightedOutputs] else {
            throw .shape(path: file.path, name: "\(name).bias", found: offset.shape, expected: [weightedOutputs])
        }

        let frameSize = (inputFrequencies + 2 * padFrequency) * inputChannels
        isOverTime = outputFrequencies == 1
        shape = ConvolutionShape(
            tapCount: kt, tapStride: layer.dilation * frameSize, runLength: kf * inputChannels,
            rowCount: isOverTime ? outputFrames : outputFrequencies,
            inputRowStride: isOverTime ? st * frameSize : sf * inputChannels,
            outputRowStride: layer.out, outputChannels: layer.out, rectified: layer.activation == .relu)
        let weightValues = try file.floats("\(name).weight")
        let biasValues = try file.floats("\(name).bias")
        if layer.depthwise || statistics != nil {
            weights = WeightBuffer(weightValues)
            bias = WeightBuffer(biasValues)
        } else {
            let width = shape.paddedChannels
            weights = WeightBuffer(Self.pad(weightValues, from: layer.out, to: width))
            bias = WeightBuffer(Self.pad(biasValues, from: layer.out, to: width))
        }
    }

    private static func pad(_ values: [Float], from width: Int, to padded: Int) -> [Float] {
        guard width < padded else { return values }
        var result = [Float](repeating: 0, count: values.count / width * padded)
        for (index, value) in values.enumerated() { result[index / width * padded + index % width] = value }
        return result
    }

    /// Runs the layer over one hop. Does not allocate.
    /// - Parameters:
    ///   - input: `inputSize` floats: the tail, then the hop's padded frames.
    ///   - output: room for `outputSize` floats, not padded.
    ///   - memory: `memorySize` floats, zero at the start of a leg.
    func run(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, memory: UnsafeMutablePointer<Float>) {
        let frameSize = inputFrameSize
        if let statistics {
            for frame in 0..<outputFrames {
                unsafe statistics.push(
                    input + frame * frameSize, gate: weights.pointer, bias: bias.pointer[0], memory: memory,
                    output: output + frame * outputChannels)
            }
            return
        }
        if isOverTime {
            unsafe apply(input, output)
        } else {
            let outputFrameSize = outputFrequencies * outputChannels
            for frame in 0..<outputFrames {
                unsafe apply(input + frame * timeStride * frameSize, output + frame * outputFrameSize)
            }
        }
        guard isResidual else { return }
        let inner = inputFrequencies * inputChannels
        for frame in 0..<inputFrames {
            let source = unsafe input + (tailFrames + frame) * frameSize + padFrequency * inputChannels
            let target = unsafe output + frame * inner
            for index in 0..<inner { unsafe target[index] += source[index] }
        }
    }

    private func apply(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
        if isDepthwise {
            unsafe convolveDepthwise(shape, input: input, weights: weights.pointer, bias: bias.pointer, output: output)
        } else {
            unsafe convolve(shape, input: input, weights: weights.pointer, bias: bias.pointer, output: output)
        }
    }
}
