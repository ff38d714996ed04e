import Crypto
import Foundation
import Kernels
import Spectra
import Text

/// A trained network with its front end's settings and its calibration: immutable, shared by all calls.
///
/// Everything in the file is checked before the model can be used: names, shapes, finite numbers, the layers' memory. The
/// identity is the SHA-256 over the tensors' bytes in order of name and the description string, so a result can say exactly
/// what made it.
public final class Model: Sendable {
    enum Network: Sendable {
        case layered(LayeredNetwork)
        case encoding(Encoder)
    }

    public let name: String
    /// 64 hexadecimal digits.
    public let identity: String
    public let calibration: Calibration
    /// Samples a second that the model hears; what comes at another rate is resampled before.
    public let sampleRate: Int
    /// Samples that one hop of the score track spans, and those needed to hear it: the hop and what its last frame reaches beyond it.
    public let samplesPerHop: Int
    public let samplesNeededPerHop: Int
    /// What a sine at full scale gives in a band of the overview that holds nothing else.
    public let fullScalePower: Float
    public let parameterCount: Int
    /// Twice the multiply-accumulates of one second of audio.
    public let operationsPerSecond: Int
    /// The instruction level that the network runs at.
    public let kernel: String
    let network: Network

    /// Length of a hop of the score track in seconds.
    public var hopSeconds: Double { Double(samplesPerHop) / Double(sampleRate) }

    /// The model that the program ships.
    public static func bundled() throws(ModelError) -> Model { try Model(path: bundledURL.path) }

    static var bundledURL: URL {
        get throws(ModelError) {
            guard let url = Bundle.module.url(forResource: "falsetto-model", withExtension: "safetensors") else {
                throw .unreadable(path: "falsetto-model.safetensors", why: "the program's resources are missing; build it again")
            }
            return url
        }
    }

    public convenience init(path: String) throws(ModelError) {
        try self.init(Safetensors(path: path))
    }

    init(_ file: Safetensors) throws(ModelError) {
        do { kernel = try KernelSet.chosen().name } catch { throw .kernels(why: error.description) }
        guard let text = file.metadata["falsetto"] else {
            throw .malformed(path: file.path, what: "has no `falsetto` entry in its metadata")
        }
        let description: ModelDescription
        do { description = try JSONDecoder().decode(ModelDescription.self, from: Data(text.utf8)) } catch let fault as ModelDescription.Fault {
            throw .malformed(path: file.path, what: fault.what)
        } catch { throw .malformed(path: file.path, what: "description: \(Self.brief(error))") }
        if let fault = description.calibration.fault { throw .malformed(path: file.path, what: fault) }

        name = description.name
        calibration = description.calibration
        let multiplyAccumulatesPerHop: Int
        switch description.network {
        case .layers(let layers, let frontEnd):
            if let fault = frontEnd.fault { throw .malformed(path: file.path, what: "front end: \(fault)") }
            let bound = try LayeredNetwork(layers, frontEnd: frontEnd, from: file)
            network = .layered(bound)
            (sampleRate, samplesPerHop, samplesNeededPerHop) = (frontEnd.sampleRate, frontEnd.samplesPerHop, frontEnd.samplesNeededPerHop)
            fullScalePower = Self.fullScalePower(frameSamples: frontEnd.frameSamples)
            parameterCount = bound.parameterCount
            multiplyAccumulatesPerHop = bound.multiplyAccumulatesPerHop
        case .encoder(let shape, let frontEnd):
            if let fault = frontEnd.fault { throw .malformed(path: file.path, what: "front end: \(fault)") }
            let bound = try Encoder(shape, frontEnd: frontEnd, from: file)
            network = .encoding(bound)
            (sampleRate, samplesPerHop, samplesNeededPerHop) = (frontEnd.sampleRate, frontEnd.samplesPerHop, frontEnd.samplesNeededPerHop)
            fullScalePower = Self.fullScalePower(frameSamples: frontEnd.frameSamples)
            parameterCount = bound.parameterCount
            multiplyAccumulatesPerHop = bound.multiplyAccumulatesPerHop
        }
        operationsPerSecond = 2 * multiplyAccumulatesPerHop * sampleRate / samplesPerHop

        var hash = SHA256()
        for name in file.tensors.keys.sorted(by: { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }) {
            hash.update(data: file.tensors[name]!.bytes)
        }
        hash.update(data: Data(text.utf8))
        identity = hash.finalize().hexadecimal
    }

    /// A sine's spectrum through a Hann window of N samples peaks at N / 4.
    private static func fullScalePower(frameSamples: Int) -> Float { Float(frameSamples * frameSamples) / 16 }

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
