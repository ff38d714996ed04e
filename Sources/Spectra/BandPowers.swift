/// Power in the telephone band and above it, by which a narrow line is told from a wide one.
public struct BandPowers: Sendable, Equatable {
    /// Sum of mean powers between 0.3 and 3.4 kHz over gated frames.
    public var lower = 0.0
    /// The same between 4.2 and 7 kHz.
    public var upper = 0.0

    public init() {}

    /// Upper relative to lower; 0 before there is anything.
    public var upperShare: Double { lower > 0 ? upper / lower : 0 }

    public static func += (sum: inout BandPowers, more: BandPowers) {
        sum.lower += more.lower
        sum.upper += more.upper
    }
}
