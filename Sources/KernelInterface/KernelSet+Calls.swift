extension KernelSet {
    /// The exact GELU of every number: x Φ(x). In place allowed.
    ///
    /// The error is below 3e-7 times the larger of 1 and |x| (Abramowitz and Stegun 7.1.26 gives erf to 1.5e-7).
    public func gelu(_ input: UnsafePointer<Float>, count: Int, output: UnsafeMutablePointer<Float>) {
        unsafe runGELU(input, count, output)
    }

    /// e to every number, to within 4e-7 of the result from -80 to 88; beyond, as at the nearer of the two. In place allowed.
    public func exponential(_ input: UnsafePointer<Float>, count: Int, output: UnsafeMutablePointer<Float>) {
        unsafe runExponential(input, count, output)
    }

    /// Each row less its mean, over its standard deviation, times gamma plus beta (Ba, Kiros and Hinton 2016, equation 4). In place allowed.
    /// - Parameters:
    ///   - input: [rows][width], rows one behind the other.
    ///   - gamma: [width].
    ///   - beta: [width].
    ///   - epsilon: added to the variance, which is the mean of the squares (no n - 1).
    public func layerNorm(
        _ input: UnsafePointer<Float>, rows: Int, width: Int, gamma: UnsafePointer<Float>, beta: UnsafePointer<Float>, epsilon: Float = 1e-5,
        output: UnsafeMutablePointer<Float>
    ) {
        precondition(rows >= 0 && width > 0, "a layer norm needs a width")
        unsafe runLayerNorm(input, rows, width, gamma, beta, epsilon, output)
    }

    /// Floats of a ring of keys and values for `remember` and `attention`.
    public func attentionRing(_ shape: AttentionShape) -> Int {
        shape.heads * shape.headWidth * (shape.paddedSlots(panelWidth) + shape.slots)
    }

    /// Writes keys and values into the slots from `slot` on, as `attention` reads them.
    /// - Parameters:
    ///   - keys: [rows][rowStride], head h at h * headWidth.
    ///   - values: as the keys.
    ///   - ring: `attentionRing` floats, of any content before the first.
    public func remember(
        _ shape: AttentionShape, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, rows: Int, rowStride: Int, slot: Int,
        ring: UnsafeMutablePointer<Float>
    ) {
        precondition(rows >= 0 && slot >= 0 && slot + rows <= shape.slots, "rows lie side by side in the ring")
        unsafe runRemembering(shape, keys, values, rows, rowStride, slot, ring)
    }

    /// softmax(q kᵀ / √headWidth) v for each head and each row of queries over the keys of the first slots (Vaswani et al. 2017, equation 1).
    ///
    /// The order of the slots is the order of the sums.
    /// - Parameters:
    ///   - queries: [rows][rowStride], head h at h * headWidth.
    ///   - ring: what `remember` wrote.
    ///   - keyRows: the slots that count, from the first on; at least one.
    ///   - output: [rows][outputRowStride].
    ///   - scratch: `attentionScratch` floats, of any content.
    public func attention(
        _ shape: AttentionShape, queries: UnsafePointer<Float>, rows: Int, rowStride: Int, ring: UnsafePointer<Float>, keyRows: Int,
        output: UnsafeMutablePointer<Float>, outputRowStride: Int, scratch: UnsafeMutablePointer<Float>
    ) {
        precondition(keyRows > 0 && keyRows <= shape.slots && rows >= 0, "an attention needs keys")
        unsafe runAttention(shape, queries, rows, rowStride, ring, keyRows, output, outputRowStride, scratch)
    }

    /// Floats of scratch that `attention` needs for so many rows of queries.
    public func attentionScratch(_ shape: AttentionShape, rows: Int) -> Int {
        rows * (shape.paddedSlots(panelWidth) + 1)
    }

    /// A convolution over rows: output[r][c] = bias[c] + sum over taps t and run positions k of input * weight[t][k][c].
    /// - Parameters:
    ///   - weights: [tapCount][runLength][paddedChannels].
    ///   - bias: [paddedChannels].
    public func convolve(
        _ shape: ConvolutionShape, input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>,
        output: UnsafeMutablePointer<Float>
    ) {
        unsafe runConvolution(shape, input, weights, bias, output)
    }

    /// A depthwise convolution: every channel is convolved with its own taps.
    ///
    /// output[r][c] = bias[c] + sum over time taps t and frequency taps f of input * weight[t][f][c].
    /// - Parameters:
    ///   - shape: `runLength` is the frequency taps times the channels, `outputChannels` the channels.
    ///   - weights: [tapCount][frequency taps][outputChannels], not padded.
    public func convolveDepthwise(
        _ shape: ConvolutionShape, input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>,
        output: UnsafeMutablePointer<Float>
    ) {
        unsafe runDepthwise(shape, input, weights, bias, output)
    }
}
