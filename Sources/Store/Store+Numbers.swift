import Alerting
import Calls
import Foundation
internal import GRDB

/// Calls of one day, line and model, counted.
public struct CallTally: Sendable, Equatable {
    /// In UTC, such as `2026-11-30`.
    public var day: String
    /// The line's label; empty where it has none.
    public var line: String
    public var model: String
    public var calls: Int
    public var alertedCalls: Int
    public var alerts: Int
    /// Calls whose voice was known, or said, to be a machine's.
    public var disclosedCalls: Int
}

extension Store {
    /// How many calls and alerts there were, a row for each day, line and model; the latest day first.
    /// - Complexity: one pass over the calls as they lie; the plus keeps SQLite from finding each by its time, which takes five times as long.
    public func tallies(from date: Date) throws(StoreError) -> [CallTally] {
        let sql = """
            SELECT day, line, modelName, count(*) AS calls, sum(raised > 0) AS alertedCalls, sum(raised) AS alerts, sum(disclosed) AS disclosedCalls
            FROM (
                SELECT date(startedAt / 1000, 'unixepoch') AS day, coalesce(device, '') AS line, modelName,
                    (SELECT count(*) FROM alert WHERE call = call.id AND kind = 'raised') AS raised,
                    EXISTS (SELECT 1 FROM leg WHERE call = call.id AND outcome = 'syntheticDisclosed') AS disclosed
                FROM call WHERE +startedAt >= ?
            )
            GROUP BY day, line, modelName ORDER BY day DESC, line, modelName
            """
        return try read { db in
            try Row.fetchAll(db, sql: sql, arguments: [date.storedMilliseconds]).map {
                CallTally(
                    day: $0["day"], line: $0["line"], model: $0["modelName"], calls: $0["calls"], alertedCalls: $0["alertedCalls"],
                    alerts: $0["alerts"],
                    disclosedCalls: $0["disclosedCalls"])
            }
        }
    }

    /// The far end's LLR over all its speech (natural log, positive is synthetic) of ended calls that were screened with one policy.
    /// Disclosed ones are left out: a voice bot that is put to work is no drift.
    /// - Parameters:
    ///   - digest: the policy's; nil for calls without one.
    ///   - latest: the latest calls, else the first ones.
    /// - Returns: at most `count`, of calls with speech.
    public func scores(policy digest: String?, latest: Bool, count: Int) throws(StoreError) -> [Double] {
        let sql = """
            SELECT json_extract((SELECT result FROM leg WHERE call = call.id AND leg = 0), '$.verdict.llr') AS llr
            FROM call WHERE state = 'ended' AND json_extract(policy, '$.policy.digest') IS ?
            AND (SELECT outcome FROM leg WHERE call = call.id AND leg = 0) <> 'syntheticDisclosed'
            AND typeof(llr) IN ('real', 'integer') ORDER BY startedAt \(latest ? "DESC" : "ASC") LIMIT ?
            """
        return try read { try Double.fetchAll($0, sql: sql, arguments: [digest, count]) }
    }

    /// What the far end's first speech scored (`Verdict.openingLLR`) in the latest ended calls that were screened with one policy, and in which
    /// band it was heard. Disclosed calls are left out, as in `scores`, and so are those with less speech than a verdict needs.
    public func openings(policy digest: String?, count: Int) throws(StoreError) -> [(bandwidth: Bandwidth, llr: Double)] {
        let sql = """
            SELECT json_extract(leg.result, '$.verdict.openingLLR') AS llr, json_extract(leg.result, '$.verdict.conditions.bandwidth') AS bandwidth
            FROM call JOIN leg ON leg.call = call.id AND leg.leg = 0
            WHERE state = 'ended' AND json_extract(policy, '$.policy.digest') IS ? AND outcome <> 'syntheticDisclosed'
            AND typeof(llr) IN ('real', 'integer') ORDER BY startedAt DESC LIMIT ?
            """
        return try read { db in
            try Row.fetchAll(db, sql: sql, arguments: [digest, count]).compactMap { row in
                Bandwidth(rawValue: row["bandwidth"]).map { ($0, row["llr"]) }
            }
        }
    }

    /// Events of alerts since a number, in order.
    public func alerts(since number: Int64, limit: Int) throws(StoreError) -> [(number: Int64, call: CallID, alert: StoredAlert)] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM alert WHERE id > ? ORDER BY id LIMIT ?", arguments: [number, limit]).compactMap { row in
                StoredAlert.Kind(rawValue: row["kind"]).map {
                    (
                        row["id"], CallID(unchecked: row["call"]),
                        StoredAlert(kind: $0, leg: row["leg"], hop: row["hop"], event: row["event"], record: row["record"])
                    )
                }
            }
        }
    }

    /// The number of the last event of an alert; 0 before the first.
    public func lastAlert() throws(StoreError) -> Int64 {
        try read { try Int64.fetchOne($0, sql: "SELECT max(id) FROM alert") ?? 0 }
    }
}
