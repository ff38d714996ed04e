import Calls
import Foundation
import Testing
import Text

@testable import Store

@Suite("The audit chain") struct AuditTests {
    /// Three calls, one of them judged; closed, so that another program can change the file.
    private func place() throws -> (Place, [CallID], String) {
        let place = Place()
        let store = try place.open()
        let ids = (0..<3).map { _ in CallID.random() }
        for id in ids { storeCall(store, start(id)) }
        try store.judge(ids[1], as: .human, by: "mk", sawScore: true)
        let verification = try store.verify()
        #expect(verification.fault == nil && verification.entryCount == 13)
        return (place, ids, try #require(verification.head))
    }

    private static let noGuard = "DROP TRIGGER alertStays; DROP TRIGGER judgementStays; DROP TRIGGER auditStays; DROP TRIGGER auditIsKept; "

    @Test("The program itself cannot change or take out an entry")
    func appendOnly() throws {
        let (place, _, _) = try place()
        let store = try place.open(.command)
        for sql in ["UPDATE audit SET detail = 'x'", "DELETE FROM audit", "UPDATE judgement SET verdict = 'unsure'", "UPDATE alert SET record = ''"] {
            #expect { try store.write { try $0.execute(sql: sql) } } throws: { "\($0)".contains("only appended") }
        }
    }

    @Test(
        "Whatever is changed behind its back is found, at the first entry it shows in",
        arguments: [
            ("UPDATE audit SET at = at + 1 WHERE number = 5", "entry 5"),
            ("UPDATE audit SET detail = 'ended' WHERE number = 6", "entry 6"),
            ("UPDATE audit SET digest = zeroblob(32) WHERE number = 7", "entry 7"),
            ("DELETE FROM audit WHERE number = 3", "entry 4"),
            ("UPDATE audit SET number = number + 100 WHERE number = 13", "entry 113"),
            ("UPDATE alert SET record = replace(record, '3.25', '1.25') WHERE id = 3", "entry 6"),
            ("UPDATE judgement SET verdict = 'synthetic'", "entry 13"),
            ("UPDATE call SET consent = 'none' WHERE rowid_is_second", "entry 5"),
            ("UPDATE leg SET outcome = 'human' WHERE rowid_is_second", "entry 8"),
            ("UPDATE track SET data = zeroblob(10) WHERE rowid_is_second", "entry 8"),
            ("UPDATE mark SET sampleCount = 0 WHERE rowid_is_second", "entry 8"),
            ("DELETE FROM alert WHERE id = 4", "entry 7"),
            ("DELETE FROM call WHERE rowid_is_second", "entry 5"),
            ("DELETE FROM judgement", "entry 13"),
        ])
    func tampering(sql: String, shows: String) throws {
        let (place, ids, _) = try place()
        let column = sql.contains(" call ") ? "id" : "call"
        try tamper(place, Self.noGuard + "PRAGMA foreign_keys = ON; " + sql.replacing("rowid_is_second", with: "\(column) = '\(ids[1])'"))
        let fault = try place.open(.reading).verify().fault
        #expect(fault != nil && "\(fault!)".contains(shows.replacing("entry ", with: "entry: ")), "\(String(describing: fault))")
    }

    @Test("A row that no entry tells of is found")
    func smuggled() throws {
        let (place, ids, _) = try place()
        try tamper(place, "INSERT INTO judgement (call, verdict, judge, sawScore, judgedAt) VALUES ('\(ids[0])', 'human', 'me', 0, 0)")
        #expect(try place.open(.reading).verify().fault == .unvouched(call: ids[0].text, kind: "judgement"))
    }

    @Test("A tail that is cut off is found by what SQLite remembers, and, where that was changed too, by a noted head")
    func cutTail() throws {
        let (place, _, head) = try place()
        try tamper(place, Self.noGuard + "DELETE FROM audit WHERE number = 13; DELETE FROM judgement")
        #expect(try place.open(.reading).verify().fault == .cutTail(last: 12, expected: 13))
        try tamper(place, "UPDATE sqlite_sequence SET seq = 12 WHERE name = 'audit'")
        let store = try place.open(.reading)
        #expect(try store.verify().fault == nil, "without a noted head this cannot be seen; the documentation says so")
        #expect(try store.verify(noted: head).fault == .headNotFound)
    }

    @Test("A head noted earlier stays in the chain as it grows, in capitals too; what is no head is refused")
    func notedHead() throws {
        let (place, ids, head) = try place()
        let store = try place.open()
        try store.judge(ids[0], as: .unsure, by: "mk", sawScore: false)
        #expect(try store.verify(noted: head.uppercased()).fault == nil)
        #expect(try store.verify(noted: String(repeating: "0", count: 64)).fault == .headNotFound)
        #expect { try store.verify(noted: "abc") } throws: { ($0 as? StoreError)?.kind == .usage }
    }

    @Test("A purge keeps the chain whole and says that it was one")
    func purge() throws {
        let (place, ids, head) = try place()
        let store = try place.open()
        try store.purge(ids[1])
        let verification = try store.verify(noted: head)
        #expect(verification.fault == nil && verification.entryCount == 14)
    }

    @Test("The digest covers each part with its length, so that no text can move from one into the next")
    func partsAreSeparate() {
        func digest(_ kind: String, _ call: String, _ detail: String) -> [UInt8] {
            AuditEntry.digest(after: AuditEntry.origin, number: 1, at: 2, kind: kind, call: call, item: 3, detail: detail, subject: [])
        }
        #expect(digest("ab", "c", "") != digest("a", "bc", "") && digest("a", "b", "c") != digest("a", "bc", ""))
        // The command beside `known` computes it independently.
        #expect(digest("alert", "x", "raised").hexadecimal == Self.known)
    }

    /// python3 -c 'import hashlib,struct; p=lambda b: struct.pack(">q",len(b))+b; print(hashlib.sha256(
    ///   b"falsetto audit 1\n"+bytes(32)+struct.pack(">qqq",1,2,3)+p(b"alert")+p(b"x")+p(b"raised")+p(b"")).hexdigest())'
    private static let known = "2416dc02335bc033bc957813849ef34ce203b0614f993898e267e2cc7c0a9f00"
}
