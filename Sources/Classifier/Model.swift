import Crypto
import Foundation
import Kernels
import Spectra

/// A trained network with its front end's settings and its calibration: immutable, shared by all calls.
///
/// Everything in the file is checked before the model can be used: names, shapes, finite numbers, the layers' memory. The
/// identity is the SHA-256 over the tensors' bytes in order of name and the description string, so a result can say exactly
/// what made it.
public final class Model: Sendable {
    public let name: String
    /// 64 hexadecimal digits.
    public let identity: String
    public let frontEnd: FrontEndSettings
    public let calibration: Calibration
    public let parameterCount: Int
    /// Twice the multiply-accumulates of one second of audio.
    public let operationsPerSecond: Int
    /// The instruction level that the network runs at.
    public let kernel = kernelLevel
    /// Network outputs in one hop of the score track.
    public let outputsPerHop: Int
    let layers: [Layer]

    /// Outputs of the last layer: the synthetic and the speech logit.
    static let outputChannels = 2

    /// The model that the program ships.
    public static func bundled() throws(ModelError) -> Model {
        guard let url = Bundle.module.url(forResource: "falsetto-model", withExtension: "safetensors") else {
            throw .unreadable(path: "falsetto-model.safetensors", why: "the program's resources are missing; build it again")
        }
        return try Model(path: url.path)
    }

    public convenience init(path: String) throws(ModelError) {
        try self.init(Safetensors(path: path))
    }

    init(_ file: Safetensors) throws(ModelError) {
        guard let text = file.metadata["falsetto"] else {
            throw .malformed(path: file.path, what: "has no `falsetto` entry in its metadata")
        }
        let description: ModelDescription
        do { description = try JSONDecoder().decode(ModelDescription.self, from: Data(text.utf8)) } catch {
            throw .malformed(path: file.path, what: "description: \(Self.brief(error))")
        }
        guard description.format == ModelDescription.format else {
            throw .malformed(path: file.path, what: "format is \(description.format), this program reads \(ModelDescription.format)")
        }
        if let fault = description.frontEnd.fault { throw .malformed(path: file.path, what: "front end: \(fault)") }
        if let fault = description.calibration.fault { throw .malformed(path: file.path, what: fault) }

        name = description.name
        frontEnd = description.frontEnd
        calibration = description.calibration
        var bound: [Layer] = []
        var (frames, frequencies, channels) = (frontEnd.framesPerHop, frontEnd.binCount, 1)
        for layer in description.layers {
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
        outputsPerHop = frames
        parameterCount = bound.reduce(0) { $0 + $1.parameterCount }
        let perHop = bound.reduce(0) { $0 + $1.multiplyAccumulatesPerHop }
        operationsPerSecond = 2 * perHop * frontEnd.sampleRate / frontEnd.samplesPerHop

        var hash = SHA256()
        for name in file.tensors.keys.sorted(by: { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }) {
            hash.update(data: file.tensors[name]!.bytes)
        }
        hash.update(data: Data(text.utf8))
        identity = hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func brief(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "is not JSON" }
        func place(_ context: DecodingError.Context) -> String { context.codingPath.map(\.stringValue).joined(separator: ".") }
        switch error {
        case .keyNotFound(let key, let context):
            return "\(([place(context)] + [key.stringValue]).filter { !$0.isEmpty }.joined(separator: ".")) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return place(context).isEmpty ? "is not JSON" : "\(place(context)) has the wrong type"
        @unknown default: return "cannot be read"
        }
    }
}
