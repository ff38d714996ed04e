/// What is done with a sum of a dense layer before it is written.
public enum Activation: Sendable, Equatable {
    case none
    /// max(x, 0).
    case relu
    /// x Φ(x), the exact GELU (Hendrycks and Gimpel 2016, section 2), not its approximation by tanh.
    case gelu
}

/// One run of a dense layer, as the kernel sees it.
package struct DenseShape {
    package var inputs: Int
    package var outputs: Int
    package var rows: Int
    /// Distances between rows, in floats.
    package var inputRowStride: Int
    package var outputRowStride: Int
    package var activation: Activation
    /// The results are added to what the output holds.
    package var accumulates: Bool
    /// The weights are bfloat16, two outputs a word, instead of float32.
    package var isBFloat16: Bool

    package init(
        inputs: Int, outputs: Int, rows: Int, inputRowStride: Int, outputRowStride: Int, activation: Activation = .none, accumulates: Bool = false,
        isBFloat16: Bool = false
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.rows = rows
        self.inputRowStride = inputRowStride
        self.outputRowStride = outputRowStride
        self.activation = activation
        self.accumulates = accumulates
        self.isBFloat16 = isBFloat16
    }
}
