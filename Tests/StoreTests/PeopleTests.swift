import Calls
import Foundation
import Testing

@testable import Store

@Suite("Accounts, looks and releases are entered in the audit chain") struct PeopleTests {
    @Test("An account is made, changed and removed, and the chain says so without its secret")
    func accounts() throws {
        let place = Place()
        let store = try place.open(.server)
        try store.keep(Account(name: "mk", role: .viewer, secret: "scrypt$x"))
        try store.keep(Account(name: "mk", role: .admin, secret: "scrypt$y"), by: "ab")
        #expect(try store.accounts() == [Account(name: "mk", role: .admin, secret: "scrypt$y")])
        try store.removeAccount(named: "mk")
        #expect(try store.account(named: "mk") == nil)
        #expect { try store.removeAccount(named: "mk") } throws: { ($0 as? StoreError)?.kind == .notFound }
        #expect { try store.keep(Account(name: "a\nb", role: .viewer, secret: "")) } throws: { ($0 as? StoreError)?.kind == .usage }
        let verification = try store.verify()
        #expect(verification.fault == nil && verification.entryCount == 3)
        #expect(place.databaseBytes().range(of: Data("mk is admin, by ab".utf8)) != nil)
    }

    @Test("A look is entered with who and whether the score was shown; a note is vouched for, and one changed afterwards is found")
    func looks() throws {
        let place = Place()
        let store = try place.open()
        let id = CallID.random()
        storeCall(store, start(id))
        try store.noteLook(at: id, by: "mk", withScore: false)
        #expect(try !store.hasSeenScore(of: id, who: "mk"))
        try store.noteLook(at: id, by: "mk", withScore: true)
        #expect(try store.hasSeenScore(of: id, who: "mk") && !store.hasSeenScore(of: id, who: "m"))
        #expect { try store.noteLook(at: .random(), by: "mk", withScore: true) } throws: { ($0 as? StoreError)?.kind == .notFound }
        try store.judge(id, as: .human, by: "mk", sawScore: true, note: "known voice")
        #expect(try store.call(id).judgements.map(\.note) == ["known voice"] && store.verify().fault == nil)
        try tamper(place, "DROP TRIGGER judgementStays; UPDATE judgement SET note = 'another'")
        #expect(try store.verify().fault != nil)
    }

    @Test("Nobody releases their own judgements, nor what nobody judged")
    func releases() throws {
        let place = Place()
        let store = try place.open()
        let id = CallID.random()
        storeCall(store, start(id))
        try store.judge(id, as: .human, by: "mk", sawScore: false)
        let day = try #require(try store.call(id).judgements.first?.day)
        for (kind, unit, who) in [
            (JudgementRelease.Kind.reviewer, "mk", "mk"), (.day, day, "mk"), (.reviewer, "ab", "cd"), (.day, "1999-01-01", "cd"),
        ] {
            #expect { try store.release(kind, unit, by: who) } throws: { ($0 as? StoreError)?.kind == .usage }
        }
        try store.release(.day, day, by: "cd")
        #expect(try store.releases() == [JudgementRelease(kind: .day, unit: day, upTo: 1, by: "cd")])
    }

    @Test("A store of before is taken over: its calls and their audit entries still hold")
    func migrated() throws {
        let place = Place()
        do {
            let store = try place.open()
            let id = CallID.random()
            storeCall(store, start(id))
            try store.judge(id, as: .human, by: "mk", sawScore: false)
        }
        // Back to what the program before this one made.
        try tamper(
            place,
            """
            DROP TABLE account; DROP TABLE release; DROP INDEX callByTime; ALTER TABLE judgement DROP COLUMN note;
            DELETE FROM grdb_migrations WHERE identifier = '2 people'
            """)
        let before = try place.open(.reading)
        #expect(try before.verify().fault == nil && before.releases().isEmpty && before.calls().count == 1)
        let after = try place.open(.command)
        #expect(try after.verify().fault == nil && after.accounts().isEmpty)
    }
}
