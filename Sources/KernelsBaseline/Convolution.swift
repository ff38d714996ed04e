import KernelInterface

// `Lanes` are not used here: the layout of these weights, eight channels wide, is the same at every level.
private typealias Vector = SIMD8<Float>

@inline(__always)
private var vectorWidth: Int { Vector.scalarCount }

/// A convolution over rows: output[r][c] = bias[c] + sum over taps t and run positions k of input * weight[t][k][c].
///
/// Four rows by eight channels are accumulated in registers. The order of the sums depends on the shape alone, so the same
/// input gives the same bits however it was cut into blocks.
func convolve(
    _ shape: ConvolutionShape, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
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
    let start = unsafe loadVector(bias + channel)
    var (sum0, sum1, sum2, sum3) = (start, start, start, start)
    let stride = shape.inputRowStride
    for tap in 0..<shape.tapCount {
        let a0 = unsafe input + row * stride + tap * shape.tapStride
        let a1 = unsafe a0 + stride
        let a2 = unsafe a1 + stride
        let a3 = unsafe a2 + stride
        var weight = unsafe weights + tap * shape.runLength * width + channel
        for k in 0..<shape.runLength {
            let w = unsafe loadVector(weight)
            sum0 = unsafe multiplyAdd(sum0, w, Vector(repeating: a0[k]))
            sum1 = unsafe multiplyAdd(sum1, w, Vector(repeating: a1[k]))
            sum2 = unsafe multiplyAdd(sum2, w, Vector(repeating: a2[k]))
            sum3 = unsafe multiplyAdd(sum3, w, Vector(repeating: a3[k]))
            unsafe weight += width
        }
    }
    let target = unsafe output + row * shape.outputRowStride + channel
    unsafe storeVector(sum0, shape, channel, target)
    unsafe storeVector(sum1, shape, channel, target + shape.outputRowStride)
    unsafe storeVector(sum2, shape, channel, target + 2 * shape.outputRowStride)
    unsafe storeVector(sum3, shape, channel, target + 3 * shape.outputRowStride)
}

@inline(__always)
private func convolveOneRow(
    _ shape: ConvolutionShape, _ width: Int, _ row: Int, _ channel: Int, _ input: UnsafePointer<Float>,
    _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
    var sum = unsafe loadVector(bias + channel)
    for tap in 0..<shape.tapCount {
        let a = unsafe input + row * shape.inputRowStride + tap * shape.tapStride
        var weight = unsafe weights + tap * shape.runLength * width + channel
        for k in 0..<shape.runLength {
            sum = unsafe multiplyAdd(sum, loadVector(weight), Vector(repeating: a[k]))
            unsafe weight += width
        }
    }
    unsafe storeVector(sum, shape, channel, output + row * shape.outputRowStride + channel)
}

@inline(__always)
private func loadVector(_ address: UnsafePointer<Float>) -> Vector {
    unsafe UnsafeRawPointer(address).loadUnaligned(as: Vector.self)
}

@inline(__always)
private func storeVector(_ sum: Vector, _ shape: ConvolutionShape, _ channel: Int, _ target: UnsafeMutablePointer<Float>) {
    let value = shape.rectified ? sum.replacing(with: 0, where: sum .< 0) : sum
    let lanes = shape.outputChannels - channel
    if lanes >= vectorWidth {
        unsafe UnsafeMutableRawPointer(target).storeBytes(of: value, as: Vector.self)
    } else {
        for lane in 0..<lanes { unsafe target[lane] = value[lane] }
    }
}

/// A depthwise convolution. Left to the compiler, which fuses no multiply with an add: the bits are the same at every level.
func convolveDepthwise(
    _ shape: ConvolutionShape, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
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
