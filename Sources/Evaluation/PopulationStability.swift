import Foundation

/// How far scores lie from where they lay before.
///
/// The population stability index (B. Yurdakul and J. Naranjo, "Statistical properties of the population stability index",
/// 2020): the sum over bins of (p - q) ln(p / q), with the reference's deciles as bins. Without any drift it is not 0 but about
/// (bins - 1)(1/n + 1/m) on average, which is said beside it.
public struct PopulationStability: Sendable, Equatable {
    public static let bins = 10
    /// Fewer scores on either side say nothing.
    public static let fewest = 100

    public var index: Double
    /// What chance gives on average where nothing changed.
    public var byChance: Double
    /// The shares of both in each bin, lowest scores first.
    public var reference: [Double]
    public var present: [Double]

    /// - Returns: nil with fewer than `fewest` scores on either side, or where the reference's deciles are not apart.
    public init?(reference: [Double], present: [Double]) {
        let reference = reference.filter(\.isFinite).sorted(), present = present.filter(\.isFinite)
        guard reference.count >= Self.fewest, present.count >= Self.fewest else { return nil }
        let edges = (1..<Self.bins).map { quantile(reference, Double($0) / Double(Self.bins)) }
        guard zip(edges, edges.dropFirst()).allSatisfy(<) else { return nil }
        func shares(_ scores: [Double]) -> [Double] {
            var counts = [Double](repeating: 0.5, count: Self.bins)
            for score in scores { counts[edges.firstIndex { score <= $0 } ?? edges.count] += 1 }
            // Half a score in each bin, so that an empty one does not make it infinite.
            return counts.map { $0 / (Double(scores.count) + 0.5 * Double(Self.bins)) }
        }
        self.reference = shares(reference)
        self.present = shares(present)
        index = zip(self.present, self.reference).reduce(0) { $0 + ($1.0 - $1.1) * log($1.0 / $1.1) }
        byChance = Double(Self.bins - 1) * (1 / Double(reference.count) + 1 / Double(present.count))
    }

    public enum Judgement: Sendable { case steady, moving, moved }

    /// The customary bounds, 0.1 and 0.25, but never below three times what chance gives.
    public var judgement: Judgement {
        if index < max(0.1, 3 * byChance) { return .steady }
        return index < max(0.25, 3 * byChance) ? .moving : .moved
    }
}
