import Alerting
import Classifier
import Evaluation
import Foundation

/// Finds judgements that would move the operating point further than chance does, before they move it.
///
/// Who judges calls sets the threshold: a person who calls every machine human lifts it until nothing alerts, and one day of
/// calls that are all the same one pulls it down. So each reviewer's and each day's judgements are taken out in turn. If the
/// operating point of all judgements lies outside the interval of the point without them, they are held back and named, the
/// worst first, until nothing is left that does; a second person may release them.
///
/// The operating point here is the window threshold that lets at most the target's alarms an hour of people through on the calls at
/// hand (`ThresholdChoice`, without its change test), and its interval that of 95 % by bootstrap over calls of people, with a
/// smooth tail. Calls with one and the same score track are one recording and count once.
///
/// Rule: of two groups that contradict each other, the one whose judgements move the point more is held. Why only that: from
/// labels alone nobody can tell who is right, and that is what the second person is for.
public struct ReviewScreening: Sendable {
    /// A judged call.
    public struct Call: Sendable {
        public var id: String
        /// The far end's.
        public var leg: ScoredLeg
        /// The same for two calls exactly when their score tracks are.
        public var fingerprint: String

        public init(id: String, leg: ScoredLeg, fingerprint: String) {
            self.id = id
            self.leg = leg
            self.fingerprint = fingerprint
        }
    }

    /// Whose judgements are looked at together.
    public struct Unit: Sendable, Hashable {
        public enum Kind: String, Sendable, CaseIterable { case reviewer, day }

        public var kind: Kind
        public var name: String

        public init(_ kind: Kind, _ name: String) {
            self.kind = kind
            self.name = name
        }

        func holds(_ vote: ReviewVote) -> Bool { (kind == .reviewer ? vote.reviewer : vote.day) == name }
    }

    /// A second person's word that a unit's judgements may count, up to one of them.
    public struct Release: Sendable {
        public var unit: Unit
        public var upTo: Int64

        public init(_ unit: Unit, upTo: Int64) {
            self.unit = unit
            self.upTo = upTo
        }
    }

    /// What one unit does to the operating point.
    public struct Influence: Sendable, Equatable {
        public var unit: Unit
        public var votes: Int
        /// Window LLR (natural log, positive is synthetic) with all that was not held before, and without this unit.
        public var with: Double
        public var without: Double
        /// Of the point without it.
        public var interval: Interval
        public var isHeld: Bool
    }

    /// Each unit once: those held in the order in which they were, then the others as they stand at the end.
    public private(set) var influences: [Influence] = []
    /// Votes that may move a threshold.
    public private(set) var book: ReviewBook
    /// The operating point of all judgements, and of those that may count; nil without calls of people.
    public private(set) var pointOfAll: Double?
    public private(set) var point: Double?
    public private(set) var interval: Interval?
    /// Calls that are copies of others, by the one that counts.
    public private(set) var copies: [String: [String]] = [:]

    public var held: [Influence] { influences.filter(\.isHeld) }

    /// - Parameters:
    ///   - calls: each with the votes of its id.
    ///   - votes: of people who had not seen the score.
    ///   - falseAlarmsPerHour: of people talking, that the operating point allows.
    /// - Complexity: hops once; then units squared times bootstrap draws times calls.
    public init(
        _ calls: [Call], votes: [ReviewVote], releases: [Release] = [], calibration: Calibration, hopSamples: Int,
        falseAlarmsPerHour: Double, base: OperatingPoint = .provisional
    ) {
        let replay = AlarmReplay(calibration: calibration, recalibration: nil, hopSamples: hopSamples)
        let peaks = replay.peaks(of: calls.map(\.leg), base: base, drifts: [])
        self.init(calls, peaks: peaks, votes: votes, releases: releases, falseAlarmsPerHour: falseAlarmsPerHour)
    }

