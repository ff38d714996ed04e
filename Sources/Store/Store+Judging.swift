import Calls
import Foundation
internal import GRDB

extension Store {
    /// Appends what somebody says a call was; earlier judgements stay.
    /// - Parameters:
    ///   - judge: initials or a role, 1 to 64 characters on one line.
    ///   - note: at most 1000 characters; nil or empty for none.
    /// - Throws: `notFound`, `usage`.
    @discardableResult
    public func judge(
        _ id: CallID, as verdict: Judgement.Verdict, by judge: String, sawScore: Bool, note: String? = nil
    ) throws(StoreError) -> Judgement {
        try Self.checkName(judge, "a reviewer's name")
        let note = note?.isEmpty == false ? note : nil
        guard (note?.count ?? 0) <= 1000 else { throw StoreError(.usage, "the note is too long", advice: "at most 1000 characters") }
        let now = clock().storedMilliseconds
        let number = try write { db in
            guard let salt = try AuditSubjects.salt(of: id, in: db) else {
                throw StoreError(.notFound, "no call \(id) is stored", advice: "see `falsetto calls list`")
            }
            try db.execute(
                sql: "INSERT INTO judgement (call, verdict, judge, sawScore, judgedAt, note) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [id.text, verdict.rawValue, judge, sawScore, now, note])
            let item = db.lastInsertedRowID
            let subject = try AuditSubjects.judgement(item, salt: salt, in: db) ?? []
            try AuditEntry.append(.judgement, call: id, item: item, subject: subject, at: now, in: db)
            return item
        }
        return Judgement(verdict: verdict, judge: judge, sawScore: sawScore, judgedAt: Date(storedMilliseconds: now), note: note, number: number)
    }

    /// A number that changes whenever a judgement comes or goes with its call.
    public func judgementsState() throws(StoreError) -> Int64 {
        try read { try Int64.fetchOne($0, sql: "SELECT coalesce(max(id), 0) * 1000003 + count(*) FROM judgement") ?? 0 }
    }

    /// - Throws: `usage` for what is no name of somebody: it stands in lists and in the audit chain, on one line.
    static func checkName(_ name: String, _ what: String) throws(StoreError) {
        guard 1...64 ~= name.count, !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw StoreError(.usage, "'\(name)' cannot be \(what)", advice: "give 1 to 64 characters on one line")
        }
    }
}
