/// An entry of a model file of format 1: a causal convolution over time and frequency, or statistics that forget exponentially. Every key is there.
struct FormerLayer: Decodable {
    var name: String
    var `in`: Int
    var out: Int
    var kernel: [Int]
    var stride: [Int]
    var dilation: Int
    var padFrequency: Int
    var activation: ConvolutionLayer.Activation
    var residual: Bool
    var flatten: Bool
    /// Every channel has its own taps.
    var depthwise: Bool
    /// Present for statistics.
    var decay: Float?

    /// The same layer in the words of format 2.
    func entry() throws -> LayerEntry {
        var convolution = ConvolutionLayer(
            in: `in`, out: out, kernel: kernel, stride: stride, dilation: dilation, padFrequency: padFrequency, activation: activation)
        (convolution.groups, convolution.residual) = (depthwise ? `in` : 1, residual)
        guard let decay else { return LayerEntry(name: name, flatten: flatten, description: .convolution(convolution)) }
        guard !flatten, convolution == ConvolutionLayer(in: `in`, out: 3 * `in`, kernel: [1, 1]) else {
            throw ModelDescription.Fault(what: "layer \(name): running statistics take a frame as it is and give three numbers a channel")
        }
        return LayerEntry(name: name, flatten: false, description: .statistics(StatisticsLayer(memory: .running(decay: decay), isGated: true)))
    }
}
