import KernelInterface

/// softmax(q kᵀ / √headWidth) v, a head and a panel of queries at a time.
///
/// The scores lie with the queries side by side ([keys][queries]): keys are then the rows of a dense layer whose weights are the queries,
/// every step of the softmax is over whole registers, and only the queries have to be turned. In the second product the values are the weights.
func runAttention(
    _ shape: AttentionShape, _ queries: UnsafePointer<Float>, _ first: KeyStretch, _ second: KeyStretch?, _ output: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>
) {
    let scale = 1 / Float(shape.headWidth).squareRoot()
    let keyRows = first.rows + (second?.rows ?? 0)
    let turned = unsafe scratch
    let zeros = unsafe turned + shape.headWidth * panelWidth
    let scores = unsafe zeros + panelWidth
    unsafe store(Lanes(repeating: 0), zeros)
    unsafe store(Lanes(repeating: 0), zeros + laneCount)
    for head in 0..<shape.heads {
        let offset = head * shape.headWidth
        var row = 0
        while row < shape.queryRows {
            let count = min(panelWidth, shape.queryRows - row)
            unsafe turn(queries + row * shape.queryStride + offset, shape, count, scale, turned)
            unsafe score(first, offset, shape, turned, zeros, scores)
            if let second { unsafe score(second, offset, shape, turned, zeros, scores + first.rows * panelWidth) }
            unsafe softmax(scores, keyRows)
            unsafe mix(scores, first, second, offset, shape, count, output + row * shape.outputStride + offset)
            row += count
        }
    }
}

/// Writes scaled queries as [headWidth][panelWidth], zeros where the panel has no query.
@inline(__always)
private func turn(
    _ queries: UnsafePointer<Float>, _ shape: AttentionShape, _ count: Int, _ scale: Float, _ turned: UnsafeMutablePointer<Float>
) {
    for place in 0..<2 * shape.headWidth { unsafe store(Lanes(repeating: 0), turned + place * laneCount) }
    for query in 0..<count {
        let source = unsafe queries + query * shape.queryStride
        var target = unsafe turned + query
        for k in 0..<shape.headWidth {
            unsafe target.pointee = source[k] * scale
            unsafe target += panelWidth
        }
    }
}

@inline(__always)
private func score(
    _ stretch: KeyStretch, _ offset: Int, _ shape: AttentionShape, _ turned: UnsafePointer<Float>, _ zeros: UnsafePointer<Float>,
    _ scores: UnsafeMutablePointer<Float>
) {
    let dense = DenseShape(
        inputs: shape.headWidth, outputs: panelWidth, rows: stretch.rows, inputRowStride: shape.keyStride, outputRowStride: panelWidth)
    unsafe runDense(dense, turned, zeros, stretch.keys + offset, scores)
}

/// Turns [keys][panelWidth] scores into shares that sum to one over the keys.
@inline(__always)
private func softmax(_ scores: UnsafeMutablePointer<Float>, _ keyRows: Int) {
    for half in 0..<2 {
        let column = unsafe scores + half * laneCount
        var greatest = unsafe load(column)
        for key in 1..<keyRows {
            let value = unsafe load(column + key * panelWidth)
            greatest = greatest.replacing(with: value, where: value .> greatest)
        }
        var sum = Lanes(repeating: 0)
        for key in 0..<keyRows {
            let power = unsafe exponential(load(column + key * panelWidth) - greatest)
            sum += power
            unsafe store(power, column + key * panelWidth)
        }
        let share = 1 / sum
        for key in 0..<keyRows { unsafe store(load(column + key * panelWidth) * share, column + key * panelWidth) }
    }
}

@inline(__always)
private func mix(
    _ shares: UnsafePointer<Float>, _ first: KeyStretch, _ second: KeyStretch?, _ offset: Int, _ shape: AttentionShape, _ count: Int,
    _ output: UnsafeMutablePointer<Float>
) {
    let tiles = (count + tallestMix - 1) / tallestMix
    var channel = 0
    while channel < shape.headWidth {
        var row = 0
        for tile in 0..<tiles {
            let height = count / tiles + (tile < count % tiles ? 1 : 0)
            let target = unsafe output + row * shape.outputStride + channel
            let column = offset + channel
            switch height {
            case 5: unsafe mix(FiveRows.self, shares + row, first, second, column, shape, target)
            case 4: unsafe mix(FourRows.self, shares + row, first, second, column, shape, target)
            case 3: unsafe mix(ThreeRows.self, shares + row, first, second, column, shape, target)
            case 2: unsafe mix(TwoRows.self, shares + row, first, second, column, shape, target)
            default: unsafe mix(OneRow.self, shares + row, first, second, column, shape, target)
            }
            row += height
        }
        channel += panelWidth
    }
}

/// Ten sums keep the multipliers busy at every level.
@inline(__always)
private var tallestMix: Int { 5 }

/// One tile of sums of values weighted by shares, over both stretches.
@inline(__always)
private func mix<T: Tile>(
    _: T.Type, _ shares: UnsafePointer<Float>, _ first: KeyStretch, _ second: KeyStretch?, _ column: Int, _ shape: AttentionShape,
    _ output: UnsafeMutablePointer<Float>
) {
    var tile = T(Lanes(repeating: 0), Lanes(repeating: 0))
    var walk = unsafe Walk(
        input: shares, weights: UnsafeRawPointer(first.values + column), steps: first.rows, rowStride: 1, inputStep: panelWidth,
        weightStep: 4 * shape.valueStride, ahead: UnsafeRawPointer(shares), aheadStep: 0)
    sum(walk, into: &tile, Float32Panel.self)
    if let second {
        unsafe walk.input = shares + first.rows * panelWidth
        unsafe walk.weights = UnsafeRawPointer(second.values + column)
        walk.steps = second.rows
        sum(walk, into: &tile, Float32Panel.self)
    }
    unsafe finish(tile, PanelEnd(activation: .none, accumulates: false, outputs: panelWidth, rowStride: shape.outputStride), output)
}
