import CProcessor
import KernelInterface

/// How the weights of one input lie in memory.
protocol WeightFormat {
    associatedtype Weights: Columns
    static func load(_ step: UnsafeRawPointer) -> Weights
}

enum Float32Weights<Weights: Columns>: WeightFormat {
    @inline(__always)
    static func load(_ step: UnsafeRawPointer) -> Weights { unsafe Weights(step.assumingMemoryBound(to: Float.self)) }
}

/// bfloat16, the upper half of a float32: each word holds a weight of the first register low and one of the second high, so that widening needs no
/// more than a shift and a mask.
enum BFloat16Weights: WeightFormat {
    @inline(__always)
    static func load(_ step: UnsafeRawPointer) -> TwoRegisters {
        let words = unsafe step.loadUnaligned(as: LaneBits.self)
        return TwoRegisters(lanes(words &<< LaneBits(repeating: 16)), lanes(words & LaneBits(repeating: 0xffff_0000)))
    }
}

@inline(__always)
func sum<T: Tile, F: WeightFormat>(_ walk: Walk, into tile: inout T, _: F.Type) where F.Weights == T.Sums {
    var input = unsafe walk.input
    var weights = unsafe walk.weights
    var ahead = unsafe walk.ahead
    var left = walk.steps
    while left > 0 {
        unsafe prefetch(ahead)
        unsafe ahead += walk.aheadStep
        unsafe tile.add(input, walk.rowStride, F.load(weights))
        unsafe input += 1
        unsafe weights += walk.weightStep
        left -= 1
    }
}

/// A dense layer: output[r][o] = activation(bias[o] + sum over k of input[r][k] * weight[o][k]), added to what is there if asked.
func runDense(
    _ shape: DenseShape, _ weights: UnsafeRawPointer, _ bias: UnsafePointer<Float>, _ input: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
) {
    if shape.isBFloat16 {
        unsafe runDense(shape, BFloat16Weights.self, weightStep: 2 * panelWidth, weights, bias, input, output)
    } else {
        unsafe runDense(shape, Float32Weights<TwoRegisters>.self, weightStep: 4 * panelWidth, weights, bias, input, output)
    }
}

/// Panels outside, rows inside: a panel comes from far memory once, and while its tiles are summed, each fetches its share of the next panel.
/// Without that, a panel's first tile waits for the memory: a third of the time where rows are few.
@inline(__always)
private func runDense<F: WeightFormat>(
    _ shape: DenseShape, _: F.Type, weightStep: Int, _ weights: UnsafeRawPointer, _ bias: UnsafePointer<Float>, _ input: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
) {
    // Tiles of nearly equal height: the tallest is the fastest for each row.
    let tiles = (shape.rows + tallestTile - 1) / tallestTile
    var end = PanelEnd(
        activation: shape.activation, accumulates: shape.accumulates, outputs: shape.outputs, rowStride: shape.outputRowStride)
    let panelBytes = shape.inputs * weightStep
    let aheadStep = (weightStep + tiles - 1) / max(tiles, 1)
    var panel = unsafe weights
    var column = 0
    while column < shape.outputs {
        end.outputs = shape.outputs - column
        var row = 0
        for tile in 0..<tiles {
            let height = shape.rows / tiles + (tile < shape.rows % tiles ? 1 : 0)
            let share = tile * shape.inputs * aheadStep
            let fetches = end.outputs > panelWidth && share < panelBytes
            let walk = unsafe Walk(
                input: input + row * shape.inputRowStride, weights: panel, steps: shape.inputs, rowStride: shape.inputRowStride,
                weightStep: weightStep, ahead: fetches ? panel + panelBytes + share : panel, aheadStep: fetches ? aheadStep : 0)
            unsafe runTile(height, walk, F.self, bias + column, end, output + row * shape.outputRowStride + column)
            row += height
        }
        unsafe panel += panelBytes
        column += panelWidth
    }
}

@inline(__always)
private func runTile<F: WeightFormat>(
    _ height: Int, _ walk: Walk, _: F.Type, _ bias: UnsafePointer<Float>, _ end: PanelEnd, _ output: UnsafeMutablePointer<Float>
) {
    switch height {
    case 1: unsafe run(OneRow<F.Weights>.self, F.self, walk, bias, end, output)
    case 2: unsafe run(TwoRows<F.Weights>.self, F.self, walk, bias, end, output)
    case 3: unsafe run(ThreeRows<F.Weights>.self, F.self, walk, bias, end, output)
    case 4: unsafe run(FourRows<F.Weights>.self, F.self, walk, bias, end, output)
    #if LEVEL_AVX512 || arch(arm64)
    case 5: unsafe run(FiveRows<F.Weights>.self, F.self, walk, bias, end, output)
    case 6: unsafe run(SixRows<F.Weights>.self, F.self, walk, bias, end, output)
    case 7: unsafe run(SevenRows<F.Weights>.self, F.self, walk, bias, end, output)
    case 8: unsafe run(EightRows<F.Weights>.self, F.self, walk, bias, end, output)
    case 9: unsafe run(NineRows<F.Weights>.self, F.self, walk, bias, end, output)
    case 10: unsafe run(TenRows<F.Weights>.self, F.self, walk, bias, end, output)
    #endif
    default: preconditionFailure("no tile of \(height) rows")
    }
}

@inline(__always)
private func run<T: Tile, F: WeightFormat>(
    _: T.Type, _: F.Type, _ walk: Walk, _ bias: UnsafePointer<Float>, _ end: PanelEnd, _ output: UnsafeMutablePointer<Float>
) where F.Weights == T.Sums {
    var tile = unsafe T(T.Sums(bias))
    sum(walk, into: &tile, F.self)
    unsafe finish(tile, end, output)
}

@inline(__always)
func finish<T: Tile>(_ tile: T, _ end: PanelEnd, _ output: UnsafeMutablePointer<Float>) {
    unsafe withUnsafeBytes(of: tile) { unsafe finish($0.baseAddress!, T.rowCount, end, output) }
}
