import Alerting
import Evaluation
import Policies
import Reporting
import Store

/// Whether scores lie where they lay when the policy in use was measured; where it does not say, where they lay in the first calls.
struct Drift {
    enum Against: Equatable {
        /// The people that the policy was measured on, by this much of their first speech in seconds.
        case peopleMeasured(Double)
        case firstCalls
    }

    /// The calls of one band; of all, against the first calls.
    struct Part {
        var bandwidth: Bandwidth?
        var referenceCalls: Int
        var calls: Int
        /// How many more are needed.
        var callsMissing = 0
        var edges: [Double] = []
        var stability: PopulationStability?

        /// For people: what it comes to, and what to do.
        var says: String {
            switch stability?.judgement {
            case .steady: "They lie where they lay."
            case .moving: "They are moving; look at what changed on the line."
            case .moved:
                "They have moved: tune again, since the promise need not hold any more. Where only the highest scores have grown in number, more "
                    + "machines may be calling: have some of these calls judged first."
            case nil where bandwidth != nil && referenceCalls == 0:
                "The policy carries no scores of people in this band, so \(Dashboard.counted(calls, "call")) here cannot be compared."
            case nil where callsMissing > 0:
                "Too few calls with speech so far: \(calls); \(callsMissing) more \(callsMissing == 1 ? "is" : "are") needed."
            case nil: "The scores of the first calls are all alike, so nothing can be compared with them."
            }
        }
    }

    /// Calls here that are looked at, the latest.
    static let mostCalls = 1000

    var against: Against
    var parts: [Part]

    /// Calls here against the people that the policy was measured on, band by band.
    init(_ measured: PeopleScores, openings: [(bandwidth: Bandwidth, llr: Double)]) {
        against = .peopleMeasured(measured.netSpeechSeconds)
        parts = Bandwidth.allCases.compactMap { bandwidth in
            let scores = openings.filter { $0.bandwidth == bandwidth }.map(\.llr)
            guard let band = measured[bandwidth] else {
                return scores.isEmpty ? nil : Part(bandwidth: bandwidth, referenceCalls: 0, calls: scores.count)
            }
            // A band in which nobody calls is missing nothing.
            guard !scores.isEmpty || openings.isEmpty else { return nil }
            return Part(
                bandwidth: bandwidth, referenceCalls: band.callCount, calls: scores.count,
                callsMissing: max(0, PopulationStability.fewest - scores.count), edges: band.edges,
                stability: PopulationStability(reference: .init(edges: band.edges, counts: band.calls), present: scores))
        }
    }

    /// The latest calls here against the first, none on both sides.
    init(first: [Double], latest: [Double], known: Int) {
        against = .firstCalls
        let reference = PopulationStability.Reference(first)
        parts = [
            Part(
                referenceCalls: first.count, calls: latest.count, callsMissing: max(0, 2 * PopulationStability.fewest - known),
                edges: reference?.edges ?? [], stability: reference.flatMap { PopulationStability(reference: $0, present: latest) })
        ]
    }
}

extension Dashboard {
    func drift() throws -> Drift {
        let digest = policy.policy?.digest
        if let peopleScores { return Drift(peopleScores, openings: try store.openings(policy: digest, count: Drift.mostCalls)) }
        let known = try store.scores(policy: digest, latest: true, count: Drift.mostCalls)
        let half = known.count / 2
        return Drift(
            first: try store.scores(policy: digest, latest: false, count: half), latest: Array(known.prefix(half)), known: known.count)
    }
}

/// As programs read it; what does not exist is left out.
extension Drift: Encodable {
    private enum Key: String, CodingKey { case comparedWith, netSpeechSeconds, parts }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch against {
        case .peopleMeasured(let seconds):
            try container.encode("peopleMeasured", forKey: .comparedWith)
            try container.encode(seconds, forKey: .netSpeechSeconds)
        case .firstCalls: try container.encode("firstCalls", forKey: .comparedWith)
        }
        try container.encode(parts, forKey: .parts)
    }
}

extension Drift.Part: Encodable {
    private enum Key: String, CodingKey { case bandwidth, referenceCalls, calls, callsMissing, index, byChance, judgement, says, bins }

    private struct Bin: Encodable {
        /// LLR; of the last bin none.
        var upTo: Double?
        var referenceShare: Double
        var share: Double
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(bandwidth, forKey: .bandwidth)
        try container.encode(referenceCalls, forKey: .referenceCalls)
        try container.encode(calls, forKey: .calls)
        try container.encode(callsMissing, forKey: .callsMissing)
        try container.encode(says, forKey: .says)
        guard let stability else { return }
        try container.encode(stability.index, forKey: .index)
        try container.encode(stability.byChance, forKey: .byChance)
        try container.encode(stability.judgement, forKey: .judgement)
        let bins = zip(stability.reference, stability.present).enumerated().map { index, pair in
            Bin(upTo: index < edges.count ? edges[index] : nil, referenceShare: pair.0, share: pair.1)
        }
        try container.encode(bins, forKey: .bins)
    }
}
