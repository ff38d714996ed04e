/// The streaming state of one leg: what each layer remembers of the frames before the hop, and where outputs lie until they are read.
@safe struct NetworkState: ~Copyable {
    private let network: LayeredNetwork
    private let states: [Floats]
    private let places: [Floats]
    private let scratch: Floats
    /// Where the inputs of the layer under way begin.
    private let inputs: UnsafeMutablePointer<UnsafePointer<Float>>
    private var hop = 0

    init(_ network: LayeredNetwork) {
        self.network = network
        states = network.steps.map { Floats($0.layer.stateFloats) }
        places = network.places.map { Floats($0) }
        scratch = Floats(network.steps.map(\.layer.scratchFloats).max()!)
        unsafe inputs = .allocate(capacity: network.steps.map(\.sources.count).max()!)
    }

    deinit { unsafe inputs.deallocate() }

    /// Runs the network over the features of one hop. Does not allocate.
    /// - Parameter features: [framesPerHop][binCount].
    /// - Returns: [outputsPerHop][2], the synthetic logit and the speech logit; valid until the next call.
    mutating func push(_ features: UnsafeBufferPointer<Float>) -> UnsafeBufferPointer<Float> {
        precondition(features.count == network.frontEnd.framesPerHop * network.frontEnd.binCount, "features must be one hop")
        var output = unsafe places[0].start
        for (index, step) in network.steps.enumerated() {
            for (place, source) in step.sources.enumerated() {
                let input = unsafe source.map { unsafe UnsafePointer(places[network.steps[$0].place].start) } ?? features.baseAddress!
                unsafe (inputs + place).initialize(to: input)
            }
            unsafe output = places[step.place].start
            unsafe step.layer.run(
                LayerRun(inputs: UnsafePointer(inputs), output: output, state: states[index].start, scratch: scratch.start, hop: hop))
        }
        hop += 1
        return unsafe UnsafeBufferPointer(start: output, count: network.outputsPerHop * LayeredNetwork.outputChannels)
    }
}
