import Foundation
internal import GRDB

/// Somebody who has come in at a browser, by a digest of what the browser keeps.
public struct StoredSession: Sendable, Equatable {
    public var digest: String
    public var account: String
    public var began: Date
    public var lastUsed: Date

    public init(digest: String, account: String, began: Date, lastUsed: Date) {
        self.digest = digest
        self.account = account
        self.began = began
        self.lastUsed = lastUsed
    }
}

/// Kept so that a restart signs nobody out; a session goes with its account, and with its account's password.
extension Store {
    /// - Parameters:
    ///   - most: beyond so many the one that was used longest ago goes.
    ///   - isGood: those of which it is not so go as well.
    public func keep(_ session: StoredSession, most: Int, where isGood: (StoredSession) -> Bool) throws(StoreError) {
        try write { db in
            let kept = try Row.fetchAll(db, sql: "SELECT * FROM session ORDER BY usedAt DESC").map(Self.session)
            let gone = kept.filter { !isGood($0) } + kept.filter(isGood).dropFirst(most - 1)
            for session in gone { try db.execute(sql: "DELETE FROM session WHERE digest = ?", arguments: [session.digest]) }
            try db.execute(
                sql: "INSERT INTO session (digest, account, beganAt, usedAt) VALUES (?, ?, ?, ?)",
                arguments: [session.digest, session.account, session.began.storedMilliseconds, session.lastUsed.storedMilliseconds])
        }
    }

    public func session(_ digest: String) throws(StoreError) -> StoredSession? {
        try read { db in try Row.fetchOne(db, sql: "SELECT * FROM session WHERE digest = ?", arguments: [digest]).map(Self.session) }
    }

    public func noteUse(ofSession digest: String, at date: Date) throws(StoreError) {
        try write { db in
            try db.execute(sql: "UPDATE session SET usedAt = ? WHERE digest = ?", arguments: [date.storedMilliseconds, digest])
        }
    }

    public func endSession(_ digest: String) throws(StoreError) {
        try write { db in try db.execute(sql: "DELETE FROM session WHERE digest = ?", arguments: [digest]) }
    }

    private static func session(_ row: Row) -> StoredSession {
        StoredSession(
            digest: row["digest"], account: row["account"], began: Date(storedMilliseconds: row["beganAt"]),
            lastUsed: Date(storedMilliseconds: row["usedAt"]))
    }
}
