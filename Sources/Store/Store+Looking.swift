import Calls
import Foundation
internal import GRDB

extension Store {
    /// Enters in the audit chain that somebody looks at a call, before it is shown.
    /// - Parameter withScore: what Falsetto thinks of the call is shown as well.
    /// - Throws: `notFound`.
    public func noteLook(at id: CallID, by who: String, withScore: Bool) throws(StoreError) {
        let now = clock().storedMilliseconds
        try write { db in
            guard try AuditSubjects.salt(of: id, in: db) != nil else {
                throw StoreError(.notFound, "no call \(id) is stored", advice: "see `falsetto calls list`")
            }
            try AuditEntry.append(.viewed, call: id, detail: Self.look(who, withScore: withScore), at: now, in: db)
        }
    }

    /// Enters in the audit chain that somebody told the program that listens to do something, and with which call.
    public func noteOrder(_ word: String, call: CallID?, by who: String) throws(StoreError) {
        let now = clock().storedMilliseconds
        try write { db in try AuditEntry.append(.told, call: call, detail: "\(word), by \(who)", at: now, in: db) }
    }

    /// Whether somebody was shown what Falsetto thinks of a call: what they say of it then leans on that.
    public func hasSeenScore(of id: CallID, who: String) throws(StoreError) -> Bool {
        try read { db in
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM audit WHERE call = ? AND kind = ? AND detail = ?)",
                arguments: [id.text, AuditEntry.Kind.viewed.rawValue, Self.look(who, withScore: true)]) ?? false
        }
    }

    /// What the audit chain says of a call, in order.
    public func auditEntries(of id: CallID) throws(StoreError) -> [AuditEntry] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM audit WHERE call = ? ORDER BY number", arguments: [id.text]).map { AuditEntry($0) }
        }
    }

    private static func look(_ who: String, withScore: Bool) -> String { "by \(who), \(withScore ? "with its score" : "blind")" }
}
