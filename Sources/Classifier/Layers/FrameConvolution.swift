import Kernels

/// A convolution of three taps over frames, with GELU: three frames lie one behind the other in memory, so it is a dense layer over rows
/// that overlap. What it remembers is the two frames before, which the caller leaves in front of the new ones.
struct FrameConvolution: Sendable {
    static let taps = 3

    let inputs: Int
    let outputs: Int
    /// Input frames from one output frame to the next.
    let stride: Int
    private let matrix: PackedMatrix

    /// Binds `NAME.weight` [outputs][taps x inputs] and `NAME.bias` [outputs].
    init(_ name: String, inputs: Int, outputs: Int, stride: Int, from binder: inout TensorBinder) throws(ModelError) {
        self.inputs = inputs
        self.outputs = outputs
        self.stride = stride
        matrix = try binder.matrix(name, outputs: outputs, inputs: Self.taps * inputs)
    }

    var multiplyAccumulatesPerRow: Int { matrix.inputs * outputs }

    /// - Parameters:
    ///   - input: [(rows - 1) stride + taps][inputs].
    ///   - output: room for [rows][outputs].
    func run(_ input: UnsafePointer<Float>, rows: Int, output: UnsafeMutablePointer<Float>) {
        unsafe matrix.dense(
            input: input, inputRowStride: stride * inputs, rows: rows, output: output, outputRowStride: outputs, activation: .gelu)
    }
}
