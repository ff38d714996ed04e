import Kernels

/// One dense layer of the network that the kernels are made for.
struct DenseCase {
    let inputs: Int
    let outputs: Int
    var activation = Activation.none
    var accumulate = false

    static let all = [
        DenseCase(inputs: 240, outputs: 512, activation: .gelu), DenseCase(inputs: 1536, outputs: 512, activation: .gelu),
        DenseCase(inputs: 512, outputs: 1536), DenseCase(inputs: 512, outputs: 512, accumulate: true),
        DenseCase(inputs: 512, outputs: 2048, activation: .gelu), DenseCase(inputs: 2048, outputs: 512, accumulate: true),
    ]

    var name: String { "\(inputs) -> \(outputs)" + (activation == .gelu ? " gelu" : "") + (accumulate ? " added" : "") }

    /// As many matrices as make 8 M weights, 32 MB of float32: in a network each is read once a block of rows and out of the caches by then.
    var matrices: Int { max(1, 8_000_000 / (inputs * outputs)) }
}

func randomNumbers(_ count: Int) -> [Float] {
    var state: UInt64 = 1
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
    }
}

/// Seconds of each of several samples, after one that is thrown away.
func timed(samples: Int, _ body: () -> Void) -> [Double] {
    (0...samples).map { _ in
        ContinuousClock().measure(body) / .seconds(1)
    }.dropFirst().map { $0 }
}

/// Operations a second of the best and of the median sample, in thousand millions.
struct Rate {
    let best: Double
    let median: Double

    init(operations: Double, seconds: [Double]) {
        let sorted = seconds.sorted()
        best = operations / sorted[0] / 1e9
        median = operations / sorted[sorted.count / 2] / 1e9
    }
}

func measureDense(_ layer: DenseCase, rows: Int, storage: PackedMatrix.Storage, kernels: KernelSet, samples: Int) -> Rate {
    let weights = randomNumbers(layer.inputs * layer.outputs)
    let bias = randomNumbers(layer.outputs)
    let matrices = (0..<layer.matrices).map { _ in
        PackedMatrix(weights.span, outputs: layer.outputs, inputs: layer.inputs, bias: bias.span, storage: storage, kernels: kernels)
    }
    let input = randomNumbers(rows * layer.inputs)
    var output = [Float](repeating: 0, count: rows * layer.outputs)
    let times = timed(samples: samples) {
        for matrix in matrices {
            matrix.dense(
                input: input, inputRowStride: layer.inputs, rows: rows, output: &output, outputRowStride: layer.outputs,
                activation: layer.activation, accumulate: layer.accumulate)
        }
    }
    return Rate(operations: Double(2 * rows * layer.inputs * layer.outputs * layer.matrices), seconds: times)
}

/// Both products of an attention with 8 heads of 64, repeated; the softmax between them is not counted as work.
struct AttentionCase {
    let queryRows: Int
    let keyRows: Int

    static let all = [AttentionCase(queryRows: 20, keyRows: 100)]
    private static let (heads, headWidth, repeats) = (8, 64, 20)

    var name: String { "attention, \(queryRows) queries, \(keyRows) keys" }
    var operations: Double { Double(Self.repeats * 4 * queryRows * keyRows * Self.heads * Self.headWidth) }

    func seconds(_ kernels: KernelSet, samples: Int) -> [Double] {
        let shape = AttentionShape(heads: Self.heads, headWidth: Self.headWidth, queryRows: queryRows)
        let width = Self.heads * Self.headWidth
        let queries = randomNumbers(queryRows * width)
        let (keys, values) = (randomNumbers(keyRows * width), randomNumbers(keyRows * width))
        var output = [Float](repeating: 0, count: queryRows * width)
        var scratch = [Float](repeating: 0, count: kernels.attentionScratch(headWidth: Self.headWidth, keyRows: keyRows))
        return keys.withUnsafeBufferPointer { keys in
            values.withUnsafeBufferPointer { values in
                let stretch = KeyStretch(keys: keys.baseAddress!, values: values.baseAddress!, rows: keyRows)
                return timed(samples: samples) {
                    for _ in 0..<Self.repeats { kernels.attention(shape, queries: queries, keys: stretch, output: &output, scratch: &scratch) }
                }
            }
        }
    }

    func seconds(_ sgemm: Sgemm, samples: Int) -> [Double] {
        sgemm.attention(
            queryRows: queryRows, keyRows: keyRows, heads: Self.heads, headWidth: Self.headWidth, repeats: Self.repeats, samples: samples)
    }
}
