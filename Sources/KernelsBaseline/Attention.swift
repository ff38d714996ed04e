import CProcessor
import KernelInterface

// The ring holds keys as [heads][slots / panel][headWidth][panel], slots padded to whole panels, and behind them values as
// [heads][headWidth / panel][slots][panel]: a head's keys and values lie as the weights of two dense layers do.

/// Writes rows of keys, turned, and of values into the slots from `slot` on.
func remember(
    _ shape: AttentionShape, _ keys: UnsafePointer<Float>, _ values: UnsafePointer<Float>, _ rows: Int, _ rowStride: Int, _ slot: Int,
    _ ring: UnsafeMutablePointer<Float>
) {
    let width = shape.headWidth
    let headKeys = width * shape.paddedSlots(panelWidth)
    for head in 0..<shape.heads {
        let (source, target) = unsafe (keys + head * width, ring + head * headKeys)
        var row = 0
        while row < rows {
            let place = slot + row
            let column = unsafe target + place / panelWidth * panelWidth * width + place % panelWidth
            if row + 4 <= rows && place % panelWidth + 4 <= panelWidth {
                unsafe turnFour(source + row * rowStride, rowStride, width, column, ahead: column + headKeys)
                row += 4
            } else {
                for k in 0..<width { unsafe column[k * panelWidth] = source[row * rowStride + k] }
                row += 1
            }
        }
    }
    for row in 0..<rows {
        var source = unsafe values + row * rowStride
        var target = unsafe ring + shape.heads * headKeys + (slot + row) * panelWidth
        for _ in 0..<shape.heads * width / panelWidth {
            unsafe store(load(source), target)
            unsafe store(load(source + laneCount), target + laneCount)
            unsafe source += panelWidth
            unsafe target += shape.slots * panelWidth
        }
    }
}

/// Four rows of keys become four columns of a panel. Meanwhile the same columns of the next head are fetched.
@inline(__always)
private func turnFour(
    _ source: UnsafePointer<Float>, _ rowStride: Int, _ width: Int, _ target: UnsafeMutablePointer<Float>, ahead: UnsafePointer<Float>
) {
    @inline(__always)
    func four(_ row: Int, _ k: Int) -> SIMD4<Float> {
        unsafe UnsafeRawPointer(source + row * rowStride + k).loadUnaligned(as: SIMD4<Float>.self)
    }
    var k = 0
    while k < width {
        let (a, b, c, d) = (four(0, k), four(1, k), four(2, k), four(3, k))
        for i in 0..<4 {
            unsafe prefetch(ahead + (k + i) * panelWidth)
            unsafe UnsafeMutableRawPointer(target + (k + i) * panelWidth).storeBytes(of: SIMD4(a[i], b[i], c[i], d[i]), as: SIMD4<Float>.self)
        }
        k += 4
    }
}

/// softmax(q kᵀ / √headWidth) v, a head at a time: two dense layers whose rows are the queries, and between them a softmax over each row.
func runAttention(
    _ shape: AttentionShape, _ queries: UnsafePointer<Float>, _ rows: Int, _ rowStride: Int, _ ring: UnsafePointer<Float>, _ keyRows: Int,
    _ output: UnsafeMutablePointer<Float>, _ outputRowStride: Int, _ scratch: UnsafeMutablePointer<Float>
) {
    let width = shape.headWidth
    let scoreStride = shape.paddedSlots(panelWidth)
    let (scores, factors) = unsafe (scratch, scratch + rows * scoreStride)
    var keys = unsafe ring
    var values = unsafe ring + shape.heads * width * scoreStride
    for head in 0..<shape.heads {
        let nextKeys = unsafe keys + width * scoreStride
        var key = 0
        while key < keyRows {
            let left = keyRows - key
            let panel = unsafe keys + key * width
            let walk = unsafe walk(
                queries + head * width, rowStride, panel, steps: width, ahead: left > panelWidth ? panel + panelWidth * width : values)
            let target = unsafe scores + key
            // Five rows: ten sums, an input of each row and half of a panel's weights are AVX2's 16 registers. And no more columns than are
            // needed: the last panel is seldom full.
            if left > laneCount {
                unsafe sumPanel(FiveRows<TwoRegisters>.self, walk, rows, nil, target, scoreStride)
            } else {
                #if LEVEL_AVX512
                if left <= HalfRegister.count {
                    unsafe sumPanel(TenRows<HalfRegister>.self, walk, rows, nil, target, scoreStride)
                } else {
                    unsafe sumPanel(FiveRows<OneRegister>.self, walk, rows, nil, target, scoreStride)
                }
                #else
                unsafe sumPanel(FiveRows<OneRegister>.self, walk, rows, nil, target, scoreStride)
                #endif
            }
            key += panelWidth
        }
        unsafe softmax(scores, rows, scoreStride, keyRows, scale: 1 / Float(width).squareRoot(), factors)
        var channel = 0
        while channel < width {
            let panel = unsafe values + channel * shape.slots
            let walk = unsafe walk(
                scores, scoreStride, panel, steps: keyRows, ahead: channel + panelWidth < width ? panel + panelWidth * shape.slots : nextKeys)
            unsafe sumPanel(FiveRows<TwoRegisters>.self, walk, rows, factors, output + head * width + channel, outputRowStride)
            channel += panelWidth
        }
        unsafe keys = nextKeys
        unsafe values += width * shape.slots
    }
}

