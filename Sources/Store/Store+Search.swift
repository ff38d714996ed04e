import Alerting
import Calls
import Foundation
internal import GRDB

/// Which calls are wanted, and how many of them at a time.
public struct CallSearch: Sendable, Equatable {
    /// Calls that began then or later.
    public var from: Date?
    /// Calls that began before then.
    public var until: Date?
    /// Calls that were found to be one of these; all where it is empty.
    public var outcomes: [Outcome] = []
    /// Part of the line's label or of the call's id, whatever the case; all where it is empty.
    public var words = ""
    /// Whether anybody judged it.
    public var isJudged: Bool?
    public var offset = 0
    public var limit: Int?

    public init() {}
}

extension Store {
    /// The calls of a search, the latest first.
    /// - Returns: those from `offset` on, at most `limit`, and how many there are in all.
    /// - Complexity: one look at each stored call, and a few at each one returned.
    public func calls(_ search: CallSearch) throws(StoreError) -> (calls: [StoredCall], total: Int) {
        var conditions: [String] = []
        var values: [(any DatabaseValueConvertible)?] = []
        if let from = search.from {
            conditions.append("startedAt >= ?")
            values.append(from.storedMilliseconds)
        }
        if let until = search.until {
            conditions.append("startedAt < ?")
            values.append(until.storedMilliseconds)
        }
        if !search.outcomes.isEmpty {
            conditions.append("\(Self.outcomeOfCall) IN (\(search.outcomes.map { _ in "?" }.joined(separator: ", ")))")
            values += search.outcomes.map(\.rawValue)
        }
        if !search.words.isEmpty {
            conditions.append("(instr(lower(coalesce(device, '')), lower(?)) > 0 OR instr(lower(id), lower(?)) > 0)")
            values += [search.words, search.words]
        }
        if let isJudged = search.isJudged {
            conditions.append("\(isJudged ? "" : "NOT ")EXISTS (SELECT 1 FROM judgement WHERE call = call.id)")
        }
        let tail = "FROM call" + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
        return try read { db in
            let total = try Int.fetchOne(db, sql: "SELECT count(*) \(tail)", arguments: StatementArguments(values)) ?? 0
            // Those that are passed over are read in the index alone: a call's policy is some KB.
            let sql = "SELECT * FROM call WHERE id IN (SELECT id \(tail) ORDER BY startedAt DESC, id LIMIT ? OFFSET ?) ORDER BY startedAt DESC, id"
            let page: [(any DatabaseValueConvertible)?] = [search.limit ?? -1, search.offset]
            let rows = try Row.fetchAll(db, sql: sql, arguments: StatementArguments(values + page))
            return (try rows.map { try Self.call($0, in: db) }, total)
        }
    }

    /// What a call is as a whole, as `StoredCall.outcome` says it: the first of these that any of its legs is.
    private static let outcomeOfCall = """
        (SELECT outcome FROM leg WHERE leg.call = call.id AND outcome IS NOT NULL ORDER BY CASE outcome \
        WHEN 'synthetic' THEN 1 WHEN 'syntheticDisclosed' THEN 2 WHEN 'human' THEN 3 ELSE 4 END LIMIT 1)
        """
}
