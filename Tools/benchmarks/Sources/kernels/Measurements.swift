import Foundation
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

/// A copy that begins with a cache line, as all of a leg's memory does.
func aligned(_ numbers: [Float]) -> UnsafeMutablePointer<Float> {
    let copy = UnsafeMutableRawPointer.allocate(byteCount: 4 * numbers.count, alignment: 64)
    return copy.initializeMemory(as: Float.self, from: numbers, count: numbers.count)
}

/// The processor's seconds for each of several samples, after one that is thrown away. Not the clock's: other programs may run meanwhile.
func timed(samples: Int, _ body: () -> Void) -> [Double] {
    (0...samples).map { _ in
        let start = processorSeconds()
        body()
        return processorSeconds() - start
    }.dropFirst().map { $0 }
}

private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
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

/// An attention of a hop's queries with 8 heads of 64, its keys and values written into the ring before: what a block of the encoder does between its
/// dense layers. Only both products are counted as work, not the writing nor the softmax.
struct AttentionCase {
    let queryRows: Int
    let keyRows: Int
    /// Rings that take turns; many are out of the caches by the time they are read again, as in a machine that hears many calls.
    let rings: Int

    static let all = [1, 80].map { AttentionCase(queryRows: 20, keyRows: 100, rings: $0) }
    private static let (heads, headWidth, repeats) = (8, 64, 80)

    var name: String { "attention, \(queryRows) queries, \(keyRows) keys" + (rings > 1 ? ", \(rings) rings" : "") }
    var operations: Double { Double(Self.repeats * 4 * queryRows * keyRows * Self.heads * Self.headWidth) }

    func seconds(_ kernels: KernelSet, samples: Int) -> [Double] {
        let shape = AttentionShape(heads: Self.heads, headWidth: Self.headWidth, slots: keyRows)
        let width = Self.heads * Self.headWidth
        // Queries, keys and values side by side, as the one matrix of all three leaves them.
        let projected = aligned(randomNumbers(queryRows * 3 * width))
        let size = kernels.attentionRing(shape)
        let memory = aligned(randomNumbers(rings * size))
        let output = aligned([Float](repeating: 0, count: queryRows * width))
        let scratch = aligned([Float](repeating: 0, count: kernels.attentionScratch(shape, rows: queryRows)))
        defer { for block in [projected, memory, output, scratch] { block.deallocate() } }
        return timed(samples: samples) {
            for turn in 0..<Self.repeats {
                let ring = memory + turn % rings * size
                kernels.remember(
                    shape, keys: projected + width, values: projected + 2 * width, rows: queryRows, rowStride: 3 * width,
                    slot: turn * queryRows % keyRows, ring: ring)
                kernels.attention(
                    shape, queries: projected, rows: queryRows, rowStride: 3 * width, ring: ring, keyRows: keyRows, output: output,
                    outputRowStride: width, scratch: scratch)
            }
        }
    }

    func seconds(_ sgemm: Sgemm, samples: Int) -> [Double] {
        sgemm.attention(
            queryRows: queryRows, keyRows: keyRows, heads: Self.heads, headWidth: Self.headWidth, repeats: Self.repeats, samples: samples)
    }
}
