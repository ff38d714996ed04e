import Spectra

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A network of format 1: layers over a normalised log spectrum.
struct LayeredNetwork: Sendable {
    let frontEnd: FrontEndSettings
    let layers: [Layer]

    /// Outputs of the last layer: the synthetic and the speech logit.
    static let outputChannels = 2

    /// Network outputs in one hop of the score track.
    var outputsPerHop: Int { layers[layers.count - 1].outputFrames }

    /// Binds the layers to a file's tensors after checking every shape.
    init(_ descriptions: [LayerDescription], frontEnd: FrontEndSettings, from file: Safetensors) throws(ModelError) {
        self.frontEnd = frontEnd
        var bound: [Layer] = []
        var (frames, frequencies, channels) = (frontEnd.framesPerHop, frontEnd.binCount, 1)
        for layer in descriptions {
            guard !bound.contains(where: { $0.name == layer.name }) else {
                throw .malformed(path: file.path, what: "two layers are called \(layer.name)")
            }
            let next = try Layer(layer, frames: frames, frequencies: frequencies, channels: channels, from: file)
            bound.append(next)
            (frames, frequencies, channels) = (next.outputFrames, next.outputFrequencies, next.outputChannels)
        }
        guard !bound.isEmpty, frequencies == 1, channels == Self.outputChannels else {
            throw .malformed(path: file.path, what: "the layers end in \(frequencies) x \(channels) numbers a frame, not 1 x 2")
        }
        let expected = Set(bound.flatMap { ["\($0.name).weight", "\($0.name).bias"] })
        if let extra = file.tensors.keys.filter({ !expected.contains($0) }).min() {
            throw .tensor(path: file.path, name: extra, what: "belongs to no layer")
        }
        layers = bound
    }
}

/// One leg heard by a model of format 1.
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
