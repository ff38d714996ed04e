import Kernels
import Testing

/// Numbers between -1 and 1 from a linear congruential generator.
func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
    }
}

extension KernelSet: CustomTestStringConvertible {
    public var testDescription: String { name }
}
