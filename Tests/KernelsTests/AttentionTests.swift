import Foundation
import Kernels
import Testing

private struct Case {
    let shape: AttentionShape
    let keyRows: Int
    let queries: [Float]
    let keys: [Float]
    let values: [Float]

    init(heads: Int, headWidth: Int, queryRows: Int, keyRows: Int) {
        var shape = AttentionShape(heads: heads, headWidth: headWidth, queryRows: queryRows)
        // Keys and values side by side, as the one matrix of all three leaves them.
        shape.keyStride = 2 * heads * headWidth + 5
        shape.valueStride = shape.keyStride
        self.shape = shape
        self.keyRows = keyRows
        // Scores up to a few units, so that the shares differ.
        queries = numbers(queryRows * shape.queryStride, seed: 11).map { 4 * $0 }
        keys = numbers(keyRows * shape.keyStride, seed: 12)
        values = numbers(keyRows * shape.valueStride, seed: 13)
    }

    /// Queries from `start` on, keys in two stretches where `split` says so.
    func run(_ kernels: KernelSet, start: Int = 0, count: Int? = nil, split: Int? = nil) -> [Float] {
        var shape = shape
        shape.queryRows = count ?? shape.queryRows
        let width = shape.heads * shape.headWidth
        var output = [Float](repeating: .nan, count: shape.queryRows * width)
        var scratch = [Float](repeating: .nan, count: kernels.attentionScratch(headWidth: shape.headWidth, keyRows: keyRows))
        keys.withUnsafeBufferPointer { keys in
            values.withUnsafeBufferPointer { values in
                queries.withUnsafeBufferPointer { queries in
                    let (k, v) = (keys.baseAddress!, values.baseAddress!)
                    let first = split ?? keyRows
                    let more = split.map { KeyStretch(keys: k + $0 * shape.keyStride, values: v + $0 * shape.valueStride, rows: keyRows - $0) }
                    kernels.attention(
                        shape, queries: queries.baseAddress! + start * shape.queryStride, keys: KeyStretch(keys: k, values: v, rows: first),
                        more: more, output: &output, scratch: &scratch)
                }
            }
        }
        return output
    }

    func reference() -> [Double] {
        var output: [Double] = []
        for row in 0..<shape.queryRows {
            for head in 0..<shape.heads {
                let offset = head * shape.headWidth
                let scores = (0..<keyRows).map { key in
                    (0..<shape.headWidth).reduce(0.0) {
                        $0 + Double(queries[row * shape.queryStride + offset + $1]) * Double(keys[key * shape.keyStride + offset + $1])
                    } / Double(shape.headWidth).squareRoot()
                }
                let powers = scores.map { exp($0 - scores.max()!) }
                let sum = powers.reduce(0, +)
                for c in 0..<shape.headWidth {
                    output.append((0..<keyRows).reduce(0.0) { $0 + powers[$1] / sum * Double(values[$1 * shape.valueStride + offset + c]) })
                }
            }
        }
        return output
    }
}

@Test("Attention equals the plain formula", arguments: KernelSet.available, [1, 2, 5, 7, 8, 10, 17, 20, 33, 70])
func attentionEqualsTheFormula(kernels: KernelSet, queryRows: Int) {
    for (heads, headWidth, keyRows) in [(3, 32, 1), (2, 64, 7), (1, 64, 100), (1, 96, 33)] {
        let test = Case(heads: heads, headWidth: headWidth, queryRows: queryRows, keyRows: keyRows)
        let worst = zip(test.run(kernels), test.reference()).map { abs(Double($0) - $1) }.max()!
        // A score of up to 10 out of at most 96 products is off by some 1e-6, and so is a share, relatively; the result, below 1, no more.
        #expect(worst < 4e-6, "\(heads) heads of \(headWidth), \(keyRows) keys")
    }
}

@Test("It makes no difference where a ring of keys wraps", arguments: KernelSet.available)
func attentionOverAWrappedRing(kernels: KernelSet) {
    let test = Case(heads: 2, headWidth: 64, queryRows: 20, keyRows: 37)
    let whole = test.run(kernels).map(\.bitPattern)
    for split in 1...37 { #expect(test.run(kernels, split: split).map(\.bitPattern) == whole, "split at \(split)") }
}

@Test("A query has the same bits however many there are and wherever it stands", arguments: KernelSet.available)
func queriesAreIndependent(kernels: KernelSet) {
    let test = Case(heads: 2, headWidth: 64, queryRows: 41, keyRows: 50)
    let whole = test.run(kernels).map(\.bitPattern)
    for block in [1, 2, 3, 5, 7, 10, 16, 20, 31, 40] {
        var parts: [UInt32] = []
        for start in stride(from: 0, to: 41, by: block) {
            parts += test.run(kernels, start: start, count: min(block, 41 - start)).map(\.bitPattern)
        }
        #expect(parts == whole, "blocks of \(block)")
    }
}
