import Kernels

/// Normalisation of each frame over its channels (Ba, Kiros and Hinton 2016), with a gain and an offset a channel. Remembers nothing.
struct LayerNorm: Sendable {
    let width: Int
    private let gamma: WeightBuffer
    private let beta: WeightBuffer

    /// Binds `NAME.gamma` and `NAME.beta`, [width] each.
    init(_ name: String, width: Int, from binder: inout TensorBinder) throws(ModelError) {
        self.width = width
        gamma = try binder.vector("\(name).gamma", [width])
        beta = try binder.vector("\(name).beta", [width])
    }

    /// - Parameters:
    ///   - input: [rows][width].
    ///   - output: room for as many; may not be the input.
    func run(_ input: UnsafePointer<Float>, rows: Int, output: UnsafeMutablePointer<Float>) {
        unsafe KernelSet.current.layerNorm(input, rows: rows, width: width, gamma: gamma.pointer, beta: beta.pointer, output: output)
    }
}
