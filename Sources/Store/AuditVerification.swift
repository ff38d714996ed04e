import Calls
import Foundation
internal import GRDB
import Text

extension Store {
    /// Walks the audit chain from its first entry and compares what is stored with it.
    ///
    /// - Parameter noted: a head noted earlier, 64 hexadecimal digits; it must be in the chain.
    /// - Throws: `StoreError`: `usage` when `noted` is no digest; `corrupt` when the database itself is damaged.
    public func verify(noted: String? = nil) throws(StoreError) -> AuditVerification {
        if let noted, noted.utf8.count != 64 || !noted.allSatisfy(\.isHexDigit) {
            throw StoreError(.usage, "'\(noted)' is no head", advice: "give the 64 hexadecimal digits that `falsetto store verify` printed")
        }
        return try read { db in
            let fault = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") ?? "no answer"
            guard fault == "ok" else { throw StoreError.corrupt(folder.database, fault.replacing("\n", with: " ")) }
            var walk = AuditWalk(noted: noted?.lowercased())
            return try walk.run(in: db)
        }
    }
}

private struct AuditWalk {
    let noted: String?
    private var previous = AuditEntry.origin
    private var count: Int64 = 0
    private var sawNoted = false
    private var fault: AuditVerification.Fault?
    private var vouchedAlerts: Set<Int64> = []
    private var vouchedJudgements: Set<Int64> = []
    private var vouchedCalls: Set<String> = []

    init(noted: String?) { self.noted = noted }

    mutating func run(in db: Database) throws -> AuditVerification {
        let purged = Set(try String.fetchAll(db, sql: "SELECT call FROM audit WHERE kind = ?", arguments: [AuditEntry.Kind.purged.rawValue]))
        let entries = try Row.fetchCursor(db, sql: "SELECT * FROM audit ORDER BY number")
        while fault == nil, let row = try entries.next() { try step(AuditEntry(row), purged: purged, in: db) }
        if fault == nil { fault = try checkEnd(in: db) }
        return AuditVerification(entryCount: count, head: count > 0 ? previous.hexadecimal : nil, fault: fault)
    }

    private mutating func step(_ entry: AuditEntry, purged: Set<String>, in db: Database) throws {
        let digest = AuditEntry.digest(
            after: previous, number: entry.number, at: entry.at, kind: entry.kind, call: entry.call, item: entry.item,
            detail: entry.detail, subject: entry.subject)
        guard entry.number == count + 1, digest == entry.digest else {
            fault = .brokenLink(entry: entry.number)
            return
        }
        count = entry.number
        previous = entry.digest
        if digest.hexadecimal == noted { sawNoted = true }
        try compare(entry, purged: purged, in: db)
    }

    private mutating func compare(_ entry: AuditEntry, purged: Set<String>, in db: Database) throws {
        guard let kind = AuditEntry.Kind(rawValue: entry.kind), kind.vouchesForContent else { return }
        let call = CallID(unchecked: entry.call)
        guard let salt = try AuditSubjects.salt(of: call, in: db) else {
            if !purged.contains(entry.call) { fault = .missingContent(entry: entry.number, call: entry.call, kind: entry.kind) }
            return
        }
        let stored: [UInt8]?
        switch kind {
        case .callStarted:
            vouchedCalls.insert(entry.call)
            stored = try AuditSubjects.start(of: call, salt: salt, in: db)
        case .alert:
            vouchedAlerts.insert(entry.item)
            stored = try AuditSubjects.alert(entry.item, salt: salt, in: db)
        case .judgement:
            vouchedJudgements.insert(entry.item)
            stored = try AuditSubjects.judgement(entry.item, salt: salt, in: db)
        case .callEnded, .callInterrupted: stored = try AuditSubjects.end(of: call, salt: salt, in: db)
        case .purged, .audioPurged, .audioPlayed, .audioExported, .audioPictured, .viewed, .accountChanged, .signedIn, .judgementsReleased,
            .allowListChanged, .allowed, .told:
            return
        }
        if stored == nil {
            fault = .missingContent(entry: entry.number, call: entry.call, kind: entry.kind)
        } else if stored != entry.subject {
            fault = .changedContent(entry: entry.number, call: entry.call, kind: entry.kind)
        }
    }

    /// What no single link can show: rows without an entry, a tail that the database still remembers, a noted head.
    private func checkEnd(in db: Database) throws -> AuditVerification.Fault? {
        let expected = try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'audit'") ?? 0
        if expected > count { return .cutTail(last: count, expected: expected) }
        if noted != nil, !sawNoted { return .headNotFound }
        for (table, vouched) in [("alert", vouchedAlerts), ("judgement", vouchedJudgements)] {
            let rows = try Row.fetchCursor(db, sql: "SELECT id, call FROM \(table) ORDER BY id")
            while let row = try rows.next() {
                if !vouched.contains(row["id"]) { return .unvouched(call: row["call"], kind: table) }
            }
        }
        let calls = try String.fetchAll(db, sql: "SELECT id FROM call ORDER BY id")
        if let call = calls.first(where: { !vouchedCalls.contains($0) }) { return .unvouched(call: call, kind: "call") }
        return nil
    }
}
