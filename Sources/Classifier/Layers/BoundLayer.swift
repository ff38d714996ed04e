/// The activations of one hop that a layer takes or gives: [frames][frequencies][channels] floats.
struct LayerShape: Sendable, Equatable {
    var frames: Int
    var frequencies: Int
    var channels: Int

    var count: Int { rows * channels }
    /// Every frequency of every frame.
    var rows: Int { frames * frequencies }
    /// Frequencies become channels, without a number moved.
    var flattened: LayerShape { LayerShape(frames: frames, frequencies: 1, channels: frequencies * channels) }
    func with(channels: Int) -> LayerShape { LayerShape(frames: frames, frequencies: frequencies, channels: channels) }
}

/// A layer bound to its weights and to the shapes it runs with: immutable and shared by all calls.
struct BoundLayer: Sendable {
    let output: LayerShape
    /// What a leg remembers of it from hop to hop: zeros at the start of the leg.
    var stateFloats = 0
    /// What a run works in; of any content before and after.
    var scratchFloats = 0
    /// Of products with weights, keys, values and sums; what is done once to each activation is not counted, as in `Encoder`.
    var multiplyAccumulatesPerHop = 0
    /// Takes one hop. Does not allocate.
    let run: @Sendable (LayerRun) -> Void

    var stateBytes: Int { 4 * stateFloats }
}

/// What a layer has at hand for one hop of one leg. The output is the memory of none of the inputs.
@safe struct LayerRun {
    let inputs: UnsafePointer<UnsafePointer<Float>>
    let output: UnsafeMutablePointer<Float>
    let state: UnsafeMutablePointer<Float>
    let scratch: UnsafeMutablePointer<Float>
    /// Hops of the leg before this one.
    let hop: Int

    /// Of a layer that has one.
    var input: UnsafePointer<Float> { unsafe inputs[0] }
}
