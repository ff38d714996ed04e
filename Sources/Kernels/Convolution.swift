/// The shape of one convolution over rows of channels, as the kernel sees it.
///
/// A row r of the output reads, for each time tap t, one contiguous run of `runLength` inputs that starts at
/// `r * inputRowStride + t * tapStride`. Both a convolution over frequency and one over time are this loop: the rows are
/// output frequencies in the first case and output frames in the second.
public struct ConvolutionShape: Sendable, Equatable {
    /// Time taps.
    public var tapCount: Int
    /// Distance between the runs of two taps, in floats.
    public var tapStride: Int
    /// Frequency taps times input channels.
    public var runLength: Int
    /// Output rows.
    public var rowCount: Int
    /// Distance between the runs of two rows, in floats.
    public var inputRowStride: Int
    /// Distance between two output rows, in floats.
    public var outputRowStride: Int
    public var outputChannels: Int
    /// Negative sums become zero.
    public var rectified: Bool

    public init(
        tapCount: Int, tapStride: Int, runLength: Int, rowCount: Int, inputRowStride: Int, outputRowStride: Int,
        outputChannels: Int, rectified: Bool
    ) {
        self.tapCount = tapCount
        self.tapStride = tapStride
        self.runLength = runLength
        self.rowCount = rowCount
        self.inputRowStride = inputRowStride
        self.outputRowStride = outputRowStride
        self.outputChannels = outputChannels
        self.rectified = rectified
    }

    /// Output channels rounded up to whole vectors: weights and bias are stored this wide, padded with zeros.
    public var paddedChannels: Int { (outputChannels + vectorWidth - 1) / vectorWidth * vectorWidth }
}

/// Lanes of one accumulator.
public let vectorWidth = 8
private typealias Vector = SIMD8<Float>

/// Name of the instruction level these kernels were compiled for; every result carries it.
#if arch(x86_64)
public let kernelLevel = "x86-64-v1"
#elseif arch(arm64)
public let kernelLevel = "arm64"
#else
public let kernelLevel = "portable"
#endif

/// A convolution over rows: output[r][c] = bias[c] + sum over taps t and run positions k of input * weight[t][k][c].
///
/// Four rows by eight channels are accumulated in registers. The order of the sums depends on the shape alone, so the same
/// input gives the same bits however it was cut into blocks. Does not allocate.
/// - Parameters:
///   - weights: [tapCount][runLength][paddedChannels].
///   - bias: [paddedChannels].
public func convolve(
    _ shape: ConvolutionShape, input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
) {
    let width = shape.paddedChannels
    var channel = 0
    while channel < width {
        var row = 0
        while row + 4 <= shape.rowCount {
            unsafe convolveFourRows(shape, width, row, channel, input, weights, bias, output)
            row += 4
        }
        while row < shape.rowCount {
            unsafe convolveOneRow(shape, width, row, channel, input, weights, bias, output)
            row += 1
        }
        channel += vectorWidth
    }
}

@inline(__always)
private func convolveFourRows(
    _ shape: ConvolutionShape, _ width: Int, _ row: Int, _ channel: Int, _ input: UnsafePointer<Float>,
    _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
    let start = unsafe load(bias + channel)
    var (sum0, sum1, sum2, sum3) = (start, start, start, start)
    let stride = shape.inputRowStride
    for tap in 0..<shape.tapCount {
        let a0 = unsafe input + row * stride + tap * shape.tapStride
        let a1 = unsafe a0 + stride
        let a2 = unsafe a1 + stride
        let a3 = unsafe a2 + stride
        var weight = unsafe weights + tap * shape.runLength * width + channel
        for k in 0..<shape.runLength {
            let w = unsafe load(weight)
            unsafe sum0 += w * a0[k]
            unsafe sum1 += w * a1[k]
            unsafe sum2 += w * a2[k]
            unsafe sum3 += w * a3[k]
            unsafe weight += width
        }
    }
    let target = unsafe output + row * shape.outputRowStride + channel
    unsafe store(sum0, shape, channel, target)
    unsafe store(sum1, shape, channel, target + shape.outputRowStride)
    unsafe store(sum2, shape, channel, target + 2 * shape.outputRowStride)
    unsafe store(sum3, shape, channel, target + 3 * shape.outputRowStride)
}

@inline(__always)
private func convolveOneRow(
    _ shape: ConvolutionShape, _ width: Int, _ row: Int, _ channel: Int, _ input: UnsafePointer<Float>,
    _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
    var sum = unsafe load(bias + channel)
    for tap in 0..<shape.tapCount {
        let a = unsafe input + row * shape.inputRowStride + tap * shape.tapStride
        var weight = unsafe weights + tap * shape.runLength * width + channel
        for k in 0..<shape.runLength {
            unsafe sum += load(weight) * a[k]
            unsafe weight += width
        }
    }
    unsafe store(sum, shape, channel, output + row * shape.outputRowStride + channel)
}

@inline(__always)
private func load(_ address: UnsafePointer<Float>) -> Vector {
    unsafe UnsafeRawPointer(address).loadUnaligned(as: Vector.self)
}

@inline(__always)
private func store(_ sum: Vector, _ shape: ConvolutionShape, _ channel: Int, _ target: UnsafeMutablePointer<Float>) {
    let value = shape.rectified ? sum.replacing(with: 0, where: sum .< 0) : sum
    let lanes = shape.outputChannels - channel
    if lanes >= vectorWidth {
        unsafe UnsafeMutableRawPointer(target).storeBytes(of: value, as: Vector.self)
    } else {
        for lane in 0..<lanes { unsafe target[lane] = value[lane] }
    }
}

/// A depthwise convolution: every channel is convolved with its own taps.
///
/// output[r][c] = bias[c] + sum over time taps t and frequency taps f of input * weight[t][f][c]. Does not allocate.
/// - Parameters:
///   - shape: `runLength` is the frequency taps times the channels, `outputChannels` the channels.
///   - weights: [tapCount][frequency taps][outputChannels], not padded.
public func convolveDepthwise(
    _ shape: ConvolutionShape, input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
) {
    let channels = shape.outputChannels
    let frequencyTaps = shape.runLength / channels
    for row in 0..<shape.rowCount {
        let target = unsafe output + row * shape.outputRowStride
        for c in 0..<channels { unsafe target[c] = bias[c] }
        for tap in 0..<shape.tapCount {
            let a = unsafe input + row * shape.inputRowStride + tap * shape.tapStride
            let w = unsafe weights + tap * shape.runLength
            for f in 0..<frequencyTaps {
                for c in 0..<channels { unsafe target[c] += a[f * channels + c] * w[f * channels + c] }
            }
        }
        if shape.rectified { for c in 0..<channels where unsafe target[c] < 0 { unsafe target[c] = 0 } }
    }
}
