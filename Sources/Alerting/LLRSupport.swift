/// What held-out calls bear out of a log likelihood ratio: of those that were stated in a range, so many of each class.
///
/// The likelihood ratio that the counts support is (s / S) / (h / H), with s of S synthetic and h of H human calls in the range; its
/// ends come from the 95 % Clopper-Pearson intervals of both shares, the low end of one over the high end of the other, so that it
/// is rather too wide. Natural logs, positive is synthetic. Calls of one source are alike, which this does not know of.
public struct LLRSupport: Sendable, Equatable, Codable {
    /// The stated LLRs it is of: from here, below there; nil for no end.
    public var from: Double?
    public var below: Double?
    /// The ends of what is supported; nil where no call of a class stands behind that end, so that there is none.
    public var least: Double?
    public var most: Double?
    public var human: Int
    public var synthetic: Int

    public init(from: Double?, below: Double?, least: Double?, most: Double?, human: Int, synthetic: Int) {
        self.from = from
        self.below = below
        self.least = least
        self.most = most
        self.human = human
        self.synthetic = synthetic
    }

    public func holds(_ llr: Double) -> Bool { llr >= from ?? -.infinity && llr < below ?? .infinity }

    /// What is wrong with the numbers, in one sentence; nil when they can have been counted.
    var fault: String? {
        guard [from, below, least, most].compactMap(\.self).allSatisfy(\.isFinite) else { return "a number is not finite" }
        if let from, let below, from >= below { return "a range ends before it begins" }
        if let least, let most, least > most { return "the least is above the most" }
        if human < 0 || synthetic < 0 { return "a count is negative" }
        return nil
    }
}

extension OperatingPoint.Measurement {
    /// What held-out calls bear out of a stated `llr`; nil where nobody counted.
    public func support(of llr: Double) -> LLRSupport? { support?.first { $0.holds(llr) } }
}