@inline(__always)
private func walk(
    _ input: UnsafePointer<Float>, _ rowStride: Int, _ panel: UnsafePointer<Float>, steps: Int, ahead: UnsafePointer<Float>
) -> Walk {
    unsafe Walk(
        input: input, weights: UnsafeRawPointer(panel), steps: steps, rowStride: rowStride, weightStep: 4 * panelWidth,
        ahead: UnsafeRawPointer(ahead), aheadStep: 0)
}

/// The sums of a panel, of all rows: as many of them at a time as `T` has, then one. Each tile fetches its share of the panel that comes next.
/// - Parameter factors: what each row's sums are multiplied by in the end, if anything.
@inline(__always)
private func sumPanel<T: Tile>(
    _: T.Type, _ walk: Walk, _ rows: Int, _ factors: UnsafePointer<Float>?, _ output: UnsafeMutablePointer<Float>, _ outputRowStride: Int
) {
    var walk = walk
    let tiles = max(1, rows / T.rowCount + rows % T.rowCount)
    walk.aheadStep = (walk.weightStep + tiles - 1) / tiles
    var row = 0
    while row + T.rowCount <= rows {
        unsafe sumTile(T.self, &walk, factors.map { unsafe $0 + row }, output + row * outputRowStride, outputRowStride)
        row += T.rowCount
    }
    while row < rows {
        unsafe sumTile(OneRow<T.Sums>.self, &walk, factors.map { unsafe $0 + row }, output + row * outputRowStride, outputRowStride)
        row += 1
    }
}

@inline(__always)
private func sumTile<T: Tile>(
    _: T.Type, _ walk: inout Walk, _ factors: UnsafePointer<Float>?, _ output: UnsafeMutablePointer<Float>, _ outputRowStride: Int
) {
    var tile = T(T.Sums(repeating: 0))
    sum(walk, into: &tile, Float32Weights<T.Sums>.self)
    if let factors = unsafe factors { unsafe tile.multiply(by: factors) }
    unsafe tile.write(T.Sums.count, output, outputRowStride)
    unsafe walk.input += T.rowCount * walk.rowStride
    unsafe walk.ahead += walk.steps * walk.aheadStep
}

/// Turns the scores of each row into powers, e^(scale (score - the row's greatest)), and writes one over their sum: what a share is, less the
/// division of each.
///
/// What stands behind the last key, to the end of a register, becomes 2^-115, which is lost in the rounding of a sum that has a 1 in it.
/// First the greatest of all rows, then all powers: a row's steps wait for each other, so the processor needs other rows to work on.
@inline(__always)
private func softmax(
    _ scores: UnsafeMutablePointer<Float>, _ rows: Int, _ stride: Int, _ keyRows: Int, scale: Float, _ factors: UnsafeMutablePointer<Float>
) {
    let registers = (keyRows + laneCount - 1) / laneCount
    let last = (registers - 1) * laneCount
    var indices = LaneBits()
    for lane in 0..<laneCount { indices[lane] = UInt32(truncatingIfNeeded: lane) }
    let isBehind = indices .>= LaneBits(repeating: UInt32(truncatingIfNeeded: keyRows - last))
    for row in 0..<rows {
        let start = unsafe scores + row * stride
        var highest = unsafe lanes(bits(load(start + last)).replacing(with: (-1e30 as Float).bitPattern, where: isBehind))
        unsafe store(highest, start + last)
        for place in 0..<registers - 1 {
            let score = unsafe load(start + place * laneCount)
            highest = highest.replacing(with: score, where: score .> highest)
        }
        unsafe factors[row] = greatest(highest)
    }
    let binaryScale = scale * log2e
    for row in 0..<rows {
        let start = unsafe scores + row * stride
        let offset = unsafe Lanes(repeating: -factors[row] * binaryScale)
        var sum = Lanes(repeating: 0)
        for place in 0..<registers {
            let power = unsafe powerOfTwo(multiplyAdd(offset, load(start + place * laneCount), Lanes(repeating: binaryScale)))
            sum += power
            unsafe store(power, start + place * laneCount)
        }
        unsafe factors[row] = 1 / total(sum)
    }
}
