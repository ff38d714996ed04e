import Foundation
import Kernels
import Spectra
import Testing

@testable import Classifier

/// Numbers between -1 and 1 from a linear congruential generator.
private func drawn(_ count: Int, seed: UInt64, scale: Float = 1) -> [Float] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return scale * Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
    }
}

/// A file of drawn float32 tensors; weights are scaled so that sums over `inputs` stay around 1.
private struct DrawnTensors {
    private(set) var values: [String: (shape: [Int], numbers: [Float])] = [:]

    mutating func add(_ name: String, _ shape: [Int], inputs: Int = 1) {
        let count = shape.reduce(1, *)
        values[name] = (shape, drawn(count, seed: UInt64(17 + values.count), scale: 1 / Float(inputs).squareRoot()))
    }

    mutating func addDense(_ name: String, outputs: Int, inputs: Int) {
        add("\(name).weight", [outputs, inputs], inputs: inputs)
        add("\(name).bias", [outputs])
    }

    func file() throws -> Safetensors {
        var header: [String: Any] = [:]
        var body = Data()
        for name in values.keys.sorted() {
            let start = body.count
            for number in values[name]!.numbers { withUnsafeBytes(of: number.bitPattern.littleEndian) { body.append(contentsOf: $0) } }
            header[name] = ["dtype": "F32", "shape": values[name]!.shape, "data_offsets": [start, body.count]] as [String: Any]
        }
        let json = try JSONSerialization.data(withJSONObject: header)
        return try Safetensors(data: withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) } + json + body, path: "drawn")
    }
}

/// A dense layer in double precision: [rows][outputs].
private func dense(_ rows: [[Double]], _ tensors: DrawnTensors, _ name: String) -> [[Double]] {
    let (weight, bias) = (tensors.values["\(name).weight"]!, tensors.values["\(name).bias"]!.numbers)
    let inputs = weight.shape[1]
    return rows.map { row in
        bias.indices.map { o in (0..<inputs).reduce(Double(bias[o])) { $0 + Double(weight.numbers[o * inputs + $1]) * row[$1] } }
    }
}

/// A frame at a time equals all at once, a kind at a time. Where a layer's sums do not depend on how many rows it is given, that is to the bit.
@Suite struct LayerTests {
    private let width = 64, heads = 2, frames = 40

    private var input: [Float] { drawn(frames * width, seed: 5) }

