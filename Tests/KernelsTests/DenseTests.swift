import Foundation
import Testing

@testable import Kernels

private func activated(_ x: Double, _ activation: Activation) -> Double {
    switch activation {
    case .none: x
    case .relu: max(x, 0)
    case .gelu: x / 2 * erfc(-x / 2.0.squareRoot())
    }
}

private func rounded(_ weights: [Float], _ storage: PackedMatrix.Storage) -> [Float] {
    storage == .float32 ? weights : weights.map { Float(bitPattern: UInt32(PackedMatrix.bfloat16($0)) << 16) }
}

/// Runs rows that overlap in the input and have a gap behind them in the output, and compares them with the plain sums.
private func check(
    _ kernels: KernelSet, _ storage: PackedMatrix.Storage, rows: Int, inputs: Int, outputs: Int, _ activation: Activation, accumulate: Bool
) {
    let (inputStride, outputStride) = (inputs / 2 + 1, outputs + 3)
    let weights = numbers(outputs * inputs, seed: 1)
    let bias = numbers(outputs, seed: 2)
    let input = numbers((rows - 1) * inputStride + inputs, seed: 3)
    let before = numbers(rows * outputStride, seed: 4)
    var output = before
    let matrix = PackedMatrix(weights.span, outputs: outputs, inputs: inputs, bias: bias.span, storage: storage, kernels: kernels)
    matrix.dense(
        input: input, inputRowStride: inputStride, rows: rows, output: &output, outputRowStride: outputStride, activation: activation,
        accumulate: accumulate)
    let used = rounded(weights, storage)
    var worst = 0.0
    var touched = 0
    for row in 0..<rows {
        for o in 0..<outputs {
            var sum = Double(bias[o])
            for k in 0..<inputs { sum += Double(input[row * inputStride + k]) * Double(used[o * inputs + k]) }
            let place = row * outputStride + o
            let expected = activated(sum, activation) + (accumulate ? Double(before[place]) : 0)
            worst = max(worst, abs(Double(output[place]) - expected))
        }
        for gap in row * outputStride + outputs..<(row + 1) * outputStride where output[gap] != before[gap] { touched += 1 }
    }
    // At most 41 sums, each below 42 and rounded by half a unit in 2^24, mostly far smaller; GELU's own error is 3e-7 of up to 10.
    #expect(worst < 1e-5, "\(rows) rows, \(inputs) inputs, \(outputs) outputs, \(activation), accumulate \(accumulate)")
    #expect(touched == 0, "the gap behind \(outputs) outputs was written to")
}

@Test(
    "A dense layer equals the plain sum for every remainder of rows and outputs",
    arguments: KernelSet.available, [PackedMatrix.Storage.float32, .bfloat16])
func denseEqualsThePlainSum(kernels: KernelSet, storage: PackedMatrix.Storage) {
    let activations: [Activation] = [.none, .relu, .gelu]
    var turn = 0
    for rows in Array(1...13) + [20, 25] {
        for outputs in [1, 3, 4, 5, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 65] {
            check(
                kernels, storage, rows: rows, inputs: [1, 2, 17, 40][turn % 4], outputs: outputs, activations[turn % 3],
                accumulate: turn / 3 % 2 == 1)
            turn += 1
        }
    }
}

@Test("Weights that were bfloat16 are kept to the bit in either storage, without a bias as with one of zeros", arguments: KernelSet.available)
func bfloat16IsExact(kernels: KernelSet) {
    let weights = numbers(37 * 50, seed: 5).map(PackedMatrix.bfloat16)
    let input = numbers(6 * 50, seed: 6)
    let zeros = [Float](repeating: 0, count: 37)
    let results = [PackedMatrix.Storage.float32, .bfloat16].map { storage in
        var output = [Float](repeating: .nan, count: 6 * 37)
        let bias = storage == .float32 ? zeros.span : nil
        PackedMatrix(bfloat16: weights.span, outputs: 37, inputs: 50, bias: bias, storage: storage, kernels: kernels)
            .dense(input: input, inputRowStride: 50, rows: 6, output: &output, outputRowStride: 37)
        return output
    }
    #expect(results[0].map(\.bitPattern) == results[1].map(\.bitPattern))
    #expect(!results[0].contains { $0.isNaN })
}

@Test("bfloat16 is the nearest, ties to the even")
func bfloat16Rounding() {
    // 1 + 1/256 lies between 1 and 1 + 1/128, and 1 + 3/256 between 1 + 1/128 and 1 + 2/128.
    #expect(PackedMatrix.bfloat16(1 + 1 / 256) == 0x3f80)
    #expect(PackedMatrix.bfloat16((1 + 1 / 256 as Float).nextUp) == 0x3f81)
    #expect(PackedMatrix.bfloat16(1 + 3 / 256) == 0x3f82)
    #expect(PackedMatrix.bfloat16(-.infinity) == 0xff80)
    #expect(PackedMatrix.bfloat16(.greatestFiniteMagnitude) == 0x7f80)
    #expect(Float(bitPattern: UInt32(PackedMatrix.bfloat16(Float(bitPattern: 0x7f80_0001))) << 16).isNaN)
}

@Test(
    "A row has the same bits however many rows there are and wherever it stands",
    arguments: KernelSet.available, [PackedMatrix.Storage.float32, .bfloat16])
func rowsAreIndependent(kernels: KernelSet, storage: PackedMatrix.Storage) {
    let (inputs, outputs, rows) = (512, 97, 27)
    let weights = numbers(outputs * inputs, seed: 7)
    let bias = numbers(outputs, seed: 8)
    let input = numbers(rows * inputs, seed: 9)
    let matrix = PackedMatrix(weights.span, outputs: outputs, inputs: inputs, bias: bias.span, storage: storage, kernels: kernels)
    func run(by block: Int) -> [UInt32] {
        var output: [Float] = []
        for start in stride(from: 0, to: rows, by: block) {
            let count = min(block, rows - start)
            var part = [Float](repeating: 0.5, count: count * outputs)
            let rowsOfInput = Array(input[start * inputs..<(start + count) * inputs])
            matrix.dense(
                input: rowsOfInput, inputRowStride: inputs, rows: count, output: &part, outputRowStride: outputs, activation: .gelu,
                accumulate: true)
            output += part
        }
        return output.map(\.bitPattern)
    }
    let whole = run(by: rows)
    for block in 1..<rows { #expect(run(by: block) == whole, "blocks of \(block) rows") }
}
