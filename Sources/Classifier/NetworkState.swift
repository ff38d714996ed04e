/// The streaming state of one leg: what each layer remembers of the frames before the hop.
///
/// A causal convolution is a dense layer over a remembered tail, so one hop at a time gives exactly what all at once would.
@safe struct NetworkState: ~Copyable {
    private let network: LayeredNetwork
    /// Each layer's tail and hop of padded input.
    private let inputs: [UnsafeMutablePointer<Float>]
    /// What a layer of running statistics keeps; one float, never read, for the others.
    private let memories: [UnsafeMutablePointer<Float>]
    private let output: UnsafeMutablePointer<Float>
    private let scratch: UnsafeMutablePointer<Float>

    init(_ network: LayeredNetwork) {
        self.network = network
        unsafe inputs = network.layers.map { unsafe Self.zeros($0.inputSize) }
        unsafe memories = network.layers.map { unsafe Self.zeros(max(1, $0.memorySize)) }
        let largest = network.layers.map(\.outputSize).max()!
        unsafe scratch = .allocate(capacity: largest)
        unsafe scratch.initialize(repeating: 0, count: largest)
        let size = network.outputsPerHop * LayeredNetwork.outputChannels
        unsafe output = .allocate(capacity: size)
        unsafe output.initialize(repeating: 0, count: size)
    }

    private static func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
        let buffer = UnsafeMutablePointer<Float>.allocate(capacity: count)
        unsafe buffer.initialize(repeating: 0, count: count)
        return unsafe buffer
    }

    deinit {
        unsafe (inputs + memories).forEach { unsafe $0.deallocate() }
        unsafe scratch.deallocate()
        unsafe output.deallocate()
    }

    /// Runs the network over the features of one hop. Does not allocate.
    /// - Parameter features: [framesPerHop][binCount].
    /// - Returns: [outputsPerHop][2], the synthetic logit and the speech logit; valid until the next call.
    mutating func push(_ features: UnsafeBufferPointer<Float>) -> UnsafeBufferPointer<Float> {
        precondition(features.count == network.frontEnd.framesPerHop * network.frontEnd.binCount, "features must be one hop")
        var source = features.baseAddress!
        for (index, layer) in network.layers.enumerated() {
            let input = unsafe inputs[index]
            let frameSize = layer.inputFrameSize
            let inner = layer.inputFrequencies * layer.inputChannels
            let pad = layer.padFrequency * layer.inputChannels
            for frame in 0..<layer.inputFrames {
                unsafe (input + (layer.tailFrames + frame) * frameSize + pad).update(from: source + frame * inner, count: inner)
            }
            let isLast = index == network.layers.count - 1
            let target = unsafe isLast ? output : scratch
            unsafe layer.run(input: input, output: target, memory: memories[index])
            // The newest frames become the next hop's tail; update(from:) allows the overlap.
            unsafe input.update(from: input + layer.inputFrames * frameSize, count: layer.tailFrames * frameSize)
            unsafe source = UnsafePointer(target)
        }
        return unsafe UnsafeBufferPointer(start: output, count: network.outputsPerHop * LayeredNetwork.outputChannels)
    }
}
