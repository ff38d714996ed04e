import Alerting
import Calls
import Foundation
internal import GRDB
import Screening
import Text

/// The rows of a call, written within a transaction of whoever calls: `CallRecorder`.
extension Store {
    /// A call's own secrets: one for the digests in the audit chain, one for the key of its recording.
    struct Salts: Sendable {
        var audit = SecureBytes.random(32)
        var audio: [UInt8]?
    }

    static func insert(_ start: CallStart, salts: Salts, at now: Int64, in db: Database) throws {
        let provenance = start.provenance
        try db.execute(
            sql: """
                INSERT INTO call (id, startedAt, consent, device, build, modelName, modelIdentity, kernel, policyName, policy, salt, state, audioSalt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)
                """,
            arguments: [
                start.id.text, start.startedAt.storedMilliseconds, start.consent, start.device, provenance.build, provenance.modelName,
                provenance.modelIdentity, provenance.kernel, start.policy.name, CanonicalJSON.text(start.policy),
                Data(salts.audit), salts.audio.map { Data($0) },
            ])
        for (index, leg) in start.legs.enumerated() {
            try db.execute(
                sql: "INSERT INTO leg (call, leg, name, isOnlyChannel, sampleCount) VALUES (?, ?, ?, ?, 0)",
                arguments: [start.id.text, index, leg.name, leg.isOnlyChannel])
        }
        let subject = try AuditSubjects.start(of: start.id, salt: salts.audit, in: db)
        try AuditEntry.append(.callStarted, call: start.id, subject: subject, at: now, in: db)
        if let reason = start.allowed { try AuditEntry.append(.allowed, call: start.id, detail: reason, at: now, in: db) }
    }

    static func insert(_ hops: some Collection<HopScore>, firstHop: Int, call: CallID, leg: Int, in db: Database) throws {
        guard !hops.isEmpty else { return }
        try db.executeKept(
            sql: "INSERT INTO track (call, leg, firstHop, hopCount, data) VALUES (?, ?, ?, ?, ?)",
            arguments: [call.text, leg, firstHop, hops.count, Data(TrackCoding.encode(hops))])
    }

    static func insert(_ mark: Mark, number: Int, call: CallID, leg: Int, in db: Database) throws {
        try db.executeKept(
            sql: """
                INSERT INTO mark (call, leg, number, kind, hop, startSample, sampleCount, startFrame, frameCount, sampleRate)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                call.text, leg, number, mark.kind.rawValue, mark.hop, mark.startSample, mark.sampleCount, mark.startFrame, mark.frameCount,
                mark.sampleRate,
            ])
    }

    static func insert(_ alert: StoredAlert, call: CallID, salt: [UInt8], at now: Int64, in db: Database) throws {
        try db.executeKept(
            sql: "INSERT INTO alert (call, leg, hop, kind, event, record) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [call.text, alert.leg, alert.hop, alert.kind.rawValue, alert.event, alert.record])
        let id = db.lastInsertedRowID
        let subject = try AuditSubjects.alert(id, salt: salt, in: db) ?? []
        try AuditEntry.append(.alert, call: call, item: id, detail: alert.kind.rawValue, subject: subject, at: now, in: db)
    }

    static func end(_ call: CallID, results: [(sampleCount: Int, outcome: Outcome, text: String)], salt: [UInt8], at now: Int64, in db: Database)
        throws
    {
        for (index, result) in results.enumerated() {
            try db.execute(
                sql: "UPDATE leg SET sampleCount = ?, outcome = ?, result = ? WHERE call = ? AND leg = ?",
                arguments: [result.sampleCount, result.outcome.rawValue, result.text, call.text, index])
        }
        try db.execute(sql: "UPDATE call SET state = 'ended' WHERE id = ?", arguments: [call.text])
        try AuditEntry.append(.callEnded, call: call, subject: try AuditSubjects.end(of: call, salt: salt, in: db), at: now, in: db)
    }

    /// Closes what a daemon that died had left open. Only the daemon that holds the lock may.
    static func closeOpenCalls(in database: DatabaseQueue, at now: Date) throws -> [CallID] {
        try database.write { db in
            let calls = try String.fetchAll(db, sql: "SELECT id FROM call WHERE state = 'open' ORDER BY startedAt, id").map(CallID.init(unchecked:))
            for call in calls {
                for leg in try Int.fetchAll(db, sql: "SELECT leg FROM leg WHERE call = ?", arguments: [call.text]) {
                    // One unreadable track must not keep the daemon from listening: `verify` and whoever reads it will say so.
                    let hops = (try? track(of: call, leg: leg, lastChunkOnly: true, in: db)) ?? []
                    guard let last = hops.last else { continue }
                    let length = hops.count > 1 ? last.startSample - hops[hops.count - 2].startSample : 0
                    try db.execute(
                        sql: "UPDATE leg SET sampleCount = ? WHERE call = ? AND leg = ?", arguments: [last.startSample + length, call.text, leg])
                }
                try db.execute(sql: "UPDATE call SET state = 'interrupted' WHERE id = ?", arguments: [call.text])
                let salt = try AuditSubjects.salt(of: call, in: db) ?? []
                let subject = try AuditSubjects.end(of: call, salt: salt, in: db)
                try AuditEntry.append(.callInterrupted, call: call, subject: subject, at: now.storedMilliseconds, in: db)
            }
            return calls
        }
    }

    static func track(of call: CallID, leg: Int, lastChunkOnly: Bool = false, in db: Database) throws -> [HopScore] {
        let order = lastChunkOnly ? "DESC LIMIT 1" : ""
        let rows = try Row.fetchCursor(
            db, sql: "SELECT hopCount, data FROM track WHERE call = ? AND leg = ? ORDER BY firstHop \(order)", arguments: [call.text, leg])
        var hops: [HopScore] = []
        while let row = try rows.next() {
            guard let chunk = TrackCoding.decode(Array(row["data"] as Data), count: row["hopCount"]) else {
                throw StoreError(.corrupt, "the score track of call \(call), leg \(leg + 1), cannot be read", advice: "run `falsetto store verify`")
            }
            hops += chunk
        }
        return hops
    }
}
