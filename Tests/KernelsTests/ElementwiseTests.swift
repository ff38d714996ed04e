import Foundation
import Kernels
import Testing

@Test("e to the x is within 4e-7 of the result", arguments: KernelSet.available)
func exponentialIsClose(kernels: KernelSet) {
    let x = (0..<200_001).map { Float($0) * 168 / 200_000 - 80 }
    var result = x
    kernels.exponential(x, count: x.count, output: &result)
    // The remainder of the Taylor sum is 5.2e-9; the rest is rounding: of n ln 2 (1.2e-7 where it is not fused) and of the last sums.
    let worst = zip(x, result).map { abs(Double($1) / exp(Double($0)) - 1) }.max()!
    #expect(worst < 4e-7)
    // Held where the numbers are normal.
    var far = [Float](repeating: .nan, count: 7)
    kernels.exponential([-1000, -81, 0, 89, 1000, -.infinity, .infinity], count: far.count, output: &far)
    #expect(far[0] == far[1] && far[0] > 0 && far[0] < 2e-35 && far[2] == 1 && far[3] == far[4] && far[3].isFinite)
    #expect(far[5] == far[0] && far[6] == far[3])
}

@Test("GELU is within 3e-7 times the larger of 1 and |x|", arguments: KernelSet.available)
func geluIsClose(kernels: KernelSet) {
    let x = (0..<200_003).map { Float($0) * 40 / 200_000 - 20 }
    var result = x
    kernels.gelu(x, count: x.count, output: &result)
    // Half of erfc is off by 0.75e-7 (Abramowitz and Stegun 7.1.26), which |x| multiplies, and by its own rounding; then one last subtraction.
    var worst = 0.0
    for (x, result) in zip(x.map(Double.init), result.map(Double.init)) {
        worst = max(worst, abs(result - x / 2 * erfc(-x / 2.0.squareRoot())) / max(1, abs(x)))
    }
    #expect(worst < 3e-7)
    var ends = [Float](repeating: .nan, count: 3)
    kernels.gelu([0, -1e30, 1e30], count: 3, output: &ends)
    #expect(abs(ends[0]) == 0 && ends[2] == 1e30 && abs(ends[1]) < 1)
}

@Test("Elementwise kernels treat every remainder alike and write no further", arguments: KernelSet.available)
func elementwiseRemainders(kernels: KernelSet) {
    let x = numbers(40, seed: 21)
    var whole = [Float](repeating: 0, count: 40)
    kernels.gelu(x, count: 40, output: &whole)
    var powers = whole
    kernels.exponential(x, count: 40, output: &powers)
    for count in 0...40 {
        var part = [Float](repeating: 7, count: 41)
        kernels.gelu(x, count: count, output: &part)
        #expect(part == Array(whole[..<count]) + [Float](repeating: 7, count: 41 - count))
        part = [Float](repeating: 7, count: 41)
        kernels.exponential(x, count: count, output: &part)
        #expect(part == Array(powers[..<count]) + [Float](repeating: 7, count: 41 - count))
    }
}

@Test("A layer norm equals the plain formula, also far from zero and in place", arguments: KernelSet.available, [1, 3, 16, 31, 64, 100, 512])
func layerNormEqualsTheFormula(kernels: KernelSet, width: Int) {
    let rows = 3
    // The third row stands a hundred standard deviations from zero.
    let input = numbers(rows * width, seed: 22).enumerated().map { $0.offset / width == 2 ? $0.element + 100 : $0.element }
    let (gamma, beta) = (numbers(width, seed: 23), numbers(width, seed: 24))
    var output = input
    output.withUnsafeMutableBufferPointer {
        kernels.layerNorm($0.baseAddress!, rows: rows, width: width, gamma: gamma, beta: beta, output: $0.baseAddress!)
    }
    for row in 0..<rows {
        let values = input[row * width..<(row + 1) * width].map(Double.init)
        let mean = values.reduce(0, +) / Double(width)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
        for (index, value) in values.enumerated() {
            let expected = (value - mean) / (variance + 1e-5).squareRoot() * Double(gamma[index]) + Double(beta[index])
            // At 100 the mean is off by up to a few units of 7.6e-6, which is as much in units of a deviation of some 0.6.
            #expect(abs(Double(output[row * width + index]) - expected) < (row == 2 ? 5e-5 : 2e-6))
        }
        var alone = [Float](repeating: .nan, count: width)
        kernels.layerNorm(
            Array(input[row * width..<(row + 1) * width]), rows: 1, width: width, gamma: gamma, beta: beta, output: &alone)
        #expect(alone.map(\.bitPattern) == output[row * width..<(row + 1) * width].map(\.bitPattern))
    }
}
