import KernelInterface

// The layout of these weights, eight channels wide, is the same at every level; a level sums as many channels side by side as its registers hold.

/// A convolution over rows: output[r][c] = bias[c] + sum over taps t and run positions k of input * weight[t][k][c].
///
/// Rows by channels are summed in registers, in eight or more of them: a multiply-add takes four cycles, and two begin in each. Each sum is one
/// chain whose order depends on the shape alone, whatever tile it falls in, so the same input gives the same bits however it was cut into blocks.
func convolve(
    _ shape: ConvolutionShape, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
) {
    var channel = 0
    #if LEVEL_AVX512
    unsafe convolve(EightSums<TwoRegisters>.self, shape, &channel, input, weights, bias, output)
    unsafe convolve(EightSums<OneRegister>.self, shape, &channel, input, weights, bias, output)
    unsafe convolve(EightSums<HalfRegister>.self, shape, &channel, input, weights, bias, output)
    #else
    unsafe convolve(FourSums<TwoRegisters>.self, shape, &channel, input, weights, bias, output)
    unsafe convolve(EightSums<OneRegister>.self, shape, &channel, input, weights, bias, output)
    #endif
}

/// The channels from `channel` on, as many side by side as `S` sums, until fewer than that are left.
@inline(__always)
private func convolve<S: Sums>(
    _: S.Type, _ shape: ConvolutionShape, _ channel: inout Int, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
    _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
    while channel + S.Columns.count <= shape.paddedChannels {
        unsafe convolveRows(S.self, shape, channel, input, weights, bias, output)
        channel += S.Columns.count
    }
}

/// Some channels, of all rows: as many of them at a time as `S` sums, then four, then one.
@inline(__always)
private func convolveRows<S: Sums>(
    _: S.Type, _ shape: ConvolutionShape, _ channel: Int, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
    _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
    var row = 0
    while row + S.rows <= shape.rowCount {
        unsafe convolveTile(S.self, shape, row, channel, input, weights, bias, output)
        row += S.rows
    }
    while row + 4 <= shape.rowCount {
        unsafe convolveTile(FourSums<S.Columns>.self, shape, row, channel, input, weights, bias, output)
        row += 4
    }
    while row < shape.rowCount {
        unsafe convolveTile(OneSum<S.Columns>.self, shape, row, channel, input, weights, bias, output)
        row += 1
    }
}

@inline(__always)
private func convolveTile<S: Sums>(
    _: S.Type, _ shape: ConvolutionShape, _ row: Int, _ channel: Int, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
    _ bias: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
    let width = shape.paddedChannels
    var sums = unsafe S(S.Columns(bias + channel))
    for tap in 0..<shape.tapCount {
        var value = unsafe input + row * shape.inputRowStride + tap * shape.tapStride
        var weight = unsafe weights + tap * shape.runLength * width + channel
        for _ in 0..<shape.runLength {
            unsafe sums.add(S.Columns(weight), value, shape.inputRowStride)
            unsafe value += 1
            unsafe weight += width
        }
    }
    unsafe sums.write(shape, channel, output + row * shape.outputRowStride + channel)
}

/// Channels that are summed side by side.
private protocol ChannelGroup {
    static var count: Int { get }
    init(_ address: UnsafePointer<Float>)
    mutating func add(_ weights: Self, _ value: Float)
    /// The first `channels` of them.
    func write(rectified: Bool, _ channels: Int, _ target: UnsafeMutablePointer<Float>)
}

private struct TwoRegisters: ChannelGroup {
    private var first: Lanes
    private var second: Lanes

    @inline(__always)
    static var count: Int { 2 * laneCount }

    @inline(__always)
    init(_ address: UnsafePointer<Float>) {
        first = unsafe load(address)
        second = unsafe load(address + laneCount)
    }

    @inline(__always)
    mutating func add(_ weights: TwoRegisters, _ value: Float) {
        let value = Lanes(repeating: value)
        first = multiplyAdd(first, weights.first, value)
        second = multiplyAdd(second, weights.second, value)
    }

    @inline(__always)
    func write(rectified: Bool, _ channels: Int, _ target: UnsafeMutablePointer<Float>) {
        unsafe writeLanes(first, rectified, channels, target)
        unsafe writeLanes(second, rectified, channels - laneCount, target + laneCount)
    }
}

private struct OneRegister: ChannelGroup {
    private var lanes: Lanes

    @inline(__always)
    static var count: Int { laneCount }

    @inline(__always)
    init(_ address: UnsafePointer<Float>) { lanes = unsafe load(address) }

    @inline(__always)
    mutating func add(_ weights: OneRegister, _ value: Float) { lanes = multiplyAdd(lanes, weights.lanes, Lanes(repeating: value)) }

