import Calls
import Foundation
import GRDB
import Testing

@testable import Store

@Suite("The outbox delivers at least once") struct OutboxTests {
    private func message(_ event: EventID, _ sink: String) -> SinkMessage {
        SinkMessage(event: event, sink: sink, payload: "{\"event\":\"\(event)\"}")
    }

    @Test("An event's id is a random UUID in lower case, and no two are the same")
    func ids() throws {
        let ids = (0..<1000).map { _ in EventID.random().text }
        #expect(Set(ids).count == ids.count)
        // Version 4, variant 1 (RFC 9562, section 5.4).
        let form = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        for id in ids { #expect(id.wholeMatch(of: form) != nil, "\(id)") }
    }

    @Test("A message stays until its sink has acknowledged it, through a restart, under its one id")
    func survivesRestart() throws {
        let place = Place()
        let event = EventID.random()
        do {
            let store = try place.open()
            let call = start()
            storeCall(store, call)
            try store.enqueue([message(event, "file"), message(event, "command")], call: call.id)
            let entry = try #require(try store.next(for: "file"))
            try store.postpone(entry)
        }
        place.advance(days: 0.01)
        let store = try place.open()
        let again = try #require(try store.next(for: "file"))
        #expect(again.event == event && again.attempts == 1 && again.payload.contains(event.text))
        try store.acknowledge(again)
        #expect(try store.next(for: "file") == nil)
        #expect(try store.outboxCounts() == ["command": 1])
    }

    @Test("Back-off is stored, doubles, ends at five minutes, and holds up nothing behind it")
    func backOff() throws {
        let place = Place()
        let store = try place.open()
        let (first, second) = (EventID.random(), EventID.random())
        try store.enqueue([message(first, "file"), message(second, "file")], call: .random())
        let begin = place.time
        var waits: [TimeInterval] = []
        for _ in 0..<12 {
            let entry = try #require(try store.next(for: "file"))
            #expect(entry.event == first)
            try store.postpone(entry, jitter: 0)
            #expect(try store.next(for: "file")?.event == second)
            let due = try #require(
                try store.read { try Int64.fetchOne($0, sql: "SELECT notBefore FROM outbox WHERE id = ?", arguments: [entry.number]) })
            waits.append(Date(storedMilliseconds: due).timeIntervalSince(place.time))
            place.time = Date(storedMilliseconds: due)
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
        place.time = begin
    }

    @Test("Retries are spread by chance over the later half of the back-off")
    func jitter() throws {
        #expect([0, 0.5, 1].map { OutboxEntry.backOffMilliseconds(afterAttempts: 4, jitter: $0) } == [8000, 6000, 4000])
        let place = Place()
        let store = try place.open()
        var waits: Set<Int64> = []
        for _ in 0..<20 {
            let event = EventID.random()
            try store.enqueue([message(event, event.text)], call: .random())
            try store.postpone(try #require(try store.next(for: event.text)))
            let due = try #require(try store.nextDue(for: event.text))
            waits.insert(Int64((due.timeIntervalSince(place.time) * 1000).rounded()))
        }
        #expect(waits.count > 1 && waits.allSatisfy { 500...1000 ~= $0 })
    }

    @Test("A receiver that asks for it is left alone for longer than the back-off, and never for more than an hour")
    func asked() throws {
        let place = Place()
        let store = try place.open()
        for (asks, seconds) in [(90.0, 90.0), (0.2, 1), (86_400, 3600), (-5, 1)] {
            let event = EventID.random()
            try store.enqueue([message(event, event.text)], call: .random())
            try store.postpone(try #require(try store.next(for: event.text)), leastSeconds: asks, jitter: 0)
            #expect(try store.nextDue(for: event.text)?.timeIntervalSince(place.time) == seconds, "\(asks)")
            #expect(try store.next(for: event.text) == nil)
        }
    }

    @Test("What a sink has taken is noted without waiting for the disk; the next alert waits for it again, also after one that failed")
    func disk() throws {
        let place = Place()
        let store = try place.open()
        func level() throws -> Int? { try store.database.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") } }
        #expect(try store.write(waitsForDisk: false) { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 1)
        #expect(try level() == 2)
        #expect(throws: StoreError.self) { try store.write(waitsForDisk: false) { try $0.execute(sql: "INSERT INTO nowhere VALUES (1)") } }
        #expect(try level() == 2)
        try store.enqueue([message(.random(), "file")], call: .random())
        try store.acknowledge(try #require(try store.next(for: "file")))
        #expect(try store.outboxCounts().isEmpty)
        #expect(try level() == 2)
    }

    @Test("A clock that was set back does not silence a sink")
    func clockSetBack() throws {
        let place = Place()
        let store = try place.open()
        try store.enqueue([message(.random(), "file")], call: .random())
        try store.postpone(try #require(try store.next(for: "file")))
        place.advance(days: -400)
        #expect(try store.next(for: "file") != nil)
    }

    @Test("The same event for the same sink is stored once")
    func once() throws {
        let place = Place()
        let store = try place.open()
        let event = EventID.random()
        for _ in 0..<3 { try store.enqueue([message(event, "file")], call: .random()) }
        #expect(try store.outboxCounts() == ["file": 1])
    }
}
