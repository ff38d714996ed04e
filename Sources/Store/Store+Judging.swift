import Foundation
internal import GRDB

extension Store {
    /// Appends what somebody says a call was; earlier judgements stay.
    /// - Parameter judge: initials or a role, 1 to 64 characters on one line.
    /// - Throws: `notFound`, `usage`.
    @discardableResult
    public func judge(_ id: CallID, as verdict: Judgement.Verdict, by judge: String, sawScore: Bool) throws(StoreError) -> Judgement {
        guard 1...64 ~= judge.count, !judge.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw StoreError(.usage, "'\(judge)' cannot be a reviewer's name", advice: "give 1 to 64 characters on one line")
        }
        let now = clock().storedMilliseconds
        try write { db in
            guard let salt = try AuditSubjects.salt(of: id, in: db) else {
                throw StoreError(.notFound, "no call \(id) is stored", advice: "see `falsetto calls list`")
            }
            try db.execute(
                sql: "INSERT INTO judgement (call, verdict, judge, sawScore, judgedAt) VALUES (?, ?, ?, ?, ?)",
                arguments: [id.text, verdict.rawValue, judge, sawScore, now])
            let item = db.lastInsertedRowID
            let subject = try AuditSubjects.judgement(item, salt: salt, in: db) ?? []
            try AuditEntry.append(.judgement, call: id, item: item, subject: subject, at: now, in: db)
        }
        return Judgement(verdict: verdict, judge: judge, sawScore: sawScore, judgedAt: Date(storedMilliseconds: now))
    }
}
