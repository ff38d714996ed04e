import Alerting
import Screening

/// What a replay was, and how it compares with what was stored.
public struct ReplayReport: Sendable {
    /// Why a difference need not mean that anything is wrong.
    public enum Reason: Sendable, Equatable {
        case model(stored: String, now: String)
        case policy(stored: String, now: String)
        case kernel(stored: String, now: String)
        case build(stored: String, now: String)
    }

    /// The comparison in one word.
    public enum Judgement: String, Sendable {
        /// Every number of every hop, every event and every result: the same bytes.
        case same
        case differs
        /// Not the same bytes, and the program, its model, policy or kernel level are not the ones that stored the call.
        case notComparable
    }

    /// What was heard.
    public enum Way: Sendable, Equatable {
        case audio, track
        /// A recording from elsewhere, by its name.
        case recording(String)
    }

    public var call: StoredCall
    public var way: Way
    public var reasons: [Reason]
    public var legs: [LegComparison] = []
    /// What a person should know, one sentence each without its full stop.
    public var notes: [String] = []

    package init(call: StoredCall, way: Way, reasons: [Reason]) {
        self.call = call
        self.way = way
        self.reasons = reasons
    }

    public var judgement: Judgement {
        if legs.allSatisfy(\.isSame) { return .same }
        return reasons.isEmpty ? .differs : .notComparable
    }
}

/// A leg as it was stored beside the same leg heard again.
public struct LegComparison: Sendable, Equatable {
    public var name: String
    /// Hops compared, number by number.
    public var hopCount: Int
    public var storedHopCount: Int
    public var replayedHopCount: Int
    /// The first hop, from 0, in which a number differs or that one of the two lacks.
    public var firstDifferentHop: Int?
    /// Where it begins, in seconds of the leg; nil where there is none, or where neither side says.
    public var firstDifferentSeconds: Double?
    /// The largest difference of the evidence over the hops both have; 0 when all are the same.
    public var largestEvidenceDifference: Double
    /// Alerts and changes of level: the same, in the same hops.
    public var eventsAreSame: Bool
    public var eventCount: Int
    /// Nil where there is no result to compare: the call, or its sound, was cut short.
    public var resultIsSame: Bool?
    public var storedOutcome: Outcome?
    public var replayedOutcome: Outcome?

    public var isSame: Bool { firstDifferentHop == nil && eventsAreSame && resultIsSame != false && hopCount > 0 || isEmpty }
    private var isEmpty: Bool { storedHopCount == 0 && replayedHopCount == 0 && resultIsSame != false }

    /// - Parameter isWhole: the call had ended when it was stored, so that both sides must be of one length.
    package init(stored: StoredLeg, heard: HeardLeg, isWhole: Bool) {
        name = stored.leg.name
        storedHopCount = stored.track.count
        replayedHopCount = heard.track.count
        let certain = heard.track.dropLast(heard.unsureHops)
        let mustMatchInLength = isWhole && heard.result != nil
        hopCount = min(stored.track.count, certain.count)
        let pairs = zip(stored.track, certain)
        firstDifferentHop = pairs.enumerated().first { !$1.0.isIdentical(to: $1.1) }?.offset
        if firstDifferentHop == nil, mustMatchInLength, stored.track.count != certain.count { firstDifferentHop = hopCount }
        firstDifferentSeconds = firstDifferentHop.flatMap { first in
            [stored.track, heard.track].first { $0.indices.contains(first) }.map { $0[first].startSeconds }
        }
        largestEvidenceDifference = pairs.reduce(0) { max($0, abs(Double($1.0.evidence) - Double($1.1.evidence))) }
        let limit = mustMatchInLength ? Int.max : hopCount
        let before = stored.alerts.filter { $0.hop <= limit }.map { HeardLeg.HeardEvent(kind: $0.kind, hop: $0.hop, record: $0.record) }
        eventsAreSame = before == heard.events.filter { $0.hop <= limit }
        eventCount = before.count
        resultIsSame = if isWhole, let result = heard.result, let old = stored.leg.result { LegResult.isSame(old, result) } else { nil }
        storedOutcome = stored.leg.outcome
        replayedOutcome = heard.outcome
    }
}

extension HopScore {
    /// The same bits in every number, where `==` would take 0 for -0 and no NaN for itself.
    package func isIdentical(to other: HopScore) -> Bool { TrackCoding.columns(of: self) == TrackCoding.columns(of: other) }
}
