import Foundation
import Spectra
import Testing

@testable import Classifier

/// PyTorch's features and outputs for a signal that the project makes itself: written by Tools/training at export, from the
/// very weights that the package ships.
let golden = try! Safetensors(path: Bundle.module.url(forResource: "golden", withExtension: "safetensors")!.path)

/// Front end and network over all complete hops of a signal.
func run(_ model: Model, _ samples: [Float]) -> (features: [Float], outputs: [Float]) {
    var frontEnd = FrontEnd(settings: model.frontEnd)
    var network = NetworkState(model: model)
    var features: [Float] = []
    var outputs: [Float] = []
    var hop = [Float](repeating: 0, count: model.frontEnd.framesPerHop * model.frontEnd.binCount)
    var start = 0
    while start + model.frontEnd.samplesNeededPerHop <= samples.count {
        _ = samples[start..<start + model.frontEnd.samplesNeededPerHop].withUnsafeBufferPointer { samples in
            hop.withUnsafeMutableBufferPointer { frontEnd.process(samples, into: $0) }
        }
        features += hop
        hop.withUnsafeBufferPointer { outputs += Array(network.push($0)) }
        start += model.frontEnd.samplesPerHop
    }
    return (features, outputs)
}

@Test("The front end equals PyTorch's")
func frontEndEqualsPyTorch() throws {
    let theirs = try golden.floats("features")
    let model = try Model.bundled()
    let mine = try run(model, golden.floats("samples")).features
    // Every complete hop, and enough of them that the running mean has reached its time constant.
    let samples = try golden.floats("samples").count
    let (hop, beyond) = (model.frontEnd.samplesPerHop, model.frontEnd.samplesNeededPerHop - model.frontEnd.samplesPerHop)
    #expect(mine.count == (samples - beyond) / hop * model.frontEnd.framesPerHop * model.frontEnd.binCount && mine.count <= theirs.count)
    #expect(mine.count / model.frontEnd.binCount > 2 * model.frontEnd.meanFrames)
    // Two FFT libraries differ in the last bits; where a bin is 60 dB below its neighbours the logarithm magnifies that.
    let differences = zip(mine, theirs).map { abs($0 - $1) }
    #expect(differences.max()! < 0.02)
    #expect(differences.reduce(0, +) / Float(differences.count) < 1e-4)
}

@Test("The network equals PyTorch's")
func networkEqualsPyTorch() throws {
    let theirs = try golden.floats("outputs")
    let mine = try run(Model.bundled(), golden.floats("samples")).outputs
    #expect(mine.count >= 40 && mine.count <= theirs.count)
    for (mine, theirs) in zip(mine, theirs) { #expect(abs(mine - theirs) < 2e-3 * max(1, abs(theirs))) }
    #expect(Set(mine).count > mine.count / 2)
}

@Test("The shipped model keeps the budget of 50 MFLOP a second and a million parameters")
func budgetIsKept() throws {
    let model = try Model.bundled()
    #expect(model.operationsPerSecond <= 50_000_000)
    #expect(model.parameterCount <= 1_000_000)
    #expect(model.identity.count == 64)
}
