import KernelInterface

/// The sums of some rows by one panel of outputs, held in registers.
///
/// In memory its sums lie row after row. Rows are put together from `OneRow` and `Rows`, so that the compiler sees each sum as a value of
/// its own; an array of them would live in memory.
protocol Tile {
    static var rowCount: Int { get }
    init(_ first: Lanes, _ second: Lanes)
    /// Adds one input of each row times a panel of weights.
    mutating func add(_ input: UnsafePointer<Float>, _ rowStride: Int, _ first: Lanes, _ second: Lanes)
}

struct OneRow: Tile {
    private var first: Lanes
    private var second: Lanes

    @inline(__always)
    static var rowCount: Int { 1 }

    @inline(__always)
    init(_ first: Lanes, _ second: Lanes) {
        self.first = first
        self.second = second
    }

    @inline(__always)
    mutating func add(_ input: UnsafePointer<Float>, _ rowStride: Int, _ first: Lanes, _ second: Lanes) {
        let value = unsafe Lanes(repeating: input.pointee)
        self.first = multiplyAdd(self.first, value, first)
        self.second = multiplyAdd(self.second, value, second)
    }
}

struct Rows<Upper: Tile, Lower: Tile>: Tile {
    private var upper: Upper
    private var lower: Lower

    @inline(__always)
    static var rowCount: Int { Upper.rowCount + Lower.rowCount }

    @inline(__always)
    init(_ first: Lanes, _ second: Lanes) {
        upper = Upper(first, second)
        lower = Lower(first, second)
    }

    @inline(__always)
    mutating func add(_ input: UnsafePointer<Float>, _ rowStride: Int, _ first: Lanes, _ second: Lanes) {
        unsafe upper.add(input, rowStride, first, second)
        unsafe lower.add(input + Upper.rowCount * rowStride, rowStride, first, second)
    }
}

typealias TwoRows = Rows<OneRow, OneRow>
typealias ThreeRows = Rows<TwoRows, OneRow>
typealias FourRows = Rows<TwoRows, TwoRows>
typealias FiveRows = Rows<FourRows, OneRow>
typealias SixRows = Rows<FourRows, TwoRows>
typealias SevenRows = Rows<FourRows, ThreeRows>
typealias EightRows = Rows<FourRows, FourRows>
typealias NineRows = Rows<EightRows, OneRow>
typealias TenRows = Rows<EightRows, TwoRows>

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
        let (firstSum, secondSum) = unsafe Float32Panel.load(sums + row * 4 * panelWidth)
        var (first, second) = (firstSum, secondSum)
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
            unsafe store(first, firstCount, target)
            guard secondCount > 0 else { continue }
            if end.accumulates { unsafe second += load(target + laneCount, secondCount) }
            unsafe store(second, secondCount, target + laneCount)
        }
    }
}
