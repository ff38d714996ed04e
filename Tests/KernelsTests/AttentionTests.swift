import Foundation
import Kernels
import Testing

private let untouched: Float = 77

private struct Case {
    let shape: AttentionShape
    let keyRows: Int
    let queryRows: Int
    /// Queries, keys and values lie side by side, as the one matrix of all three leaves them.
    let stride: Int
    var queries: [Float]
    var keys: [Float]
    var values: [Float]

    /// - Parameter slots: of the ring; as many as keys by default.
    init(heads: Int, headWidth: Int, queryRows: Int, keyRows: Int, slots: Int? = nil) {
        shape = AttentionShape(heads: heads, headWidth: headWidth, slots: slots ?? keyRows)
        (self.queryRows, self.keyRows) = (queryRows, keyRows)
        stride = heads * headWidth + 5
        // Scores up to a few units, so that the shares differ.
        queries = numbers(queryRows * stride, seed: 11).map { 4 * $0 }
        keys = numbers(keyRows * stride, seed: 12)
        values = numbers(keyRows * stride, seed: 13)
    }

    /// A ring into which the keys and values were written so many rows at a time, in turn round the slots. What it held before must not matter.
    func ring(_ kernels: KernelSet, block: Int, before: Float = .nan) -> [Float] {
        var ring = [Float](repeating: before, count: kernels.attentionRing(shape))
        keys.withUnsafeBufferPointer { keys in
            values.withUnsafeBufferPointer { values in
                for start in Swift.stride(from: 0, to: keyRows, by: block) {
                    kernels.remember(
                        shape, keys: keys.baseAddress! + start * stride, values: values.baseAddress! + start * stride,
                        rows: min(block, keyRows - start), rowStride: stride, slot: start % shape.slots, ring: &ring)
                }
            }
        }
        return ring
    }

    /// [rows][heads * headWidth]: the queries from `start` on.
    func run(_ kernels: KernelSet, ring: [Float]? = nil, start: Int = 0, count: Int? = nil) -> [Float] {
        let (rows, width) = (count ?? queryRows, shape.heads * shape.headWidth)
        var output = [Float](repeating: untouched, count: rows * (width + 3))
        let needed = kernels.attentionScratch(shape, rows: rows)
        var scratch = [Float](repeating: .nan, count: needed) + [untouched]
        queries.withUnsafeBufferPointer {
            kernels.attention(
                shape, queries: $0.baseAddress! + start * stride, rows: rows, rowStride: stride, ring: ring ?? self.ring(kernels, block: keyRows),
                keyRows: min(keyRows, shape.slots), output: &output, outputRowStride: width + 3, scratch: &scratch)
        }
        #expect(scratch[needed] == untouched)
        return (0..<rows).flatMap { row -> ArraySlice<Float> in
            let end = row * (width + 3) + width
            #expect(output[end..<end + 3].allSatisfy { $0 == untouched })
            return output[end - width..<end]
        }
    }

    func reference() -> [Double] {
        var output: [Double] = []
        for row in 0..<queryRows {
            for head in 0..<shape.heads {
                let offset = head * shape.headWidth
                let scores = (0..<keyRows).map { key in
                    (0..<shape.headWidth).reduce(0.0) {
                        $0 + Double(queries[row * stride + offset + $1]) * Double(keys[key * stride + offset + $1])
                    } / Double(shape.headWidth).squareRoot()
                }
                let powers = scores.map { exp($0 - scores.max()!) }
                let sum = powers.reduce(0, +)
                for c in 0..<shape.headWidth {
                    output.append((0..<keyRows).reduce(0.0) { $0 + powers[$1] / sum * Double(values[$1 * stride + offset + c]) })
                }
            }
        }
        return output
    }

    func worstError(_ kernels: KernelSet) -> Double {
        let (mine, theirs) = (run(kernels), reference())
        guard mine.count == theirs.count, mine.allSatisfy(\.isFinite) else { return .infinity }
        return zip(mine, theirs).map { abs(Double($0) - $1) }.max()!
    }
}