    @inline(__always)
    func write(rectified: Bool, _ channels: Int, _ target: UnsafeMutablePointer<Float>) { unsafe writeLanes(lanes, rectified, channels, target) }
}

#if LEVEL_AVX512
private struct HalfRegister: ChannelGroup {
    private var lanes: SIMD8<Float>

    @inline(__always)
    static var count: Int { 8 }

    @inline(__always)
    init(_ address: UnsafePointer<Float>) { lanes = unsafe UnsafeRawPointer(address).loadUnaligned(as: SIMD8<Float>.self) }

    @inline(__always)
    mutating func add(_ weights: HalfRegister, _ value: Float) { lanes = multiplyAdd(lanes, weights.lanes, SIMD8(repeating: value)) }

    @inline(__always)
    func write(rectified: Bool, _ channels: Int, _ target: UnsafeMutablePointer<Float>) {
        let value = rectified ? lanes.replacing(with: 0, where: lanes .< 0) : lanes
        if channels >= 8 {
            unsafe UnsafeMutableRawPointer(target).storeBytes(of: value, as: SIMD8<Float>.self)
        } else {
            for lane in 0..<max(channels, 0) { unsafe target[lane] = value[lane] }
        }
    }
}
#endif

@inline(__always)
private func writeLanes(_ sum: Lanes, _ rectified: Bool, _ channels: Int, _ target: UnsafeMutablePointer<Float>) {
    let value = rectified ? sum.replacing(with: 0, where: sum .< 0) : sum
    if channels >= laneCount {
        unsafe store(value, target)
    } else if channels > 0 {
        unsafe store(value, channels, target)
    }
}

/// The sums of some rows for one group of channels. Put together from halves, so that the compiler sees each sum as a value of its own.
private protocol Sums {
    associatedtype Columns: ChannelGroup
    static var rows: Int { get }
    init(_ bias: Columns)
    mutating func add(_ weights: Columns, _ input: UnsafePointer<Float>, _ rowStride: Int)
    func write(_ shape: ConvolutionShape, _ channel: Int, _ target: UnsafeMutablePointer<Float>)
}

private struct OneSum<Columns: ChannelGroup>: Sums {
    private var sum: Columns

    @inline(__always)
    static var rows: Int { 1 }

    @inline(__always)
    init(_ bias: Columns) { sum = bias }

    @inline(__always)
    mutating func add(_ weights: Columns, _ input: UnsafePointer<Float>, _ rowStride: Int) { unsafe sum.add(weights, input.pointee) }

    @inline(__always)
    func write(_ shape: ConvolutionShape, _ channel: Int, _ target: UnsafeMutablePointer<Float>) {
        unsafe sum.write(rectified: shape.rectified, shape.outputChannels - channel, target)
    }
}

private struct Twice<Half: Sums>: Sums {
    private var upper: Half
    private var lower: Half

    @inline(__always)
    static var rows: Int { 2 * Half.rows }

    @inline(__always)
    init(_ bias: Half.Columns) {
        upper = Half(bias)
        lower = Half(bias)
    }

    @inline(__always)
    mutating func add(_ weights: Half.Columns, _ input: UnsafePointer<Float>, _ rowStride: Int) {
        unsafe upper.add(weights, input, rowStride)
        unsafe lower.add(weights, input + Half.rows * rowStride, rowStride)
    }

    @inline(__always)
    func write(_ shape: ConvolutionShape, _ channel: Int, _ target: UnsafeMutablePointer<Float>) {
        unsafe upper.write(shape, channel, target)
        unsafe lower.write(shape, channel, target + Half.rows * shape.outputRowStride)
    }
}

private typealias FourSums<Columns: ChannelGroup> = Twice<Twice<OneSum<Columns>>>
private typealias EightSums<Columns: ChannelGroup> = Twice<FourSums<Columns>>

/// A depthwise convolution. Left to the compiler, which fuses no multiply with an add: the bits are the same at every level.
func convolveDepthwise(
    _ shape: ConvolutionShape, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
) {
    let channels = shape.outputChannels
    let frequencyTaps = shape.runLength / channels
    for row in 0..<shape.rowCount {
        let target = unsafe output + row * shape.outputRowStride
        for c in 0..<channels { unsafe target[c] = bias[c] }
        for tap in 0..<shape.tapCount {
            let a = unsafe input + row * shape.inputRowStride + tap * shape.tapStride
            let w = unsafe weights + tap * shape.runLength
            for f in 0..<frequencyTaps {
                for c in 0..<channels { unsafe target[c] += a[f * channels + c] * w[f * channels + c] }
            }
        }
        if shape.rectified { for c in 0..<channels where unsafe target[c] < 0 { unsafe target[c] = 0 } }
    }
}
