#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The few functions of the C library that the front end needs, so that no file here needs Foundation.
enum Math {
    static func cosine(_ x: Double) -> Double { cos(x) }
    static func naturalLog(_ x: Float) -> Float { logf(x) }
    static func exponential(_ x: Float) -> Float { expf(x) }
    static func naturalLog(_ x: Double) -> Double { log(x) }
    static func exponential(_ x: Double) -> Double { exp(x) }
    static func commonLog(_ x: Float) -> Float { log10f(x) }
    static func powerOfTen(_ x: Double) -> Double { pow(10, x) }
}
