import Alerting

/// How the calls of people that a policy was measured on scored: what a site's calls are held against, to see whether they have moved.
///
/// The score is `Verdict.openingLLR` (natural log, positive is synthetic, recalibrated where the policy recalibrates), for legs of any length.
/// Bands stand by themselves: the calibration is each band's own, and a site's mixture of them is no drift.
public struct PeopleScores: Sendable, Equatable, Codable {
    public struct Band: Sendable, Equatable, Codable {
        public var bandwidth: Bandwidth
        /// Ascending: the deciles of the scores, as far as they are apart.
        public var edges: [Double]
        /// How many scores lie at or below each edge and above the one before it; the last, above all edges.
        public var calls: [Int]

        public init(bandwidth: Bandwidth, edges: [Double], calls: [Int]) {
            self.bandwidth = bandwidth
            self.edges = edges
            self.calls = calls
        }

        /// - Precondition: without fault.
        public var callCount: Int { calls.reduce(0, +) }

        /// The edge that comes nearest to having that share of the calls at or below it, and the share it has.
        /// - Precondition: without fault.
        public func edge(near share: Double) -> (llr: Double, share: Double) {
            var below = 0
            let shares = zip(edges, calls).map { edge, count in
                below += count
                return (llr: edge, share: Double(below) / Double(callCount))
            }
            return shares.min { abs($0.share - share) < abs($1.share - share) }!
        }

        fileprivate var fault: String? {
            guard edges.allSatisfy(\.isFinite) else { return "an edge is not finite" }
            guard zip(edges, edges.dropFirst()).allSatisfy(<) else { return "edges do not ascend" }
            guard 1...Self.mostEdges ~= edges.count, calls.count == edges.count + 1 else {
                return "\(edges.count) edges and \(calls.count) counts; 1 to \(Self.mostEdges) edges and one count more are needed"
            }
            return calls.allSatisfy { 1...Self.mostCalls ~= $0 } ? nil : "a count is not within 1...\(Self.mostCalls)"
        }

        private static let mostEdges = 9
        private static let mostCalls = 1_000_000_000
    }

    /// How much of a leg's first speech was scored, in seconds.
    public var netSpeechSeconds: Double
    /// Those with calls enough to say anything.
    public var bands: [Band]

    public init(netSpeechSeconds: Double, bands: [Band]) {
        self.netSpeechSeconds = netSpeechSeconds
        self.bands = bands
    }

    public subscript(_ bandwidth: Bandwidth) -> Band? { bands.first { $0.bandwidth == bandwidth } }

    /// What is wrong with the numbers, in one sentence; nil when they can have been counted.
    var fault: String? {
        if bands.isEmpty { return "there is no band" }
        if Set(bands.map(\.bandwidth)).count < bands.count { return "a band stands there twice" }
        return bands.lazy.compactMap { band in band.fault.map { "\(band.bandwidth.rawValue): \($0)" } }.first
    }
}
