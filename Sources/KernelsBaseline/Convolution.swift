import KernelInterface

// The layout of these weights, eight channels wide, is the same at every level; a level sums as many channels side by side as its registers hold.

/// A convolution over rows: output[r][c] = bias[c] + sum over taps t and run positions k of input * weight[t][k][c].
///
/// Rows by channels are summed in registers, in eight or more of them: a multiply-add takes four cycles, and two begin in each. Each sum is one
/// chain whose order depends on the shape alone, whatever tile it falls in, so the same input gives the same bits however it was cut into blocks.
func convolve(
    _ shape: ConvolutionShape, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
) {
    var channel = 0
    #if LEVEL_AVX512
    unsafe convolve(EightRows<TwoRegisters>.self, shape, &channel, input, weights, bias, output)
    unsafe convolve(EightRows<OneRegister>.self, shape, &channel, input, weights, bias, output)
    unsafe convolve(EightRows<HalfRegister>.self, shape, &channel, input, weights, bias, output)
    #else
    unsafe convolve(FourRows<TwoRegisters>.self, shape, &channel, input, weights, bias, output)
    unsafe convolve(EightRows<OneRegister>.self, shape, &channel, input, weights, bias, output)
    #endif
}

/// The channels from `channel` on, as many side by side as `T` sums, until fewer than that are left.
@inline(__always)
private func convolve<T: Tile>(
    _: T.Type, _ shape: ConvolutionShape, _ channel: inout Int, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
    _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
    while channel + T.Sums.count <= shape.paddedChannels {
        unsafe convolveRows(T.self, shape, channel, input, weights, bias, output)
        channel += T.Sums.count
    }
}

/// Some channels, of all rows: as many of them at a time as `T` has, then four, then one.
@inline(__always)
private func convolveRows<T: Tile>(
    _: T.Type, _ shape: ConvolutionShape, _ channel: Int, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
    _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
    var row = 0
    while row + T.rowCount <= shape.rowCount {
        unsafe convolveTile(T.self, shape, row, channel, input, weights, bias, output)
        row += T.rowCount
    }
    while row + 4 <= shape.rowCount {
        unsafe convolveTile(FourRows<T.Sums>.self, shape, row, channel, input, weights, bias, output)
        row += 4
    }
    while row < shape.rowCount {
        unsafe convolveTile(OneRow<T.Sums>.self, shape, row, channel, input, weights, bias, output)
        row += 1
    }
}

@inline(__always)
private func convolveTile<T: Tile>(
    _: T.Type, _ shape: ConvolutionShape, _ row: Int, _ channel: Int, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
    _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
    let width = shape.paddedChannels
    var sums = unsafe T(T.Sums(bias + channel))
    for tap in 0..<shape.tapCount {
        var value = unsafe input + row * shape.inputRowStride + tap * shape.tapStride
        var weight = unsafe weights + tap * shape.runLength * width + channel
        for _ in 0..<shape.runLength {
            unsafe sums.add(value, shape.inputRowStride, T.Sums(weight))
            unsafe value += 1
            unsafe weight += width
        }
    }
    if shape.rectified { sums.rectify() }
    unsafe sums.write(shape.outputChannels - channel, output + row * shape.outputRowStride + channel, shape.outputRowStride)
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
