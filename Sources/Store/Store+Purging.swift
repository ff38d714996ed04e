import Calls
import Foundation
internal import GRDB

extension Store {
    /// Takes out all that is stored of a call: rows, tracks, recordings, messages still waiting. What stays is that it was
    /// purged, when and why, in the audit chain.
    /// - Throws: `notFound`; `inUse` for a call that is being listened to.
    @discardableResult
    public func purge(_ id: CallID, reason: String = "asked for") throws(StoreError) -> Purged {
        var purged = Purged()
        try purge(id, reason: reason, into: &purged)
        try clean()
        return purged
    }

    /// Takes out what is older than it may be. Safe to call at any time and as often as one likes; `listen` does at its start, within
    /// a minute of a call's end and every hour.
    @discardableResult
    public func retain(_ retention: Retention) throws(StoreError) -> Purged {
        let now = clock()
        let (candidates, lastRun, jumpSeen) = try read { db in
            let rows = try Row.fetchAll(db, sql: Self.retentionCandidates, arguments: Self.retentionLimits(retention, at: now))
            let candidates = rows.map {
                Retention.Candidate(
                    id: CallID(unchecked: $0["id"]), startedAt: Date(storedMilliseconds: $0["startedAt"]), hasAudio: $0["hasAudio"])
            }
            return (candidates, try Self.remembered(.retentionRan, in: db), try Self.remembered(.clockJumped, in: db))
        }
        let decision = retention.decide(candidates, now: now, lastRun: lastRun, jumpSeen: jumpSeen)
        var purged = Purged(waitsForClock: decision.waitsForClock)
        try write { db in
            if decision.waitsForClock {
                if jumpSeen == nil || now < jumpSeen! { try Self.remember(.clockJumped, now, in: db) }
            } else {
                try Self.remember(.clockJumped, nil, in: db)
                try Self.remember(.retentionRan, now, in: db)
            }
        }
        for id in decision.calls { try purge(id, reason: "older than \(retention.callDays) days", into: &purged) }
        for id in decision.recordings { try purgeAudio(id, reason: "older than \(retention.audioDays) days", into: &purged) }
        if !purged.calls.isEmpty || !purged.recordings.isEmpty { try clean() }
        return purged
    }

    /// Ended calls that may be too old, and those whose recording may be: by index, so that it costs nothing however many others there are.
    static let retentionCandidates = """
        SELECT id, startedAt, audioSalt IS NOT NULL AS hasAudio FROM call WHERE startedAt <= :call AND state <> 'open'
        UNION ALL
        SELECT id, startedAt, 1 AS hasAudio FROM call WHERE startedAt > :call AND startedAt <= :audio AND audioSalt IS NOT NULL AND state <> 'open'
        ORDER BY startedAt, id
        """

    /// A second to spare: `Retention.decide` has the last word.
    static func retentionLimits(_ retention: Retention, at now: Date) -> StatementArguments {
        func limit(_ days: Double) -> Int64 { now.addingTimeInterval(1 - days * 86_400).storedMilliseconds }
        return ["call": limit(retention.callDays), "audio": limit(retention.audioDays)]
    }

    private func purge(_ id: CallID, reason: String, into purged: inout Purged) throws(StoreError) {
        let now = clock().storedMilliseconds
        let legs = try write { db in
            guard let state = try String.fetchOne(db, sql: "SELECT state FROM call WHERE id = ?", arguments: [id.text]) else {
                throw StoreError(.notFound, "no call \(id) is stored", advice: "see `falsetto calls list`")
            }
            guard state != StoredCall.State.open.rawValue else {
                throw StoreError(.inUse, "call \(id) is being listened to", advice: "end it first")
            }
            let legs = try Int.fetchOne(db, sql: "SELECT count(*) FROM leg WHERE call = ?", arguments: [id.text]) ?? 0
            try db.execute(sql: "DELETE FROM outbox WHERE call = ?", arguments: [id.text])
            let undelivered = db.changesCount
            try db.execute(sql: "DELETE FROM call WHERE id = ?", arguments: [id.text])
            try AuditEntry.append(
                .purged, call: id, detail: undelivered > 0 ? "\(reason); \(undelivered) messages undelivered" : reason, at: now, in: db)
            purged.undelivered += undelivered
            return legs
        }
        purged.calls.append(id)
        for leg in 0..<legs { try removeRecording(of: id, leg: leg) }
    }

    private func purgeAudio(_ id: CallID, reason: String, into purged: inout Purged) throws(StoreError) {
        let now = clock().storedMilliseconds
        let legs = try write { db in
            try db.execute(sql: "UPDATE call SET audioSalt = NULL WHERE id = ?", arguments: [id.text])
            try AuditEntry.append(.audioPurged, call: id, detail: reason, at: now, in: db)
            return try Int.fetchOne(db, sql: "SELECT count(*) FROM leg WHERE call = ?", arguments: [id.text]) ?? 0
        }
        purged.recordings.append(id)
        for leg in 0..<legs { try removeRecording(of: id, leg: leg) }
    }

    /// Takes recordings away that a purge had no time to, or whose call was never stored: without a salt nobody can open them.
    /// Only for a daemon that has not begun a call yet.
    func removeLeftRecordings() throws(StoreError) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.audio)) ?? []
        guard !names.isEmpty else { return }
        let kept = Set(try read { try String.fetchAll($0, sql: "SELECT id FROM call WHERE audioSalt IS NOT NULL") })
        for name in names where name.hasSuffix(".sealed") {
            let parts = name.split(separator: ".")
            guard parts.count >= 3, !kept.contains(parts.dropLast(2).joined(separator: ".")) else { continue }
            _ = unsafe unlink("\(folder.audio)/\(name)")
        }
    }

    /// Takes the file away after its salt: from the moment the salt is gone nobody can open it.
    private func removeRecording(of id: CallID, leg: Int) throws(StoreError) {
        let path = folder.audioFile(id, leg: leg)
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw StoreError(
                .permission, path: path, "cannot be taken away: \(systemWords(errno))", advice: "it cannot be opened any more; remove it by hand")
        }
    }

    /// Brings what was overwritten from the write-ahead log into the database, and empties the log, which still holds the rows
    /// as they were.
    private func clean() throws(StoreError) {
        let database = try database
        do {
            try database.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            // Somebody is reading; the daemon's next checkpoint does it.
        } catch { throw StoreError(error, path: folder.database) }
    }

    private enum Memory: String { case retentionRan, clockJumped }

    private static func remembered(_ key: Memory, in db: Database) throws -> Date? {
        try Int64.fetchOne(db, sql: "SELECT value FROM memory WHERE key = ?", arguments: [key.rawValue]).map(Date.init(storedMilliseconds:))
    }

    private static func remember(_ key: Memory, _ date: Date?, in db: Database) throws {
        if let date {
            try db.execute(sql: "INSERT OR REPLACE INTO memory (key, value) VALUES (?, ?)", arguments: [key.rawValue, date.storedMilliseconds])
        } else {
            try db.execute(sql: "DELETE FROM memory WHERE key = ?", arguments: [key.rawValue])
        }
    }
}

extension Purged {
    public static func += (left: inout Purged, right: Purged) {
        left.calls += right.calls
        left.recordings += right.recordings
        left.undelivered += right.undelivered
        left.waitsForClock = left.waitsForClock || right.waitsForClock
    }
}
