import Calls
import Foundation
internal import GRDB

/// The one id of an event: every message about it, to every sink and at every retry, carries it, so that whoever receives it
/// twice can tell.
public struct EventID: Hashable, Sendable, CustomStringConvertible {
    public let text: String
    public var description: String { text }

    /// A new one: a UUID of version 4 (RFC 9562, 5.4). Not by `UUID()`, which opens and closes /dev/urandom for each, nor by its text, which is
    /// printed digit by digit: every hop of every call has one.
    public static func random() -> EventID {
        var generator = SystemRandomNumberGenerator()
        let high = generator.next() & ~0xf000 | 0x4000, low = generator.next() & ~(3 << 62) | 2 << 62
        return EventID(
            text: unsafe String(unsafeUninitializedCapacity: 36) { text in
                var place = 0
                for digit in 0..<32 {
                    if digit % 4 == 0, 8...20 ~= digit {
                        unsafe text[place] = UInt8(ascii: "-")
                        place += 1
                    }
                    let value = UInt8((digit < 16 ? high : low) >> (60 - 4 * (digit & 15)) & 15)
                    unsafe text[place] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
                    place += 1
                }
                return place
            })
    }

    /// An id that was made before, as it stands in an event.
    public init(text: String) { self.text = text }
}

/// A message to one sink, to be stored with what it tells of.
public struct SinkMessage: Sendable, Equatable {
    public var event: EventID
    /// The sink's name in the configuration.
    public var sink: String
    /// What the sink is handed, as it is.
    public var payload: String

    public init(event: EventID, sink: String, payload: String) {
        self.event = event
        self.sink = sink
        self.payload = payload
    }
}

/// A message that waits to be acknowledged by its sink.
public struct OutboxEntry: Sendable, Equatable {
    public var number: Int64
    public var event: EventID
    public var sink: String
    public var call: String
    public var payload: String
    /// Deliveries that failed so far.
    public var attempts: Int

    /// No message waits for longer, whatever its receiver asks for.
    public static let longestWaitMilliseconds: Int64 = 3_600_000

    /// How long to wait after a failed delivery: 1 s, twice as long each time, 5 minutes at most; and of that between half and all, by
    /// chance, so that many daemons whose receiver was away do not all come back to it at once.
    /// - Parameter jitter: from 0 (all of it) to 1 (half).
    public static func backOffMilliseconds(afterAttempts attempts: Int, jitter: Double = 0) -> Int64 {
        let shift = Int64(min(max(attempts - 1, 0), 16))
        let whole: Int64 = min(1000 << shift, 300_000)
        let share: Double = min(max(jitter, 0), 1)
        return whole - Int64(Double(whole) / 2 * share)
    }
}

/// At least once: an entry stays until its sink has acknowledged it, through crashes and restarts.
///
/// Entries come in the order in which they were stored, save that one whose delivery failed does not hold up those behind it:
/// an event that a sink cannot swallow must not silence the next alert.
extension Store {
    /// Stores messages that belong to no alert, such as that a call ended. Those of an alert go in with it, through `CallRecorder`.
    public func enqueue(_ messages: [SinkMessage], call: CallID) throws(StoreError) {
        try write { try Self.insert(messages, call: call, in: $0) }
    }

    /// The first entry of a sink that is due; nil when there is none.
    public func next(for sink: String) throws(StoreError) -> OutboxEntry? {
        let now = clock().storedMilliseconds
        return try read { db in
            // A time further off than any wait is from a clock that was set back since; waiting for it would be for ever.
            let sql = """
                SELECT id, event, sink, call, payload, attempts FROM outbox
                WHERE sink = ? AND (notBefore <= ? OR notBefore > ?) ORDER BY id LIMIT 1
                """
            let arguments: StatementArguments = [sink, now, now + OutboxEntry.longestWaitMilliseconds]
            guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) else { return nil }
            return OutboxEntry(
                number: row["id"], event: EventID(text: row["event"]), sink: row["sink"], call: row["call"], payload: row["payload"],
                attempts: row["attempts"])
        }
    }

    /// When the next entry of a sink is due; nil when nothing waits. For a sink that sleeps until then.
    public func nextDue(for sink: String) throws(StoreError) -> Date? {
        try read { try Int64.fetchOne($0.cachedStatement(sql: "SELECT min(notBefore) FROM outbox WHERE sink = ?"), arguments: [sink]) }
            .map(Date.init(storedMilliseconds:))
    }

    /// The sink has it: the entry goes.
    ///
    /// Rule: neither this nor `postpone` waits for the disk. Why: the next message would wait with it; where a power cut undoes it, the sink is
    /// sent the event once more under its id, as after a crash.
    public func acknowledge(_ entry: OutboxEntry) throws(StoreError) {
        try write(waitsForDisk: false) { try $0.executeKept(sql: "DELETE FROM outbox WHERE id = ?", arguments: [entry.number]) }
    }

    /// The delivery failed: the entry stays and is due again after its back-off, which is stored with it.
    /// - Parameter leastSeconds: how long its receiver asked to be left alone; an hour at most is heeded.
    public func postpone(_ entry: OutboxEntry, leastSeconds: Double = 0, jitter: Double = .random(in: 0...1)) throws(StoreError) {
        let attempts = entry.attempts + 1
        let least = Int64(min(max(leastSeconds * 1000, 0), Double(OutboxEntry.longestWaitMilliseconds)))
        let due = clock().storedMilliseconds + max(OutboxEntry.backOffMilliseconds(afterAttempts: attempts, jitter: jitter), least)
        try write(waitsForDisk: false) {
            try $0.execute(sql: "UPDATE outbox SET attempts = ?, notBefore = ? WHERE id = ?", arguments: [attempts, due, entry.number])
        }
    }

    /// Messages that wait, by sink.
    public func outboxCounts() throws(StoreError) -> [String: Int] {
        try read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT sink, count(*) AS waiting FROM outbox GROUP BY sink")
            return Dictionary(uniqueKeysWithValues: rows.map { ($0["sink"] as String, $0["waiting"] as Int) })
        }
    }

    static func insert(_ messages: [SinkMessage], call: CallID, in db: Database) throws {
        for message in messages {
            try db.executeKept(
                sql: "INSERT OR IGNORE INTO outbox (event, sink, call, payload) VALUES (?, ?, ?, ?)",
                arguments: [message.event.text, message.sink, call.text, message.payload])
        }
    }
}
