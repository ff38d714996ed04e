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

    /// Scores that others are compared with, counted.
    public struct Reference: Sendable, Equatable {
        /// Ascending.
        public var edges: [Double]
        /// At or below each edge and above the one before it; the last, above all edges. None is 0.
        public var counts: [Int]

        public init(edges: [Double], counts: [Int]) {
            self.edges = edges
            self.counts = counts
        }

        /// The deciles of scores to a thousandth, as far as they are apart. Those that are not finite do not count.
        /// - Returns: nil with fewer than `fewest` scores, or where they are all alike.
        public init?(_ scores: [Double]) {
            let scores = scores.filter(\.isFinite).sorted()
            guard scores.count >= PopulationStability.fewest else { return nil }
            let deciles = (1..<PopulationStability.bins).map {
                (quantile(scores, Double($0) / Double(PopulationStability.bins)) * 1000).rounded() / 1000
            }
            (edges, counts) = ([], [])
            var rest = scores[...]
            for edge in deciles {
                let count = rest.prefix { $0 <= edge }.count
                guard count > 0 else { continue }
                edges.append(edge)
                counts.append(count)
                rest = rest.dropFirst(count)
            }
            if rest.isEmpty { edges.removeLast() } else { counts.append(rest.count) }
            if edges.isEmpty { return nil }
        }

        public var count: Int { counts.reduce(0, +) }
    }

    public var index: Double
    /// What chance gives on average where nothing changed.
    public var byChance: Double
    /// The shares of both in each bin, lowest scores first.
    public var reference: [Double]
    public var present: [Double]

    /// - Returns: nil with fewer than `fewest` scores on either side.
    public init?(reference: Reference, present: [Double]) {
        let present = present.filter(\.isFinite)
        guard reference.count >= Self.fewest, present.count >= Self.fewest else { return nil }
        var counts = [Int](repeating: 0, count: reference.counts.count)
        for score in present { counts[reference.edges.firstIndex { score <= $0 } ?? reference.edges.count] += 1 }
        // Half a score in each bin, so that an empty one does not make it infinite.
        func shares(_ counts: [Int]) -> [Double] {
            let all = Double(counts.reduce(0, +)) + 0.5 * Double(counts.count)
            return counts.map { (Double($0) + 0.5) / all }
        }
        self.reference = shares(reference.counts)
        self.present = shares(counts)
        index = zip(self.present, self.reference).reduce(0) { $0 + ($1.0 - $1.1) * log($1.0 / $1.1) }
        byChance = Double(counts.count - 1) * (1 / Double(reference.count) + 1 / Double(present.count))
    }

    public enum Judgement: String, Sendable, Codable { case steady, moving, moved }

    /// The customary bounds, 0.1 and 0.25, but never below three times what chance gives: with ten bins chance alone gets there once
    /// in 700 times (chi-square of 27 with 9 degrees of freedom).
    public var judgement: Judgement {
        if index < max(0.1, 3 * byChance) { return .steady }
        return index < max(0.25, 3 * byChance) ? .moving : .moved
    }
}
