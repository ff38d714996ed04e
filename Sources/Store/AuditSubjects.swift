import Calls
import Foundation
internal import GRDB

/// What each kind of audit entry vouches for, read back from the tables: the same code makes the entry and checks it.
enum AuditSubjects {
    static func salt(of call: CallID, in db: Database) throws -> [UInt8]? {
        try Data.fetchOne(db, sql: "SELECT salt FROM call WHERE id = ?", arguments: [call.text]).map(Array.init)
    }

    /// The call as it began, with its legs' names.
    static func start(of call: CallID, salt: [UInt8], in db: Database) throws -> [UInt8] {
        var subject = Subject("callStarted", salt: salt)
        let sql = """
            SELECT id, startedAt, consent, device, build, modelName, modelIdentity, kernel, policyName, policy
            FROM call WHERE id = ?
            """
        for row in try Row.fetchAll(db, sql: sql, arguments: [call.text]) { subject.add(row) }
        let legs = "SELECT leg, name, isOnlyChannel FROM leg WHERE call = ? ORDER BY leg"
        for row in try Row.fetchAll(db, sql: legs, arguments: [call.text]) { subject.add(row) }
        return subject.finish()
    }

    static func alert(_ id: Int64, salt: [UInt8], in db: Database) throws -> [UInt8]? {
        let sql = "SELECT call, leg, hop, kind, event, record FROM alert WHERE id = ?"
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [id]) else { return nil }
        var subject = Subject("alert", salt: salt)
        subject.add(row)
        return subject.finish()
    }

    static func judgement(_ id: Int64, salt: [UInt8], in db: Database) throws -> [UInt8]? {
        let sql = "SELECT call, verdict, judge, sawScore, judgedAt FROM judgement WHERE id = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else { return nil }
        var subject = Subject("judgement", salt: salt)
        subject.add(row)
        // Judgements had no notes at first: one without a note has the digest that it would have had then. All columns are asked
        // for, since a store that is only read may not have this one yet.
        let whole = try Row.fetchOne(db, sql: "SELECT * FROM judgement WHERE id = ?", arguments: [id])
        if let whole {
            let note: String? = whole["note"]
            if let note { subject.add(note) }
        }
        return subject.finish()
    }

    /// The call as it ended: results, tracks, marks.
    static func end(of call: CallID, salt: [UInt8], in db: Database) throws -> [UInt8] {
        var subject = Subject("callEnded", salt: salt)
        for sql in [
            "SELECT leg, sampleCount, outcome, result FROM leg WHERE call = ? ORDER BY leg",
            "SELECT leg, firstHop, hopCount, data FROM track WHERE call = ? ORDER BY leg, firstHop",
            """
            SELECT leg, number, kind, hop, startSample, sampleCount, startFrame, frameCount, sampleRate FROM mark WHERE call = ? ORDER BY leg, number
            """,
        ] {
            let rows = try Row.fetchCursor(db, sql: sql, arguments: [call.text])
            while let row = try rows.next() { subject.add(row) }
        }
        return subject.finish()
    }
}
