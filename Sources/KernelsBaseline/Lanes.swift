// Rule: this folder is compiled once a level, the higher levels through a link to it, with LEVEL_AVX2 or LEVEL_AVX512 and FUSED defined by
// the package. Nothing here is public but `kernelSet()`; no arrays, strings or other generics of the standard library that are not inlined.
// Why: the linker keeps one copy of a specialised generic of the standard library for the whole program; were it this level's copy, the
// program would stop on a processor below the level. To see them: `nm` on this target's objects, weak symbols without the module's name.

#if LEVEL_AVX512
let levelName = "x86-64-v4"
typealias Lanes = SIMD16<Float>
typealias LaneBits = SIMD16<UInt32>
#elseif LEVEL_AVX2
let levelName = "x86-64-v3"
typealias Lanes = SIMD8<Float>
typealias LaneBits = SIMD8<UInt32>
#else
#if arch(x86_64)
let levelName = "x86-64-v1"
#elseif arch(arm64)
let levelName = "arm64"
#else
let levelName = "portable"
#endif
typealias Lanes = SIMD4<Float>
typealias LaneBits = SIMD4<UInt32>
#endif

/// Floats of one register.
@inline(__always)
var laneCount: Int { Lanes.scalarCount }

/// Outputs that are summed side by side: two registers.
@inline(__always)
var panelWidth: Int { 2 * Lanes.scalarCount }

/// sum + a * b, rounded once where the level has it; a library call for each lane where it has not, hence the other form there.
@inline(__always)
func multiplyAdd<V: SIMD>(_ sum: V, _ a: V, _ b: V) -> V where V.Scalar == Float {
    #if FUSED || arch(arm64)
    sum.addingProduct(a, b)
    #else
    sum + a * b
    #endif
}

@inline(__always)
func load(_ address: UnsafePointer<Float>) -> Lanes {
    unsafe UnsafeRawPointer(address).loadUnaligned(as: Lanes.self)
}

@inline(__always)
func store(_ value: Lanes, _ address: UnsafeMutablePointer<Float>) {
    unsafe UnsafeMutableRawPointer(address).storeBytes(of: value, as: Lanes.self)
}

/// The first `count` of the lanes, zero behind.
@inline(__always)
func load(_ address: UnsafePointer<Float>, _ count: Int) -> Lanes {
    var value = Lanes(repeating: 0)
    for lane in 0..<min(count, laneCount) { value[lane] = unsafe address[lane] }
    return value
}

/// The first `count` of the lanes, or all where there are not as many.
@inline(__always)
func store(_ value: Lanes, upTo count: Int, _ address: UnsafeMutablePointer<Float>) {
    if count >= laneCount {
        unsafe store(value, address)
    } else {
        for lane in 0..<max(count, 0) { unsafe address[lane] = value[lane] }
    }
}

@inline(__always)
func bits(_ value: Lanes) -> LaneBits { unsafe unsafeBitCast(value, to: LaneBits.self) }

@inline(__always)
func lanes(_ bits: LaneBits) -> Lanes { unsafe unsafeBitCast(bits, to: Lanes.self) }

/// The sum of all lanes, by halves.
@inline(__always)
func total(_ value: Lanes) -> Float {
    #if LEVEL_AVX512
    let eight = value.lowHalf + value.highHalf
    let four = eight.lowHalf + eight.highHalf
    #elseif LEVEL_AVX2
    let four = value.lowHalf + value.highHalf
    #else
    let four = value
    #endif
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
}

/// The greatest of all lanes, by halves.
@inline(__always)
func greatest(_ value: Lanes) -> Float {
    #if LEVEL_AVX512
    let eight = value.lowHalf.replacing(with: value.highHalf, where: value.highHalf .> value.lowHalf)
    let four = eight.lowHalf.replacing(with: eight.highHalf, where: eight.highHalf .> eight.lowHalf)
    #elseif LEVEL_AVX2
    let four = value.lowHalf.replacing(with: value.highHalf, where: value.highHalf .> value.lowHalf)
    #else
    let four = value
    #endif
    let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
    return two[0] > two[1] ? two[0] : two[1]
}
