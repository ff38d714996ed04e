import Foundation
import Testing

@testable import Classifier

/// A small random network of every kind of layer and every option, of format 2, and PyTorch's output of each of its layers for some features;
/// `python -m falsetto_training.layers` writes both.
private let url = Bundle.module.url(forResource: "layers", withExtension: "safetensors")!
private let file = try! resource("layers")
private let golden = try! resource("golden-layers")
private let hops = 5

private struct Listed: Decodable { var layers: [LayerEntry] }
private let entries = try! JSONDecoder().decode(Listed.self, from: Data(file.metadata["falsetto"]!.utf8)).layers

private func network() throws -> LayeredNetwork {
    guard case .layered(let network) = try Model(path: url.path).network else { throw CancellationError() }
    return network
}

/// One layer by itself over the whole leg, so many of its input frames a hop, fed with what PyTorch gave the layer to read.
private func run(_ index: Int, framesPerHop: Int) throws -> [Float] {
    let entry = entries[index]
    let names = entry.inputs ?? [index == 0 ? LayerEntry.features : entries[index - 1].name]
    let inputs = try names.map { try golden.floats($0) }
    let shapes = names.map { name in
        let shape = golden.tensors[name]!.shape
        let whole = LayerShape(frames: framesPerHop, frequencies: shape[1], channels: shape[2])
        return entry.flatten ? whole.flattened : whole
    }
    var binder = TensorBinder(file)
    let layer = try entry.description.kind.bind(entry.name, to: shapes, from: &binder)
    let (state, scratch) = (Floats(layer.stateFloats), Floats(layer.scratchFloats))
    // What is in the scratch must not matter.
    scratch.start.update(repeating: .nan, count: scratch.count)
    let leg = Floats(inputs.reduce(0) { $0 + $1.count })
    var starts: [UnsafePointer<Float>] = []
    for input in inputs {
        let start = starts.isEmpty ? leg.start : UnsafeMutablePointer(mutating: starts.last!) + inputs[starts.count - 1].count
        start.update(from: input, count: input.count)
        starts.append(UnsafePointer(start))
    }
    var outputs: [Float] = []
    for hop in 0..<inputs[0].count / shapes[0].count {
        var output = [Float](repeating: .nan, count: layer.output.count)
        let places = zip(starts, shapes).map { $0 + hop * $1.count }
        places.withUnsafeBufferPointer { places in
            output.withUnsafeMutableBufferPointer {
                layer.run(
                    LayerRun(inputs: places.baseAddress!, output: $0.baseAddress!, state: state.start, scratch: scratch.start, hop: hop))
            }
        }
        outputs += output
    }
    return outputs
}

/// Single precision, sums in another order, through one layer.
private func differs(_ mine: [Float], _ theirs: [Float]) -> Bool {
    mine.count != theirs.count || zip(mine, theirs).contains { !(abs($0 - $1) < 2e-5 * max(1, abs($1))) }
}

