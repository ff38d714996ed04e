import KernelInterface

/// Outputs that a tile sums side by side.
protocol Columns {
    static var count: Int { get }
    init(_ address: UnsafePointer<Float>)
    init(repeating value: Float)
    /// Adds one input times its weights.
    mutating func add(_ value: Float, _ weights: Self)
    mutating func multiply(by factor: Float)
    /// Negative ones become zero.
    mutating func rectify()
    /// The first `count` of them, or all where there are not as many.
    func write(_ count: Int, _ target: UnsafeMutablePointer<Float>)
}

struct TwoRegisters: Columns {
    private var first: Lanes
    private var second: Lanes

    @inline(__always)
    static var count: Int { 2 * laneCount }

    @inline(__always)
    init(_ first: Lanes, _ second: Lanes) {
        self.first = first
        self.second = second
    }

    @inline(__always)
    init(_ address: UnsafePointer<Float>) { unsafe self.init(load(address), load(address + laneCount)) }

    @inline(__always)
    init(repeating value: Float) { self.init(Lanes(repeating: value), Lanes(repeating: value)) }

    @inline(__always)
    mutating func add(_ value: Float, _ weights: TwoRegisters) {
        let value = Lanes(repeating: value)
        first = multiplyAdd(first, value, weights.first)
        second = multiplyAdd(second, value, weights.second)
    }

    @inline(__always)
    mutating func multiply(by factor: Float) {
        first *= factor
        second *= factor
    }

    @inline(__always)
    mutating func rectify() {
        first = first.replacing(with: 0, where: first .< 0)
        second = second.replacing(with: 0, where: second .< 0)
    }

    @inline(__always)
    func write(_ count: Int, _ target: UnsafeMutablePointer<Float>) {
        unsafe store(first, upTo: count, target)
        unsafe store(second, upTo: count - laneCount, target + laneCount)
    }
}

struct OneRegister: Columns {
    private var lanes: Lanes

    @inline(__always)
    static var count: Int { laneCount }

    @inline(__always)
    init(_ address: UnsafePointer<Float>) { lanes = unsafe load(address) }

    @inline(__always)
    init(repeating value: Float) { lanes = Lanes(repeating: value) }

    @inline(__always)
    mutating func add(_ value: Float, _ weights: OneRegister) { lanes = multiplyAdd(lanes, Lanes(repeating: value), weights.lanes) }

    @inline(__always)
    mutating func multiply(by factor: Float) { lanes *= factor }

    @inline(__always)
    mutating func rectify() { lanes = lanes.replacing(with: 0, where: lanes .< 0) }

    @inline(__always)
    func write(_ count: Int, _ target: UnsafeMutablePointer<Float>) { unsafe store(lanes, upTo: count, target) }
}

#if LEVEL_AVX512
struct HalfRegister: Columns {
    private var lanes: SIMD8<Float>

    @inline(__always)
    static var count: Int { 8 }

    @inline(__always)
    init(_ address: UnsafePointer<Float>) { lanes = unsafe UnsafeRawPointer(address).loadUnaligned(as: SIMD8<Float>.self) }

    @inline(__always)
    init(repeating value: Float) { lanes = SIMD8(repeating: value) }

    @inline(__always)
    mutating func add(_ value: Float, _ weights: HalfRegister) { lanes = multiplyAdd(lanes, SIMD8(repeating: value), weights.lanes) }

    @inline(__always)
    mutating func multiply(by factor: Float) { lanes *= factor }

    @inline(__always)
    mutating func rectify() { lanes = lanes.replacing(with: 0, where: lanes .< 0) }

    @inline(__always)
    func write(_ count: Int, _ target: UnsafeMutablePointer<Float>) {
        if count >= 8 {
            unsafe UnsafeMutableRawPointer(target).storeBytes(of: lanes, as: SIMD8<Float>.self)
        } else {
            for lane in 0..<max(count, 0) { unsafe target[lane] = lanes[lane] }
        }
    }
}
#endif

/// The sums of some rows by some columns, held in registers.
///
/// In memory its sums lie row after row. Rows are put together from `OneRow` and `Rows`, so that the compiler sees each sum as a value of
/// its own; an array of them would live in memory.
protocol Tile {
    associatedtype Sums: Columns
    static var rowCount: Int { get }
    init(_ start: Sums)
    /// Adds one input of each row times its weights.
    mutating func add(_ input: UnsafePointer<Float>, _ rowStride: Int, _ weights: Sums)
    /// Each row by a factor of its own.
    mutating func multiply(by factors: UnsafePointer<Float>)
    mutating func rectify()
    /// The first `count` columns of each row, or all where there are not as many.
    func write(_ count: Int, _ target: UnsafeMutablePointer<Float>, _ rowStride: Int)
}

