import Spectra

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A network of layers over a normalised log spectrum: all of a model of format 1, and what one of format 2 has instead of an encoder.
struct LayeredNetwork: Sendable {
    struct Step: Sendable {
        let layer: BoundLayer
        /// The steps whose outputs it reads; nil for the features.
        let sources: [Int?]
        /// Which of the buffers takes its output: one that nothing reads any more.
        var place = 0
    }

    /// Bytes that a layer may remember a leg, and give or work in a hop: 4 MiB, far more than any model within the budget needs.
    private static let largestMemory = 4 << 20
    /// Outputs of the last layer: the synthetic and the speech logit.
    static let outputChannels = 2

    let frontEnd: FrontEndSettings
    let steps: [Step]
    /// Floats of each buffer for outputs.
    let places: [Int]
    let parameterCount: Int

    /// Network outputs in one hop of the score track.
    var outputsPerHop: Int { steps[steps.count - 1].layer.output.frames }
    var multiplyAccumulatesPerHop: Int { steps.reduce(0) { $0 + $1.layer.multiplyAccumulatesPerHop } }

    /// Binds the layers to a file's tensors after checking every shape.
    init(_ entries: [LayerEntry], frontEnd: FrontEndSettings, from file: Safetensors) throws(ModelError) {
        self.frontEnd = frontEnd
        var binder = TensorBinder(file)
        var steps: [Step] = []
        var known = [LayerEntry.features: nil as Int?]
        var previous = LayerEntry.features
        var read: Set<String> = []
        for entry in entries {
            let names = entry.inputs ?? [previous]
            var (sources, shapes): ([Int?], [LayerShape]) = ([], [])
            for name in names {
                guard let source = known[name] else {
                    throw .malformed(path: file.path, what: "layer \(entry.name) reads \(name), and no layer before it is called so")
                }
                let shape =
                    source.map { steps[$0].layer.output }
                    ?? LayerShape(frames: frontEnd.framesPerHop, frequencies: frontEnd.binCount, channels: 1)
                sources.append(source)
                shapes.append(entry.flatten ? shape.flattened : shape)
            }
            try binder.check(entry.name, known[entry.name] == nil, "another is called so, or it is the name of the front end's output")
            let (kind, count) = (entry.description.kind, names.count)
            try binder.check(entry.name, kind.inputCount ~= count, "reads \(count) layers, its kind \(kind.inputCount)")
            let layer = try kind.bind(entry.name, to: shapes, from: &binder)
            for (what, bytes) in [("remember", layer.stateBytes), ("give", 4 * layer.output.count), ("work in", 4 * layer.scratchFloats)] {
                try binder.check(entry.name, bytes <= Self.largestMemory, "would \(what) \(bytes) bytes, more than \(Self.largestMemory)")
            }
            known[entry.name] = steps.count
            steps.append(Step(layer: layer, sources: sources))
            previous = entry.name
            read.formUnion(names)
        }
        guard let last = steps.last?.layer.output, last.frequencies == 1, last.channels == Self.outputChannels else {
            let end = steps.last.map { "\($0.layer.output.frequencies) x \($0.layer.output.channels)" } ?? "no"
            throw .malformed(path: file.path, what: "the layers end in \(end) numbers a frame, not 1 x 2")
        }
        if let idle = entries.dropLast().first(where: { !read.contains($0.name) }) {
            throw .malformed(path: file.path, what: "layer \(idle.name): no layer reads it")
        }
        try binder.refuseOthers()
        places = Self.place(&steps)
        self.steps = steps
        parameterCount = binder.parameterCount
    }

    /// Gives each step's output a buffer: one whose last reader has run, or a new one.
    /// - Returns: floats of each buffer.
    private static func place(_ steps: inout [Step]) -> [Int] {
        var (sizes, free): ([Int], [Int]) = ([], [])
        var lastReader: [Int: Int] = [:]
        for (index, step) in steps.enumerated() { for case let source? in step.sources { lastReader[source] = index } }
        for index in steps.indices {
            let place = free.popLast() ?? sizes.count
            if place == sizes.count { sizes.append(0) }
            sizes[place] = max(sizes[place], steps[index].layer.output.count)
            steps[index].place = place
            for source in Set(steps[index].sources.compactMap(\.self)) where lastReader[source] == index { free.append(steps[source].place) }
        }
        return sizes
    }
}

/// One leg heard by a network of layers.
@safe final class LayeredEar {
    private var frontEnd: FrontEnd
    private var network: NetworkState
    private let features: Floats
    private(set) var heard = Heard(powers: BandPowers())

    init(_ network: LayeredNetwork) {
        frontEnd = FrontEnd(settings: network.frontEnd)
        self.network = NetworkState(network)
        features = Floats(network.frontEnd.framesPerHop * network.frontEnd.binCount)
    }

    /// As `Ear.listen`.
    func listen(_ samples: UnsafeBufferPointer<Float>, isWhole: Bool, overview: UnsafeMutableBufferPointer<Float>?) {
        let room = unsafe UnsafeMutableBufferPointer(start: features.start, count: features.count)
        heard = unsafe Heard(powers: frontEnd.process(samples, into: room, overview: overview))
        unsafe reduce(network.push(UnsafeBufferPointer(room)), into: &heard)
        heard.isSpeech = heard.speechProbability >= Heard.speechThreshold && isWhole
    }

    /// Speech probability of a hop: the mean over its outputs. Evidence: their synthetic logits, weighted with how likely
    /// each is to be speech, so that a pause inside the hop says nothing.
    private func reduce(_ outputs: UnsafeBufferPointer<Float>, into heard: inout Heard) {
        var weighted: Float = 0
        var weights: Float = 0
        let count = outputs.count / 2
        for index in 0..<count {
            let probability = unsafe 1 / (1 + expf(-outputs[2 * index + 1]))
            unsafe weighted += probability * outputs[2 * index]
            weights += probability
        }
        heard.evidence = weights > 0 ? weighted / weights : 0
        heard.speechProbability = weights / Float(count)
    }
}