@Suite struct LayerKindTests {
    @Test("Each layer equals PyTorch's, and a frame at a time equals all at once", arguments: entries.indices)
    func oneLayer(index: Int) throws {
        let entry = entries[index]
        let theirs = try golden.floats(entry.name)
        let frames = golden.tensors[index == 0 ? LayerEntry.features : entries[index - 1].name]!.shape[0]
        #expect(Set(theirs).count > theirs.count / 4, "\(entry.name) says little")
        let all = try run(index, framesPerHop: frames / hops)
        #expect(!differs(all, theirs), "\(entry.name)")
        // Attention's frames see the rest of their hop: another hop is another layer.
        if case .attention = entry.description { return }
        var least = 1
        if case .convolution(let convolution) = entry.description { least = convolution.stride[0] }
        for framesPerHop in [least, frames / 8, frames] { #expect(try run(index, framesPerHop: framesPerHop) == all, "\(entry.name)") }
    }

    @Test("A network of every kind equals PyTorch's, and legs heard in turn are each heard as alone")
    func wholeNetwork() throws {
        let (network, features, theirs) = (try network(), try golden.floats("features"), try golden.floats("head"))
        let size = features.count / hops
        /// One hop of a leg, turned about in the other.
        func push(_ state: inout NetworkState, _ hop: Int, turned: Bool) -> [Float] {
            let part = features[hop * size..<(hop + 1) * size].map { turned ? -$0 : $0 }
            return part.withUnsafeBufferPointer { Array(state.push($0)) }
        }
        var first = NetworkState(network)
        var second = NetworkState(network)
        var (mine, other): ([Float], [Float]) = ([], [])
        for hop in 0..<hops {
            mine += push(&first, hop, turned: false)
            other += push(&second, hop, turned: true)
        }
        // Two dozen layers one behind the other.
        #expect(mine.count == theirs.count && zip(mine, theirs).allSatisfy { abs($0 - $1) < 2e-4 * max(1, abs($1)) })
        var alone = NetworkState(network)
        #expect((0..<hops).flatMap { push(&alone, $0, turned: true) } == other)
        #expect(mine != other)
    }

    @Test("A model of layers is heard from its file on: every hop says something, whatever is in it")
    func endToEnd() throws {
        let model = try Model(path: url.path)
        let samples = try resource("golden").floats("samples")
        let ear = Ear(model: model)
        var heard: [Heard] = []
        for start in stride(from: 0, through: samples.count - model.samplesNeededPerHop, by: model.samplesPerHop) {
            samples[start..<start + model.samplesNeededPerHop].withUnsafeBufferPointer {
                heard.append(ear.hear($0, soundCount: samples.count - start, missing: nil))
            }
        }
        #expect(heard.count > 300 && heard.allSatisfy { $0.evidence.isFinite && 0...1 ~= $0.speechProbability })
        #expect(Set(heard.map(\.evidence)).count > heard.count / 2 && Set(heard.map(\.isSpeech)).count == 2)

        #expect(model.parameterCount == file.tensors.values.reduce(0) { $0 + $1.shape.reduce(1, *) })
        // A hop's eight frames behind the first layer; 28, 14 and 7 frequencies.
        let convolutions = 8 * (28 * 4 * 4 * 3 + 14 * 6 * 3 * 3 * 2 + 7 * 6 * 3 * 3 + 7 * 8 * 6 + 32 * 3 * 56)
        let rest = 8 * (4 * 32 * 32 + 2 * 24 * 32 + 3 * 8 * (32 + 8) + 8 * 32 + 8 * 42)
        let end = 8 * (3 * 5 * 8 + 3 * 4 * 8 + 2 * (6 * 24 + 8))
        #expect(model.operationsPerSecond == 20 * (convolutions + rest + end))
    }

    private func refusal(_ change: (inout [[String: Any]]) -> Void) throws -> String {
        failure(
            try altering(Data(contentsOf: url)) { description in
                var layers = description["layers"] as! [[String: Any]]
                change(&layers)
                description["layers"] = layers
            })
    }

    /// Changes one layer's keys; nil takes one away.
    private func refusal(_ name: String, _ keys: [String: Any?]) throws -> String {
        try refusal { layers in
            let place = layers.firstIndex { $0["name"] as! String == name }!
            for (key, value) in keys { layers[place][key] = value }
        }
    }

    @Test(
        "Unknown keys, kinds and words, missing ones and sizes out of range are refused with the layer's name",
        arguments: [
            ("plane", "colour", 1, "colour is no key of its kind"), ("plane", "kind", "lstm", "kind is lstm, this program has convolution, dense"),
            ("norm", "out", 8, "out is no key of its kind"), ("mix", "out", nil, "out is missing"), ("mix", "kind", nil, "kind is missing"),
            ("mix", "out", "8", "out has the wrong type"), ("gru", "inputs", "added", "inputs has the wrong type"),
            ("plane", "activation", "gelu", "activation is gelu, must be none or relu"),
            ("silu", "function", "tanh", "function is tanh, must be relu or gelu or silu"),
            ("leg", "memory", "call", "memory is call, must be running or window or leg"),
            ("window", "decay", 0.5, "decay is no key of its kind"), ("window", "frames", nil, "frames is missing"),
            ("mix", "out", 0, "out is 0, not from 1 to 4096"), ("gru", "out", 5000, "out is 5000, not from 1 to 4096"),
            ("plane", "out", 4097, "a size is outside 1...4096"), ("plane", "padFrequency", -1, "padFrequency outside 0...64"),
            ("plane", "kernel", [4], "need two numbers each"), ("plane", "kernel", [1, 3], "the kernel is shorter than the stride"),
            ("plane", "stride", [3, 1], "does not fit 16 frames of 56"), ("groups", "groups", 3, "3 groups do not divide 4 channels into 6"),
            ("attention", "heads", 2, "2 heads do not divide a width of 32 into multiples of 32"),
            ("attention", "contextFrames", 12, "contextFrames is 12, not a multiple of 8 up to 1500"),
            ("running", "decay", 1, "decay is 1.0, not between 0 and 1"), ("window", "frames", 0, "frames is 0, not from 1 to 65536"),
        ] as [(String, String, (any Sendable)?, String)])
    func faultyEntries(name: String, key: String, value: (any Sendable)?, words: String) throws {
        let said = try refusal(name, [key: value])
        #expect(said.contains("layer \(name): ") && said.contains(words) && said.hasSuffix("use an unchanged model file"), "\(said)")
    }

    @Test("Layers that do not fit each other are refused with the layer's name")
    func faultyNetworks() throws {
        #expect(try refusal("gru", ["inputs": ["sum"]]).contains("layer gru reads sum, and no layer before it is called so"))
        #expect(try refusal("plane", ["inputs": ["head"]]).contains("layer plane reads head, and no layer before it is called so"))
        #expect(try refusal("gelu", ["name": "plane"]).contains("layer plane: another is called so"))
        #expect(try refusal("plane", ["name": "features"]).contains("layer features: another is called so, or it is the name of the front end's"))
        #expect(try refusal("gate", ["inputs": ["narrow"]]).contains("layer gate: reads 1 layers, its kind 2...2"))
        #expect(try refusal("norm", ["inputs": ["gelu", "line"]]).contains("layer norm: reads 2 layers, its kind 1...1"))
        #expect(try refusal("added", ["inputs": ["gelu", "mix"]]).contains("layer added: its inputs do not fit each other: 8 x 1 x 32, 8 x 7 x 8"))
        #expect(try refusal("beside", ["inputs": ["gru", "silu"]]).contains("layer beside: its inputs do not fit each other"))
        #expect(try refusal("gru", ["inputs": ["silu"]]).contains("layer gru: needs one frequency, not 7; `flatten` makes channels of them"))
        #expect(try refusal("leg", ["inputs": ["silu"]]).contains("layer leg: needs one frequency, not 7"))
        #expect(try refusal("attention", ["inputs": ["silu"]]).contains("layer attention: needs one frequency, not 7"))
        #expect(try refusal("window", ["inputs": ["added"], "frames": 65_536]).contains("layer window: would remember"))
        #expect(try refusal { $0.removeLast() }.contains("the layers end in 1 x 152 numbers a frame, not 1 x 2"))
        let idle = ["name": "idle", "kind": "activation", "function": "relu", "inputs": ["gru"]] as [String: Any]
        #expect(try refusal { $0.insert(idle, at: $0.count - 2) }.contains("layer idle: no layer reads it"))
        let both = try altering(Data(contentsOf: url)) { $0["encoder"] = [String: Any]() }
        #expect(failure(both).contains("needs one of `encoder` and `layers`"))
        let neither = try altering(Data(contentsOf: url)) { $0.removeValue(forKey: "layers") }
        #expect(failure(neither).contains("needs one of `encoder` and `layers`"))
    }

    @Test("A layer's missing, superfluous or misshapen tensor is refused by its name, and so is one that two layers claim")
    func faultyTensors() throws {
        let data = try Data(contentsOf: url)
        let missing = ["plane.weight", "mix.bias", "norm.gamma", "gru.recurrent.weight", "attention.projections.weight", "running.bias"]
        for name in missing {
            #expect(failure(try altered(data) { $0["odd"] = $0.removeValue(forKey: name) }).contains("tensor \(name): is missing"))
            let reshaped = try altered(data) { header in
                var entry = header[name] as! [String: Any]
                entry["shape"] = [1] + (entry["shape"] as! [Int])
                header[name] = entry
            }
            #expect(failure(reshaped).contains("tensor \(name) has shape [1, "))
        }
        // Without the layer, its tensors are left.
        let left = try refusal { layers in
            layers.removeAll { $0["name"] as! String == "leg" || $0["name"] as! String == "legGated" }
            // As many channels beside each other as before.
            let instead = ["gate", "gate", "gate", "gate", "gate", "gate"]
            layers[layers.count - 2]["inputs"] = ["running", "runningPlain", "window", "windowGated", "gru"] + instead
        }
        #expect(left.contains("tensor legGated.bias: belongs to no layer"))
        let twice = try refusal("narrow", ["name": "gru.input", "out": 24])
        #expect(twice.contains("tensor gru.input.bias: belongs to two layers"))
    }
}