    @Test("Attention through a ring equals attention written out over all frames", arguments: [1, 4])
    func attention(hop: Int) throws {
        let cycle = 12
        var tensors = DrawnTensors()
        tensors.addDense("a.projections", outputs: 3 * width, inputs: width)
        tensors.addDense("a.attentionOutput", outputs: width, inputs: width)
        var binder = TensorBinder(try tensors.file())
        let layer = try Attention("a", width: width, heads: heads, cycle: cycle, from: &binder)
        let input = input.map { 3 * $0 }
        // What is in the state before the first frame must not matter.
        let state = UnsafeMutablePointer<Float>.allocate(capacity: layer.stateFloats)
        defer { state.deallocate() }
        state.initialize(repeating: .nan, count: layer.stateFloats)
        var scratch = [Float](repeating: .nan, count: layer.scratchFloats(rows: hop))
        var mine: [Float] = []
        for start in stride(from: 0, to: frames, by: hop) {
            var sum = [Float](repeating: 0.5, count: hop * width)
            input.withUnsafeBufferPointer {
                layer.run(
                    $0.baseAddress! + start * width, rows: hop, pasts: [Past(heard: start, state: state)], addTo: &sum, scratch: &scratch)
            }
            mine += sum
        }

        let rows = (0..<frames).map { f in (0..<width).map { Double(input[f * width + $0]) } }
        let projected = dense(rows, tensors, "a.projections")
        let headWidth = width / heads
        let attended = (0..<frames).map { frame -> [Double] in
            // A hop sees itself as a whole, and as much before it as the ring holds.
            let end = (frame / hop + 1) * hop
            let keys = max(0, end - cycle)..<end
            return (0..<heads).flatMap { head -> [Double] in
                let at = head * headWidth
                let scores: [Double] = keys.map { key in
                    let product: Double = (0..<headWidth).reduce(0) { $0 + projected[frame][at + $1] * projected[key][width + at + $1] }
                    return product / Double(headWidth).squareRoot()
                }
                let shares = scores.map { exp($0 - scores.max()!) }
                let total = shares.reduce(0, +)
                return (0..<headWidth).map { c in
                    zip(keys, shares).reduce(0.0) { $0 + $1.1 / total * projected[$1.0][2 * width + at + c] }
                }
            }
        }
        let expected = dense(attended, tensors, "a.attentionOutput").flatMap { $0.map { $0 + 0.5 } }
        #expect(mine.count == expected.count)
        // Single precision through two layers, and the kernels' approximate exponential.
        for (mine, theirs) in zip(mine, expected) { #expect(abs(Double(mine) - theirs) < 1e-4 * max(1, abs(theirs))) }
        #expect(Set(mine).count > mine.count / 2)
    }

    @Test("A normalisation, a feed-forward layer and a convolution over frames give a frame what they give all frames at once")
    func framesAlone() throws {
        var tensors = DrawnTensors()
        for name in ["n.gamma", "n.beta"] { tensors.add(name, [width]) }
        tensors.addDense("f.inner", outputs: 96, inputs: width)
        tensors.addDense("f.outer", outputs: width, inputs: 96)
        tensors.addDense("c", outputs: 48, inputs: FrameConvolution.taps * width)
        var binder = TensorBinder(try tensors.file())
        let norm = try LayerNorm("n", width: width, from: &binder)
        let feedForward = try FeedForward("f", width: width, inner: 96, from: &binder)
        let convolution = try FrameConvolution("c", inputs: width, outputs: 48, stride: 2, from: &binder)
        try binder.refuseOthers()
        let input = input
        let outputs = (frames - FrameConvolution.taps) / 2 + 1

        /// So many rows at a time.
        func run(_ rows: Int) -> [[Float]] {
            var normed = [Float](repeating: .nan, count: frames * width)
            var fed = [Float](repeating: 1, count: frames * width)
            var convolved = [Float](repeating: .nan, count: outputs * 48)
            var scratch = [Float](repeating: .nan, count: rows * 96)
            input.withUnsafeBufferPointer { input in
                normed.withUnsafeMutableBufferPointer { normed in
                    fed.withUnsafeMutableBufferPointer { fed in
                        for start in stride(from: 0, to: frames, by: rows) {
                            let (place, count) = (start * width, min(rows, frames - start))
                            norm.run(input.baseAddress! + place, rows: count, output: normed.baseAddress! + place)
                            feedForward.run(input.baseAddress! + place, rows: count, addTo: fed.baseAddress! + place, scratch: &scratch)
                        }
                    }
                }
                convolved.withUnsafeMutableBufferPointer { convolved in
                    for start in stride(from: 0, to: outputs, by: rows) {
                        convolution.run(
                            input.baseAddress! + start * 2 * width, rows: min(rows, outputs - start), output: convolved.baseAddress! + start * 48)
                    }
                }
            }
            return [normed, fed, convolved]
        }
        let (one, some, all) = (run(1), run(7), run(frames))
        #expect(one == all && some == all)
        #expect(all.allSatisfy { $0.allSatisfy(\.isFinite) && Set($0).count > $0.count / 4 })
    }

    @Test("Convolutions over time and frequency give a frame at a time what they give all frames at once")
    func convolutions() throws {
        let bins = 9
        let layers = """
            [{"name":"a","in":1,"out":4,"kernel":[3,3],"stride":[1,1],"dilation":2,"padFrequency":1,"activation":"relu","residual":false,\
            "flatten":false,"depthwise":false},
            {"name":"b","in":4,"out":4,"kernel":[3,3],"stride":[1,1],"dilation":1,"padFrequency":1,"activation":"relu","residual":true,\
            "flatten":false,"depthwise":true},
            {"name":"c","in":36,"out":2,"kernel":[4,1],"stride":[1,1],"dilation":1,"padFrequency":0,"activation":"none","residual":false,\
            "flatten":true,"depthwise":false}]
            """
        var tensors = DrawnTensors()
        for (name, shape) in [("a", [3, 3, 1, 4]), ("b", [3, 3, 1, 4]), ("c", [4, 1, 36, 2])] {
            tensors.add("\(name).weight", shape, inputs: shape[0] * shape[1] * shape[2])
            tensors.add("\(name).bias", [shape[3]])
        }
        let file = try tensors.file()
        let entries = try JSONDecoder().decode([FormerLayer].self, from: Data(layers.utf8)).map { try $0.entry() }
        let features = drawn(frames * bins, seed: 9)

        /// So many frames at a time.
        func run(_ framesPerHop: Int) throws -> [Float] {
            let settings = """
                {"absoluteFloor":1e-7,"binCount":\(bins),"clampHigh":4,"clampLow":-5,"floorBelowPeak":3e-6,"frameSamples":512,\
                "framesPerHop":\(framesPerHop),"gateBelowPeak":5,"hopSamples":200,"levelHighBin":9,"levelLowBin":1,"meanFrames":240,\
                "peakDecayPerFrame":0.0086,"sampleRate":16000,"scale":0.5}
                """
            let frontEnd = try JSONDecoder().decode(FrontEndSettings.self, from: Data(settings.utf8))
            var state = NetworkState(try LayeredNetwork(entries, frontEnd: frontEnd, from: file))
            var outputs: [Float] = []
            for start in stride(from: 0, to: frames, by: framesPerHop) {
                features[start * bins..<(start + framesPerHop) * bins].withUnsafeBufferPointer { outputs += Array(state.push($0)) }
            }
            return outputs
        }
        let all = try run(frames)
        #expect(all.count == 2 * frames && Set(all).count > frames)
        #expect(try run(1) == all)
        #expect(try run(8) == all)
    }

    @Test("Statistics pooled over the hops of a window are those of all its frames at once")
    func statistics() {
        let (channels, hop, window) = (3, 5, 4)
        var statistics = HopStatistics(channelCount: channels, windowHops: window)
        let frames = drawn(8 * hop * channels, seed: 3)
        var pooled = [Float](repeating: .nan, count: 3 * channels)
        for start in 0..<8 {
            frames.withUnsafeBufferPointer {
                statistics.take($0.baseAddress! + start * hop * channels, less: nil, frameCount: hop, width: channels, asChannelsFrom: 0)
            }
            statistics.keep()
        }
        statistics.pool(window: true, into: &pooled)
        for channel in 0..<channels {
            // The last four hops, written out. Steps are counted within hops.
            let values = (4 * hop..<8 * hop).map { Double(frames[$0 * channels + channel]) }
            func average(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
            let squares: [Double] = values.map { $0 * $0 }
            let mean = average(values)
            let deviation = (average(squares) - mean * mean).squareRoot()
            let within: [Int] = (1..<values.count).filter { $0 % hop != 0 }
            let steps: [Double] = within.map { at in
                let step = values[at] - values[at - 1]
                return step * step
            }
            let step = average(steps).squareRoot()
            for (mine, theirs) in zip([0, channels, 2 * channels].map { pooled[$0 + channel] }, [mean, deviation, step]) {
                #expect(abs(Double(mine) - theirs) < 1e-5)
            }
        }
    }
}
