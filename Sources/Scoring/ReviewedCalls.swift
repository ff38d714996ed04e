import Alerting
import Calls
import Classifier
import Crypto
import Evaluation
import Foundation
import Screening
import Store
import Tuning

/// Calls of the store that somebody judged, as material for tuning: their tracks are there, so nothing is scored.
///
/// Rule: a judgement by somebody who had seen Falsetto's score is left out. Why: it leans on the score, and thresholds chosen on
/// their own echo would promise too much. Calls of another model are left out too: their evidence is on another scale. So are
/// judgements that would move the operating point beyond its interval (`ReviewScreening`), until a second person releases them.
public struct ReviewedCalls: Sendable {
    /// Calls that people agree on, with what they say.
    public private(set) var legs: [ScoredLeg] = []
    public private(set) var screening: ReviewScreening
    /// All votes of people who had not seen the score, whatever the model.
    public private(set) var book: ReviewBook
    /// Judged calls, without their tracks.
    public private(set) var calls: [StoredCall] = []
    private var otherModel = 0
    private var sawScore = 0
    private var undecided = 0

    /// - Parameter falseAlarmsPerHour: of people talking, at the operating point whose shift is looked for.
    /// - Throws: `StoreError` when there is no store, or it cannot be read.
    public init(in store: Store, of model: Model, falseAlarmsPerHour: Double) throws {
        var calls: [ReviewScreening.Call] = []
        var votes: [ReviewVote] = []
        for judged in try store.judgedCalls() {
            let id = judged.call.id.text
            self.calls.append(judged.call)
            let blind = judged.call.judgements.filter { !$0.sawScore }
            if blind.isEmpty { sawScore += 1 }
            votes += blind.map { ReviewVote(call: id, reviewer: $0.judge, day: $0.day, verdict: .init($0.verdict), number: $0.number) }
            // A judgement is about the far end, which is the first leg.
            guard !blind.isEmpty, let leg = judged.legs.first else { continue }
            // A track of other hops is no track of this model, whatever its row says.
            guard judged.call.modelIdentity == model.identity, (leg.hopSamples ?? model.samplesPerHop) == model.samplesPerHop else {
                otherModel += 1
                continue
            }
            calls.append(
                ReviewScreening.Call(
                    id: id, leg: Self.leg(leg, id: id, label: .human, hopSamples: model.samplesPerHop), fingerprint: Self.fingerprint(leg.track)))
        }
        let releases = try store.releases().map { ReviewScreening.Release(.init($0.kind == .reviewer ? .reviewer : .day, $0.unit), upTo: $0.upTo) }
        book = ReviewBook(votes)
        screening = ReviewScreening(
            calls, votes: votes, releases: releases, calibration: model.calibration, hopSamples: model.samplesPerHop,
            falseAlarmsPerHour: falseAlarmsPerHour)
        let copies = Set(screening.copies.values.joined())
        for call in calls where !copies.contains(call.id) {
            guard let isSynthetic = screening.book.consensus(on: call.id) else {
                undecided += 1
                continue
            }
            var leg = call.leg
            if isSynthetic { leg.kind = .synthetic(startSample: 0, isMidCall: false) }
            legs.append(leg)
        }
    }

    private static func leg(_ leg: StoredLeg, id: String, label: Trial.Label, hopSamples: Int) -> ScoredLeg {
        ScoredLeg(
            LabelledLeg(path: "call \(id)", stretches: [.init(label: label)]), name: "call \(id)", hops: leg.track.map(\.hop),
            hopSamples: hopSamples, mayHoldBothParties: leg.leg.isOnlyChannel)
    }

    /// A digest of all that the network said, hop by hop: two calls of one recording have one, two calls of one person do not.
    private static func fingerprint(_ track: [HopScore]) -> String {
        var hash = SHA256()
        for hop in track {
            for bits in [hop.evidence.bitPattern, hop.levelDBFS.bitPattern] {
                hash.update(data: (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) })
            }
        }
        return hash.finalize().map { String($0, radix: 16) }.joined(separator: ".")
    }

    /// What was taken and what was left out, in one line; and a line for each reviewer or day that is held back.
    public var summary: String {
        let copies = screening.copies.values.reduce(0) { $0 + $1.count }
        let left = [
            (sawScore, "judged by somebody who had seen the score"), (otherModel, "of another model"),
            (undecided, "unsure, disputed or held back"), (copies, "copies of another"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        var text = "\(legs.count) judged calls of the store" + (left.isEmpty ? "" : "; left out: \(left.joined(separator: ", "))")
        for held in screening.held { text += "\n" + Self.words(held) }
        return text
    }

    /// What is held back and why, in one sentence.
    static func words(_ held: ReviewScreening.Influence) -> String {
        func llr(_ value: Double) -> String { (value < 0 ? "" : "+") + String(format: "%.2f", value) }
        return "held back: the \(held.votes) judgements of \(held.unit.kind.rawValue) \(held.unit.name), which would move the operating point from "
            + "\(llr(held.without)) [\(llr(held.interval.low)), \(llr(held.interval.high))] to \(llr(held.with)); "
            + "a second person may release them: falsetto serve release \(held.unit.kind.rawValue) '\(held.unit.name)' --by NAME"
    }
}

extension ReviewVote.Verdict {
    init(_ verdict: Judgement.Verdict) {
        self =
            switch verdict {
            case .human: .human
            case .synthetic: .synthetic
            case .disclosed: .disclosed
            case .unsure: .unsure
            }
    }
}