    init(_ calls: [Call], peaks: [LegPeaks], votes: [ReviewVote], releases: [Release], falseAlarmsPerHour: Double) {
        // The first of several copies stands for them all, with everybody's votes on any of them.
        var first: [String: String] = [:]
        var standsFor: [String: String] = [:]
        for call in calls {
            let original = first[call.fingerprint] ?? call.id
            first[call.fingerprint] = original
            standsFor[call.id] = original
            if original != call.id { copies[original, default: []].append(call.id) }
        }
        let measured = zip(calls, peaks).filter { standsFor[$0.0.id] == $0.0.id }
            .map { (id: $0.0.id, peak: $0.1.window, hours: $0.1.exposedSeconds / 3600) }
        var counting = votes.compactMap { vote -> ReviewVote? in
            guard let original = standsFor[vote.call] else { return nil }
            var vote = vote
            vote.call = original
            return vote
        }
        func point(_ votes: [ReviewVote]) -> PeoplesPeaks {
            let book = ReviewBook(votes)
            return PeoplesPeaks(measured.filter { book.consensus(on: $0.id) == false }.map { ($0.peak, $0.hours) }, perHour: falseAlarmsPerHour)
        }
        func isReleased(_ vote: ReviewVote, of unit: Unit) -> Bool { releases.contains { $0.unit == unit && vote.number <= $0.upTo } }

        var all = point(counting)
        pointOfAll = all.point
        while true {
            let units = Set(counting.flatMap { [Unit(.reviewer, $0.reviewer), Unit(.day, $0.day)] })
                .sorted { ($0.kind.rawValue, $0.name) < ($1.kind.rawValue, $1.name) }
            var standing: [(Influence, excess: Double)] = []
            for unit in units {
                let own = counting.filter { unit.holds($0) && !isReleased($0, of: unit) }
                let rest = counting.filter { !unit.holds($0) || isReleased($0, of: unit) }
                let others = point(rest)
                // Whoever judges alone, or nearly so, cannot be held against anybody.
                guard !own.isEmpty, let with = all.point, let without = others.point, let interval = others.interval else { continue }
                let excess = max(interval.low - with, with - interval.high)
                standing.append(
                    (Influence(unit: unit, votes: own.count, with: with, without: without, interval: interval, isHeld: excess > 0), excess))
            }
            guard let worst = standing.filter(\.0.isHeld).max(by: { $0.excess < $1.excess })?.0 else {
                influences += standing.map(\.0)
                break
            }
            influences.append(worst)
            counting.removeAll { worst.unit.holds($0) && !isReleased($0, of: worst.unit) }
            all = point(counting)
        }
        book = ReviewBook(counting)
        self.point = all.point
        interval = all.interval
    }
}

/// The strongest windows of calls of people, and the threshold that they set.
///
/// Its interval is that of 400 draws with replacement of as many calls. What lies above the ninth decile is drawn from an exponential
/// tail of the same mean excess (A. Davison and D. Hinkley, "Bootstrap methods and their application", 1997, section 3.4: a smoothed
/// bootstrap): the highest of some scores drawn again never lies above the highest, and a new person's well may.
private struct PeoplesPeaks {
    let point: Double?
    /// Nil with fewer than `fewest` calls: of a handful nobody can say how far chance moves their threshold.
    let interval: Interval?

    private static let fewest = 20
    private static let draws = 400
    /// The part of the calls whose scores make the tail.
    private static let tailShare = 0.1

    init(_ calls: [(peak: Double, hours: Double)], perHour: Double) {
        let calls = calls.filter { $0.hours > 0 }.sorted { $0.peak > $1.peak }
        guard !calls.isEmpty else {
            self.point = nil
            self.interval = nil
            return
        }
        let chosen = Self.threshold(calls.map { $0.peak }, alarmed: Int(perHour * calls.reduce(0) { $0 + $1.hours }))
        point = chosen
        guard calls.count >= Self.fewest else {
            interval = nil
            return
        }
        let tail = calls.prefix(max(1, Int(Self.tailShare * Double(calls.count)))).map { $0.peak }.filter(\.isFinite)
        let above = calls.dropFirst(tail.count).first?.peak ?? tail.last ?? 0
        // Not nothing where all are alike: thresholds are hundredths.
        let excess = above.isFinite && !tail.isEmpty ? max(tail.reduce(0) { $0 + $1 - above } / Double(tail.count), 0.01) : 0.01
        var generator = SplitMix64(seed: 16)
        var counts = [Int](repeating: 0, count: calls.count)
        var drawn: [Double] = []
        for _ in 0..<Self.draws {
            for index in counts.indices { counts[index] = 0 }
            var hours = 0.0
            var ofTail = 0
            for _ in calls.indices {
                let index = generator.next(below: calls.count)
                hours += calls[index].hours
                if index < tail.count { ofTail += 1 } else { counts[index] += 1 }
            }
            var peaks = (0..<ofTail).map { _ in above - excess * log(1 - Double(generator.next() >> 11) / 9_007_199_254_740_992) }.sorted(by: >)
            let alarmed = Int(perHour * hours)
            for index in calls.indices where counts[index] > 0 {
                guard peaks.count <= alarmed else { break }
                peaks += repeatElement(calls[index].peak, count: counts[index])
            }
            drawn.append(Self.threshold(peaks, alarmed: alarmed))
        }
        drawn.sort()
        interval = Interval(low: min(quantile(drawn, 0.025), chosen), high: max(quantile(drawn, 0.975), chosen))
    }

    /// The next hundredth above the peak behind `alarmed` others, and never below 0, as tuning sets it.
    private static func threshold(_ descending: [Double], alarmed: Int) -> Double {
        guard alarmed < descending.count, descending[alarmed].isFinite else { return 0 }
        return max(0, (descending[alarmed] * 100 + 1).rounded(.down) / 100)
    }
}