@Test("Attention equals the plain formula", arguments: KernelSet.available, [1, 2, 5, 7, 10, 17, 20, 33])
func attentionEqualsTheFormula(kernels: KernelSet, queryRows: Int) {
    for (heads, headWidth, keyRows) in [(3, 32, 1), (2, 64, 7), (1, 96, 33), (2, 32, 51)] + [20, 40, 60, 80, 100].map({ (2, 64, $0) }) {
        // All slots filled, or only the first of them.
        let slots = queryRows % 2 == 0 ? keyRows : 107
        let test = Case(heads: heads, headWidth: headWidth, queryRows: queryRows, keyRows: keyRows, slots: slots)
        // A score of up to 10 out of at most 96 products is off by some 1e-6, and so is a share, relatively; the result, below 1, no more.
        #expect(test.worstError(kernels) < 4e-6, "\(heads) heads of \(headWidth), \(keyRows) keys in \(slots) slots")
    }
}

@Test("Scores far from zero and far from each other give the formula's shares", arguments: KernelSet.available)
func attentionFarFromZero(kernels: KernelSet) {
    for keyRows in [20, 33, 100] {
        // Scores around -50: a lane without a key must not pass for a score of 0.
        var below = Case(heads: 1, headWidth: 64, queryRows: 7, keyRows: keyRows)
        below.queries = below.queries.map { abs($0) }
        below.keys = below.keys.map { $0 - 3 }
        #expect(below.reference().allSatisfy(\.isFinite) && below.worstError(kernels) < 4e-5)
        // Scores of a hundred and more either way: nearly all of a row is one key's.
        var apart = Case(heads: 1, headWidth: 64, queryRows: 7, keyRows: keyRows)
        apart.queries = apart.queries.map { 50 * $0 }
        #expect(apart.worstError(kernels) < 4e-4)
    }
}

@Test("A ring written some rows at a time, round its slots more than once, gives what one written at once gives", arguments: KernelSet.available)
func attentionOverARing(kernels: KernelSet) {
    let slots = 60
    for block in [1, 2, 3, 4, 5, 6, 10, 12, 15, 20] {
        // As many rows of keys as fill the ring once and go on for 7 blocks.
        let test = Case(heads: 2, headWidth: 64, queryRows: 20, keyRows: (slots / block + 7) * block, slots: slots)
        // The newest row of each slot.
        var once = Case(heads: 2, headWidth: 64, queryRows: 20, keyRows: slots)
        for row in 0..<test.keyRows {
            let (from, to) = (row * test.stride, row % slots * test.stride)
            once.keys.replaceSubrange(to..<to + test.stride, with: test.keys[from..<from + test.stride])
            once.values.replaceSubrange(to..<to + test.stride, with: test.values[from..<from + test.stride])
        }
        let mine = test.run(kernels, ring: test.ring(kernels, block: block)).map(\.bitPattern)
        #expect(mine == once.run(kernels).map(\.bitPattern), "blocks of \(block)")
        #expect(once.worstError(kernels) < 4e-6)
    }
}

@Test("What the slots behind the last key hold, and how many they are, makes no difference to a bit", arguments: KernelSet.available)
func slotsBehindTheLastKey(kernels: KernelSet) {
    for keyRows in [1, 19, 20, 40, 77] {
        let whole = Case(heads: 2, headWidth: 64, queryRows: 11, keyRows: keyRows).run(kernels).map(\.bitPattern)
        for slots in [keyRows + 1, 80, 131] {
            let test = Case(heads: 2, headWidth: 64, queryRows: 11, keyRows: keyRows, slots: slots)
            for before in [Float.nan, .infinity, 1e30, 0] {
                let ring = test.ring(kernels, block: keyRows, before: before)
                #expect(test.run(kernels, ring: ring).map(\.bitPattern) == whole, "\(keyRows) keys, \(slots) slots of \(before)")
            }
        }
    }
}

@Test("A query has the same bits however many there are and wherever it stands", arguments: KernelSet.available)
func queriesAreIndependent(kernels: KernelSet) {
    // Last panels of every width.
    for keyRows in [20, 50, 73, 100] {
        let test = Case(heads: 2, headWidth: 64, queryRows: 41, keyRows: keyRows)
        let ring = test.ring(kernels, block: keyRows)
        let whole = test.run(kernels, ring: ring).map(\.bitPattern)
        for block in [1, 2, 3, 5, 7, 10, 16, 20, 31, 40] {
            var parts: [UInt32] = []
            for start in stride(from: 0, to: 41, by: block) {
                parts += test.run(kernels, ring: ring, start: start, count: min(block, 41 - start)).map(\.bitPattern)
            }
            #expect(parts == whole, "\(keyRows) keys, blocks of \(block)")
        }
    }
}
