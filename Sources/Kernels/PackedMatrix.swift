import KernelInterface

/// The weights and the bias of a dense layer, laid out for one set of kernels: immutable, shared by all calls.
///
/// Weights lie as [outputs / panel][inputs][panel], the last panel padded with zeros, so that a tile reads them from front to back once.
@safe public final class PackedMatrix: @unchecked Sendable {
    /// How weights are kept. The sums are in float32 either way.
    public enum Storage: Sendable, Equatable {
        case float32
        /// Half the memory: the upper half of a float32, rounded to the nearest (ties to even). Exact for weights that were bfloat16 before. As
        /// fast as float32 with AVX2 and AVX-512, since what widening costs the memory saves; 7 % slower at the baseline.
        case bfloat16
    }

    public let inputs: Int
    public let outputs: Int
    public let storage: Storage
    private let kernels: KernelSet
    private let weights: UnsafeMutableRawPointer
    private let bias: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - weights: [outputs][inputs].
    ///   - bias: [outputs]; nil for none.
    public convenience init(
        _ weights: Span<Float>, outputs: Int, inputs: Int, bias: Span<Float>? = nil, storage: Storage = .float32, kernels: KernelSet = .current
    ) {
        precondition(weights.count == outputs * inputs, "\(weights.count) weights are not \(outputs) x \(inputs)")
        self.init(outputs: outputs, inputs: inputs, bias: bias, storage: storage, kernels: kernels)
        for output in 0..<outputs {
            for input in 0..<inputs { put(weights[output * inputs + input], output, input) }
        }
    }

    /// - Parameters:
    ///   - weights: [outputs][inputs], the bits of bfloat16 numbers.
    ///   - bias: [outputs]; nil for none.
    public convenience init(
        bfloat16 weights: Span<UInt16>, outputs: Int, inputs: Int, bias: Span<Float>? = nil, storage: Storage = .bfloat16,
        kernels: KernelSet = .current
    ) {
        precondition(weights.count == outputs * inputs, "\(weights.count) weights are not \(outputs) x \(inputs)")
        self.init(outputs: outputs, inputs: inputs, bias: bias, storage: storage, kernels: kernels)
        for output in 0..<outputs {
            for input in 0..<inputs { put(Float(bitPattern: UInt32(weights[output * inputs + input]) << 16), output, input) }
        }
    }

    private init(outputs: Int, inputs: Int, bias: Span<Float>?, storage: Storage, kernels: KernelSet) {
        precondition(outputs > 0 && inputs > 0, "a matrix has inputs and outputs")
        precondition(bias == nil || bias!.count == outputs, "the bias has one number an output")
        self.outputs = outputs
        self.inputs = inputs
        self.storage = storage
        self.kernels = kernels
        let padded = (outputs + kernels.panelWidth - 1) / kernels.panelWidth * kernels.panelWidth
        let bytes = padded * inputs * (storage == .float32 ? 4 : 2)
        unsafe weights = .allocate(byteCount: bytes, alignment: 64)
        unsafe weights.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        let raw = UnsafeMutableRawPointer.allocate(byteCount: padded * 4, alignment: 64)
        unsafe self.bias = raw.initializeMemory(as: Float.self, repeating: 0, count: padded)
        if let bias { for output in 0..<outputs { unsafe self.bias[output] = bias[output] } }
    }

    deinit {
        unsafe weights.deallocate()
        unsafe bias.deallocate()
    }

    private func put(_ value: Float, _ output: Int, _ input: Int) {
        let width = kernels.panelWidth
        let step = output / width * inputs + input
        let column = output % width
        switch storage {
        case .float32: unsafe weights.storeBytes(of: value, toByteOffset: 4 * (step * width + column), as: Float.self)
        case .bfloat16:
            // Word i holds output i of the panel low and output i + width / 2 high (little-endian): the kernel widens with a shift and a mask.
            let place = 2 * (column % (width / 2)) + (column < width / 2 ? 0 : 1)
            unsafe weights.storeBytes(of: Self.bfloat16(value), toByteOffset: 2 * (step * width + place), as: UInt16.self)
        }
    }

    /// The nearest bfloat16, ties to even. Not a number stays not a number.
    static func bfloat16(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        if value.isNaN { return UInt16(bits >> 16) | 0x40 }
        return UInt16((bits + 0x7fff + (bits >> 16 & 1)) >> 16)
    }

    /// A dense layer: output[r][o] = activation(bias[o] + sum over k of input[r][k] * weight[o][k]). Does not allocate.
    /// - Parameters:
    ///   - input: `rows` rows of `inputs` floats, `inputRowStride` apart. Rows may overlap: a strided convolution is a dense layer over rows that do.
    ///   - output: `rows` rows of `outputs` floats, `outputRowStride` apart; not the input's memory.
    ///   - accumulate: the results are added to what the output holds, for a residual.
    public func dense(
        input: UnsafePointer<Float>, inputRowStride: Int, rows: Int, output: UnsafeMutablePointer<Float>, outputRowStride: Int,
        activation: Activation = .none, accumulate: Bool = false
    ) {
        precondition(rows >= 0 && inputRowStride >= 0 && outputRowStride >= outputs, "rows of output must not overlap")
        let shape = DenseShape(
            inputs: inputs, outputs: outputs, rows: rows, inputRowStride: inputRowStride, outputRowStride: outputRowStride,
            activation: activation, accumulates: accumulate, isBFloat16: storage == .bfloat16)
        unsafe kernels.runDense(shape, weights, bias, input, output)
    }
}
