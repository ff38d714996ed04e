import Foundation
import Spectra
import TestSupport
import Testing

@testable import Classifier

func resource(_ name: String) throws -> Safetensors {
    try Safetensors(path: Bundle.module.url(forResource: name, withExtension: "safetensors")!.path)
}

/// PyTorch's features and outputs of falsetto-o, a model of format 1 that once shipped, for a signal that the project makes itself.
private let golden = try! resource("golden-o")

private func networkO() throws -> LayeredNetwork {
    guard case .layered(let network) = try formerModel().network else { throw CancellationError() }
    return network
}

/// Front end and network over all complete hops of a signal.
private func run(_ layered: LayeredNetwork, _ samples: [Float]) -> (features: [Float], outputs: [Float]) {
    let settings = layered.frontEnd
    var frontEnd = FrontEnd(settings: settings)
    var network = NetworkState(layered)
    var features: [Float] = []
    var outputs: [Float] = []
    var hop = [Float](repeating: 0, count: settings.framesPerHop * settings.binCount)
    var start = 0
    while start + settings.samplesNeededPerHop <= samples.count {
        _ = samples[start..<start + settings.samplesNeededPerHop].withUnsafeBufferPointer { samples in
            hop.withUnsafeMutableBufferPointer { frontEnd.process(samples, into: $0) }
        }
        features += hop
        hop.withUnsafeBufferPointer { outputs += Array(network.push($0)) }
        start += settings.samplesPerHop
    }
    return (features, outputs)
}

@Test("The front end of format 1 equals PyTorch's")
func frontEndEqualsPyTorch() throws {
    let theirs = try golden.floats("features")
    let settings = try networkO().frontEnd
    let mine = try run(networkO(), golden.floats("samples")).features
    // Every complete hop, and enough of them that the running mean has reached its time constant.
    let samples = try golden.floats("samples").count
    let (hop, beyond) = (settings.samplesPerHop, settings.samplesNeededPerHop - settings.samplesPerHop)
    #expect(mine.count == (samples - beyond) / hop * settings.framesPerHop * settings.binCount && mine.count <= theirs.count)
    #expect(mine.count / settings.binCount > 2 * settings.meanFrames)
    // Two FFT libraries differ in the last bits; where a bin is 60 dB below its neighbours the logarithm magnifies that.
    let differences = zip(mine, theirs).map { abs($0 - $1) }
    #expect(differences.max()! < 0.02)
    #expect(differences.reduce(0, +) / Float(differences.count) < 1e-4)
}

@Test("A network of format 1 equals PyTorch's")
func networkEqualsPyTorch() throws {
    let theirs = try golden.floats("outputs")
    let mine = try run(networkO(), golden.floats("samples")).outputs
    #expect(mine.count >= 40 && mine.count <= theirs.count)
    for (mine, theirs) in zip(mine, theirs) { #expect(abs(mine - theirs) < 2e-3 * max(1, abs(theirs))) }
    #expect(Set(mine).count > mine.count / 2)
}
