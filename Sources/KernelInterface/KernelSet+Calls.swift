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

    /// softmax(q kᵀ / √headWidth) v for each head and each row of queries over all rows of keys (Vaswani et al. 2017, equation 1).
    ///
    /// The order of the keys, `keys` before `more`, is the order of the sums; where the first stretch ends makes no difference.
    /// - Parameters:
    ///   - queries: [queryRows][queryStride], head h at h * headWidth.
    ///   - keys: the first stretch of keys and values, at least one row.
    ///   - more: the stretch after it, where a ring wraps.
    ///   - output: [queryRows][outputStride]; may be `queries`.
    ///   - scratch: `attentionScratch` floats, of any content.
    public func attention(
        _ shape: AttentionShape, queries: UnsafePointer<Float>, keys: KeyStretch, more: KeyStretch? = nil, output: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>
    ) {
        precondition(keys.rows > 0 && (more?.rows ?? 0) >= 0 && shape.queryRows >= 0, "an attention needs keys")
        unsafe runAttention(shape, queries, keys, more, output, scratch)
    }

    /// Floats of scratch that `attention` needs for heads of this width and at most this many keys in both stretches together.
    public func attentionScratch(headWidth: Int, keyRows: Int) -> Int { (headWidth + keyRows + 1) * panelWidth }

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
