/// The kernels of one instruction level. Nothing in it allocates, locks or remembers: any number of threads may call it.
///
/// Rule: at one level a row's result depends on that row (and, in attention, on the keys and values and their order) alone, bit for bit,
/// not on how many rows there are nor where the row stands. Why: blocks of any size must give the same scores. Each output is one chain of
/// sums in the order of the inputs, whatever tile it falls in. Between levels the last bits differ: only some round once a multiply-add.
@safe public struct KernelSet: Sendable {
    /// The level's name, "x86-64-v4" for one; every result carries it.
    public let name: String
    /// Outputs that a packed matrix holds side by side.
    package let panelWidth: Int

    package typealias Dense =
        @Sendable (
            DenseShape, _ weights: UnsafeRawPointer, _ bias: UnsafePointer<Float>, _ input: UnsafePointer<Float>,
            _ output: UnsafeMutablePointer<Float>
        ) -> Void
    package typealias Elementwise = @Sendable (_ input: UnsafePointer<Float>, _ count: Int, _ output: UnsafeMutablePointer<Float>) -> Void
    package typealias LayerNorm =
        @Sendable (
            _ input: UnsafePointer<Float>, _ rows: Int, _ width: Int, _ gamma: UnsafePointer<Float>, _ beta: UnsafePointer<Float>, _ epsilon: Float,
            _ output: UnsafeMutablePointer<Float>
        ) -> Void
    package typealias Remembering =
        @Sendable (
            AttentionShape, _ keys: UnsafePointer<Float>, _ values: UnsafePointer<Float>, _ rows: Int, _ rowStride: Int, _ slot: Int,
            _ ring: UnsafeMutablePointer<Float>
        ) -> Void
    package typealias Attention =
        @Sendable (
            AttentionShape, _ queries: UnsafePointer<Float>, _ rows: Int, _ rowStride: Int, _ ring: UnsafePointer<Float>, _ keyRows: Int,
            _ output: UnsafeMutablePointer<Float>, _ outputRowStride: Int, _ scratch: UnsafeMutablePointer<Float>
        ) -> Void
    package typealias Convolution =
        @Sendable (
            ConvolutionShape, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
            _ output: UnsafeMutablePointer<Float>
        ) -> Void

    package let runDense: Dense
    package let runGELU: Elementwise
    package let runExponential: Elementwise
    package let runLayerNorm: LayerNorm
    package let runRemembering: Remembering
    package let runAttention: Attention
    package let runConvolution: Convolution
    package let runDepthwise: Convolution

    package init(
        name: String, panelWidth: Int, dense: @escaping Dense, gelu: @escaping Elementwise, exponential: @escaping Elementwise,
        layerNorm: @escaping LayerNorm, remembering: @escaping Remembering, attention: @escaping Attention, convolution: @escaping Convolution,
        depthwise: @escaping Convolution
    ) {
        self.name = name
        self.panelWidth = panelWidth
        unsafe runDense = dense
        unsafe runGELU = gelu
        unsafe runExponential = exponential
        unsafe runLayerNorm = layerNorm
        unsafe runRemembering = remembering
        unsafe runAttention = attention
        unsafe runConvolution = convolution
        unsafe runDepthwise = depthwise
    }
}
