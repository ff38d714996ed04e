// What a level's own code hands about. Here, and not beside that code, because a structure brings small functions along (how to copy one of its size)
// that the linker keeps once for the whole program: they must be the baseline's.

/// Where the inputs and weights of a tile's sums lie, step after step.
@safe package struct Walk {
    package var input: UnsafePointer<Float>
    package var weights: UnsafeRawPointer
    package var steps: Int
    /// Floats between the inputs of two rows.
    package var rowStride: Int
    /// Bytes between the weights of two steps.
    package var weightStep: Int
    /// What is fetched into the cache meanwhile, for later, and the bytes from one step's to the next's.
    package var ahead: UnsafeRawPointer
    package var aheadStep: Int

    package init(
        input: UnsafePointer<Float>, weights: UnsafeRawPointer, steps: Int, rowStride: Int, weightStep: Int, ahead: UnsafeRawPointer,
        aheadStep: Int
    ) {
        unsafe self.input = input
        unsafe self.weights = weights
        self.steps = steps
        self.rowStride = rowStride
        self.weightStep = weightStep
        unsafe self.ahead = ahead
        self.aheadStep = aheadStep
    }
}

/// What becomes of a tile's sums.
package struct PanelEnd {
    package var activation: Activation
    package var accumulates: Bool
    /// Outputs of the panel that are written.
    package var outputs: Int
    /// Distance between two rows of output, in floats.
    package var rowStride: Int

    package init(activation: Activation, accumulates: Bool, outputs: Int, rowStride: Int) {
        self.activation = activation
        self.accumulates = accumulates
        self.outputs = outputs
        self.rowStride = rowStride
    }
}
