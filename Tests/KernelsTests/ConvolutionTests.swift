import Kernels
import Testing

/// The same sum written as plainly as possible.
private func reference(
    _ shape: ConvolutionShape, input: [Float], weights: [Float], bias: [Float], depthwise: Bool = false
) -> [Double] {
    let width = depthwise ? shape.outputChannels : shape.paddedChannels
    var output = [Double](repeating: 0, count: shape.rowCount * shape.outputRowStride)
    for row in 0..<shape.rowCount {
        for c in 0..<shape.outputChannels {
            var sum = Double(bias[c])
            for tap in 0..<shape.tapCount {
                for k in 0..<shape.runLength {
                    let a = Double(input[row * shape.inputRowStride + tap * shape.tapStride + k])
                    if depthwise {
                        if k % width == c { sum += a * Double(weights[tap * shape.runLength + k]) }
                    } else {
                        sum += a * Double(weights[(tap * shape.runLength + k) * width + c])
                    }
                }
            }
            output[row * shape.outputRowStride + c] = shape.rectified ? max(sum, 0) : sum
        }
    }
    return output
}

@Test(
    "A convolution equals the plain sum for every remainder of rows and channels",
    arguments: KernelSet.available, [1, 2, 3, 4, 5, 7, 8, 13])
func convolutionEqualsThePlainSum(kernels: KernelSet, rows: Int) {
    for channels in [1, 2, 7, 8, 9, 16, 24, 31, 32, 48, 61, 136] { checkConvolution(kernels, rows: rows, channels: channels) }
}

@Test(
    "Rows of a convolution do not hang on each other: one at a time give the bits of all at once, and nothing behind them is written",
    arguments: KernelSet.available)
func convolutionRowsAreIndependent(kernels: KernelSet) {
    for channels in [1, 8, 9, 24, 61, 136] {
        func shape(_ rows: Int) -> ConvolutionShape {
            ConvolutionShape(
                tapCount: 3, tapStride: 80, runLength: 12, rowCount: rows, inputRowStride: 4, outputRowStride: channels,
                outputChannels: channels, rectified: false)
        }
        let rows = 13
        let input = numbers(2 * 80 + rows * 4 + 12, seed: 1)
        let weights = numbers(3 * 12 * shape(rows).paddedChannels, seed: 2)
        let bias = numbers(shape(rows).paddedChannels, seed: 3)
        var whole = [Float](repeating: .nan, count: rows * channels + 64)
        kernels.convolve(shape(rows), input: input, weights: weights, bias: bias, output: &whole)
        #expect(whole.suffix(64).filter { !$0.isNaN } == [])
        for row in 0..<rows {
            var alone = [Float](repeating: .nan, count: channels + 64)
            kernels.convolve(shape(1), input: Array(input[(4 * row)...]), weights: weights, bias: bias, output: &alone)
            #expect(alone.suffix(64).filter { !$0.isNaN } == [])
            let bits = { (values: ArraySlice<Float>) in values.map(\.bitPattern) }
            #expect(bits(alone.prefix(channels)) == bits(whole[row * channels..<(row + 1) * channels]))
        }
    }
}

private func checkConvolution(_ kernels: KernelSet, rows: Int, channels: Int) {
    let shape = ConvolutionShape(
        tapCount: 3, tapStride: 80, runLength: 12, rowCount: rows, inputRowStride: 4, outputRowStride: channels,
        outputChannels: channels, rectified: rows % 2 == 0)
    let input = numbers(2 * 80 + rows * 4 + 12, seed: 1)
    let weights = numbers(3 * 12 * shape.paddedChannels, seed: 2)
    let bias = numbers(shape.paddedChannels, seed: 3)
    var output = [Float](repeating: .nan, count: rows * channels)
    kernels.convolve(shape, input: input, weights: weights, bias: bias, output: &output)
    // 36 products of numbers below 1 in float32: rounding stays below 36 * 2^-23.
    for (mine, theirs) in zip(output, reference(shape, input: input, weights: weights, bias: bias)) {
        #expect(abs(Double(mine) - theirs) < 5e-6)
    }
}

@Test("A depthwise convolution keeps its channels apart", arguments: KernelSet.available)
func depthwiseEqualsThePlainSum(kernels: KernelSet) {
    let shape = ConvolutionShape(
        tapCount: 3, tapStride: 50, runLength: 15, rowCount: 6, inputRowStride: 5, outputRowStride: 5, outputChannels: 5,
        rectified: false)
    let input = numbers(2 * 50 + 6 * 5 + 15, seed: 4)
    let weights = numbers(45, seed: 5)
    let bias = numbers(5, seed: 6)
    var output = [Float](repeating: .nan, count: 30)
    kernels.convolveDepthwise(shape, input: input, weights: weights, bias: bias, output: &output)
    for (mine, theirs) in zip(output, reference(shape, input: input, weights: weights, bias: bias, depthwise: true)) {
        #expect(abs(Double(mine) - theirs) < 5e-6)
    }
}
