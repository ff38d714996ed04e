import Kernels

/// Two dense layers with GELU between them, added to what is there already. Remembers nothing.
struct FeedForward: Sendable {
    private let inner: PackedMatrix
    private let outer: PackedMatrix

    /// Binds the dense layers `NAME.inner` and `NAME.outer`.
    init(_ name: String, width: Int, inner: Int, from binder: inout TensorBinder) throws(ModelError) {
        self.inner = try binder.matrix("\(name).inner", outputs: inner, inputs: width)
        outer = try binder.matrix("\(name).outer", outputs: width, inputs: inner)
    }

    var multiplyAccumulatesPerRow: Int { 2 * inner.inputs * inner.outputs }

    /// - Parameters:
    ///   - input: [rows][width].
    ///   - sum: [rows][width]; the result is added.
    ///   - scratch: room for [rows][inner].
    func run(_ input: UnsafePointer<Float>, rows: Int, addTo sum: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>) {
        unsafe inner.dense(
            input: input, inputRowStride: inner.inputs, rows: rows, output: scratch, outputRowStride: inner.outputs, activation: .gelu)
        unsafe outer.dense(
            input: scratch, inputRowStride: outer.inputs, rows: rows, output: sum, outputRowStride: outer.outputs, accumulate: true)
    }
}