struct OneRow<Sums: Columns>: Tile {
    private var sums: Sums

    @inline(__always)
    static var rowCount: Int { 1 }

    @inline(__always)
    init(_ start: Sums) { sums = start }

    @inline(__always)
    mutating func add(_ input: UnsafePointer<Float>, _ rowStride: Int, _ weights: Sums) { unsafe sums.add(input.pointee, weights) }

    @inline(__always)
    mutating func multiply(by factors: UnsafePointer<Float>) { unsafe sums.multiply(by: factors.pointee) }

    @inline(__always)
    mutating func rectify() { sums.rectify() }

    @inline(__always)
    func write(_ count: Int, _ target: UnsafeMutablePointer<Float>, _ rowStride: Int) { unsafe sums.write(count, target) }
}

struct Rows<Upper: Tile, Lower: Tile>: Tile where Upper.Sums == Lower.Sums {
    private var upper: Upper
    private var lower: Lower

    @inline(__always)
    static var rowCount: Int { Upper.rowCount + Lower.rowCount }

    @inline(__always)
    init(_ start: Upper.Sums) {
        upper = Upper(start)
        lower = Lower(start)
    }

    @inline(__always)
    mutating func add(_ input: UnsafePointer<Float>, _ rowStride: Int, _ weights: Upper.Sums) {
        unsafe upper.add(input, rowStride, weights)
        unsafe lower.add(input + Upper.rowCount * rowStride, rowStride, weights)
    }

    @inline(__always)
    mutating func multiply(by factors: UnsafePointer<Float>) {
        unsafe upper.multiply(by: factors)
        unsafe lower.multiply(by: factors + Upper.rowCount)
    }

    @inline(__always)
    mutating func rectify() {
        upper.rectify()
        lower.rectify()
    }

    @inline(__always)
    func write(_ count: Int, _ target: UnsafeMutablePointer<Float>, _ rowStride: Int) {
        unsafe upper.write(count, target, rowStride)
        unsafe lower.write(count, target + Upper.rowCount * rowStride, rowStride)
    }
}

typealias TwoRows<C: Columns> = Rows<OneRow<C>, OneRow<C>>
typealias ThreeRows<C: Columns> = Rows<TwoRows<C>, OneRow<C>>
typealias FourRows<C: Columns> = Rows<TwoRows<C>, TwoRows<C>>
typealias FiveRows<C: Columns> = Rows<FourRows<C>, OneRow<C>>
typealias SixRows<C: Columns> = Rows<FourRows<C>, TwoRows<C>>
typealias SevenRows<C: Columns> = Rows<FourRows<C>, ThreeRows<C>>
typealias EightRows<C: Columns> = Rows<FourRows<C>, FourRows<C>>
typealias NineRows<C: Columns> = Rows<EightRows<C>, OneRow<C>>
typealias TenRows<C: Columns> = Rows<EightRows<C>, TwoRows<C>>

/// Rows of the tallest tile, in registers: two sums a row, two of weights, and an input a row, since the compiler multiplies all rows by one half
/// of widened weights before it turns to the other. With five rows that is 17, AVX2 has 16, and sums that go through memory cost three fifths of
/// the speed.
#if LEVEL_AVX512 || arch(arm64)
let tallestTile = 10
#else
let tallestTile = 4
#endif

/// Gives a tile's sums, [rows][two registers], their activation and writes them.
///
/// Not inlined, since it would be compiled into every tile; given in memory, because Swift passes a wide register in pieces of 128 bits.
@inline(never)
func finish(_ sums: UnsafeRawPointer, _ rows: Int, _ end: PanelEnd, _ output: UnsafeMutablePointer<Float>) {
    for row in 0..<rows {
        let source = unsafe (sums + row * 4 * panelWidth).assumingMemoryBound(to: Float.self)
        var (first, second) = unsafe (load(source), load(source + laneCount))
        switch end.activation {
        case .none: break
        case .relu:
            first = first.replacing(with: 0, where: first .< 0)
            second = second.replacing(with: 0, where: second .< 0)
        case .gelu:
            first = gelu(first)
            second = gelu(second)
        }
        let target = unsafe output + row * end.rowStride
        if end.outputs >= panelWidth {
            if end.accumulates {
                unsafe first += load(target)
                unsafe second += load(target + laneCount)
            }
            unsafe store(first, target)
            unsafe store(second, target + laneCount)
        } else {
            let (firstCount, secondCount) = (min(end.outputs, laneCount), end.outputs - laneCount)
            if end.accumulates { unsafe first += load(target, firstCount) }
            unsafe store(first, upTo: firstCount, target)
            guard secondCount > 0 else { continue }
            if end.accumulates { unsafe second += load(target + laneCount, secondCount) }
            unsafe store(second, upTo: secondCount, target + laneCount)
        }
    }
}
