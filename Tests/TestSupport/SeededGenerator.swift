import Foundation

/// A random number generator whose draws can be made again (SplitMix64; S. Vigna, 2015).
///
/// A test that draws takes its seed from `FALSETTO_TEST_SEED`, or 1 where that is not set, and the seed is printed: what failed once
/// can be seen to fail again.
public struct SeededGenerator: RandomNumberGenerator {
    public static let testSeed: UInt64 = {
        let seed = ProcessInfo.processInfo.environment["FALSETTO_TEST_SEED"].flatMap { UInt64($0) } ?? 1
        print("random draws of the tests: FALSETTO_TEST_SEED=\(seed)")
        return seed
    }()

    private var state: UInt64

    public init(seed: UInt64 = SeededGenerator.testSeed) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
