import Calls
import Foundation
internal import GRDB

/// A second person's word that judgements which had been held back may move thresholds.
public struct JudgementRelease: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// All that one person judged.
        case reviewer
        /// All that was judged on one day, in UTC, such as `2026-11-30`.
        case day
    }

    public var kind: Kind
    /// The reviewer's name, or the day.
    public var unit: String
    /// The number of the last judgement it holds for: what comes later is looked at anew.
    public var upTo: Int64
    public var by: String
}

extension Store {
    /// Lets all judgements that stand at present of a reviewer or a day move thresholds.
    /// - Throws: `usage` when there are none, or when whoever says so is one of those who made them.
    public func release(_ kind: JudgementRelease.Kind, _ unit: String, by who: String) throws(StoreError) {
        try Self.checkName(who, "a user's name")
        let now = clock().storedMilliseconds
        try write { db in
            let judgements = try Row.fetchAll(db, sql: "SELECT id, judge, judgedAt FROM judgement").map {
                Judgement(verdict: .unsure, judge: $0["judge"], sawScore: false, judgedAt: Date(storedMilliseconds: $0["judgedAt"]), number: $0["id"])
            }
            let own = judgements.filter { (kind == .reviewer ? $0.judge : $0.day) == unit }
            guard let last = own.map(\.number).max() else {
                throw StoreError(
                    .usage, "there is no judgement of \(kind.rawValue) '\(unit)'", advice: "see what is held with `falsetto tune --include-reviews`")
            }
            guard !own.contains(where: { $0.judge == who }) else {
                throw StoreError(.usage, "nobody releases their own judgements", advice: "ask somebody else to look at them")
            }
            try db.execute(
                sql: "INSERT INTO release (kind, unit, upTo, releasedBy, releasedAt) VALUES (?, ?, ?, ?, ?)",
                arguments: [kind.rawValue, unit, last, who, now])
            let detail = "\(kind.rawValue) \(unit) up to judgement \(last), by \(who)"
            try AuditEntry.append(.judgementsReleased, call: nil, detail: detail, at: now, in: db)
        }
    }

    /// In the order in which they were said.
    public func releases() throws(StoreError) -> [JudgementRelease] {
        try read { db in
            // A store that is only read may not have the table yet.
            guard try db.tableExists("release") else { return [] }
            return try Row.fetchAll(db, sql: "SELECT * FROM release ORDER BY id").compactMap { row in
                JudgementRelease.Kind(rawValue: row["kind"]).map {
                    JudgementRelease(kind: $0, unit: row["unit"], upTo: row["upTo"], by: row["releasedBy"])
                }
            }
        }
    }
}

extension Judgement {
    /// The day in UTC on which it was made, such as `2026-11-30`.
    public var day: String { String(judgedAt.formatted(.iso8601).prefix(10)) }
}
