@inline(__always)
var log2e: Float { 1.442_695_04 }

/// Adding 1.5 * 2^23 leaves the nearest whole number in the low bits.
@inline(__always)
private var shift: Float { 12_582_912 }

/// e to the x for each lane, to within 4e-7 of the result; x is held within -80 ... 88: below, products with the result
/// would be subnormal, which processors take a hundred times as long for.
///
/// x = n ln 2 + r with n whole and |r| <= ln 2 / 2. ln 2 is split in two (Cody and Waite 1980): n times the first part, which has 9 bits, is exact.
@inline(__always)
func exponential(_ argument: Lanes) -> Lanes {
    var x = argument.replacing(with: -80, where: argument .< -80)
    x = x.replacing(with: 88, where: x .> 88)
    let shifted = multiplyAdd(Lanes(repeating: shift), x, Lanes(repeating: log2e))
    let n = shifted - shift
    var r = multiplyAdd(x, n, Lanes(repeating: -0.693_359_375))
    r = multiplyAdd(r, n, Lanes(repeating: 2.121_944_4e-4))
    return power(r * log2e, shifted)
}

/// 2 to the x for each lane, to within 3e-7 of the result; x is at most 127, and held from -115 on for the same reason.
@inline(__always)
func powerOfTwo(_ argument: Lanes) -> Lanes {
    let x = argument.replacing(with: -115, where: argument .< -115)
    let shifted = x + shift
    return power(x - (shifted - shift), shifted)
}

/// 2^(n + fraction), where `shifted` is n + 1.5 * 2^23 and the fraction at most a half in size.
///
/// 2^fraction is the polynomial of degree 5 that is 1 at 0 and whose relative error is the least at its greatest, 9.2e-8 (found by least squares,
/// weighted anew until the error's peaks were level).
@inline(__always)
private func power(_ fraction: Lanes, _ shifted: Lanes) -> Lanes {
    var sum = Lanes(repeating: 1.326_472_73e-3)
    sum = multiplyAdd(Lanes(repeating: 9.671_512_99e-3), sum, fraction)
    sum = multiplyAdd(Lanes(repeating: 5.550_733_59e-2), sum, fraction)
    sum = multiplyAdd(Lanes(repeating: 2.402_224_24e-1), sum, fraction)
    sum = multiplyAdd(Lanes(repeating: 6.931_470_04e-1), sum, fraction)
    sum = multiplyAdd(Lanes(repeating: 1), sum, fraction)
    // n goes into the exponent; the bits of `shift` itself fall out at the top.
    return lanes(bits(sum) &+ (bits(shifted) &<< LaneBits(repeating: 23)))
}

/// x Φ(x) for each lane, to within 3e-7 times the larger of 1 and |x|.
///
/// Φ(-|x|) = erfc(|x| / √2) / 2 by Abramowitz and Stegun 7.1.26: erfc(z) = (a1 t + ... + a5 t^5) e^(-z²) to 1.5e-7, where
/// t = 1 / (1 + 0.3275911 z). Then x Φ(x) = max(x, 0) - |x| Φ(-|x|), which cancels nothing.
@inline(__always)
func gelu(_ x: Lanes) -> Lanes {
    let size = lanes(bits(x) & LaneBits(repeating: 0x7fff_ffff))
    // 0.3275911 / √2.
    let t = 1 / multiplyAdd(Lanes(repeating: 1), size, Lanes(repeating: 0.231_641_89))
    // Half of each coefficient.
    var tail = Lanes(repeating: 0.530_702_715)
    tail = multiplyAdd(Lanes(repeating: -0.726_576_014), tail, t)
    tail = multiplyAdd(Lanes(repeating: 0.710_706_871), tail, t)
    tail = multiplyAdd(Lanes(repeating: -0.142_248_368), tail, t)
    tail = multiplyAdd(Lanes(repeating: 0.127_414_796), tail, t)
    tail *= t * exponential(x * x * -0.5)
    let positive = x.replacing(with: 0, where: x .< 0)
    return positive - size * tail
}

func runGELU(_ input: UnsafePointer<Float>, _ count: Int, _ output: UnsafeMutablePointer<Float>) {
    var index = 0
    while index + laneCount <= count {
        unsafe store(gelu(load(input + index)), output + index)
        index += laneCount
    }
    if index < count { unsafe store(gelu(load(input + index, count - index)), upTo: count - index, output + index) }
}

func runExponential(_ input: UnsafePointer<Float>, _ count: Int, _ output: UnsafeMutablePointer<Float>) {
    var index = 0
    while index + laneCount <= count {
        unsafe store(exponential(load(input + index)), output + index)
        index += laneCount
    }
    if index < count { unsafe store(exponential(load(input + index, count - index)), upTo: count - index, output + index) }
}
