/// Each row less its mean, over its standard deviation, times gamma plus beta.
///
/// The mean first, then the squares about it: the sum of squares less the square of the sum would cancel. The order of the sums depends on
/// the width alone.
func runLayerNorm(
    _ input: UnsafePointer<Float>, _ rows: Int, _ width: Int, _ gamma: UnsafePointer<Float>, _ beta: UnsafePointer<Float>, _ epsilon: Float,
    _ output: UnsafeMutablePointer<Float>
) {
    let whole = width / laneCount * laneCount
    for row in 0..<rows {
        let source = unsafe input + row * width
        let target = unsafe output + row * width
        var (sum, index) = (Lanes(repeating: 0), 0)
        while index < whole {
            unsafe sum += load(source + index)
            index += laneCount
        }
        var rest: Float = 0
        for index in whole..<width { unsafe rest += source[index] }
        let mean = (total(sum) + rest) / Float(width)

        (sum, rest, index) = (Lanes(repeating: 0), 0, 0)
        while index < whole {
            let difference = unsafe load(source + index) - mean
            sum = multiplyAdd(sum, difference, difference)
            index += laneCount
        }
        for index in whole..<width {
            let difference = unsafe source[index] - mean
            rest += difference * difference
        }
        let scale = 1 / ((total(sum) + rest) / Float(width) + epsilon).squareRoot()

        index = 0
        while index < whole {
            let normal = unsafe (load(source + index) - mean) * scale
            unsafe store(multiplyAdd(load(beta + index), normal, load(gamma + index)), target + index)
            index += laneCount
        }
        for index in whole..<width { unsafe target[index] = beta[index] + (source[index] - mean) * scale * gamma[index] }
    }
}
