import Foundation
internal import GRDB
import Synchronization

/// The calls of one machine: SQLite in one file, and sealed recordings beside it.
///
/// All methods may be called from any thread; they wait for the disk. Whoever must not wait hands its work to
/// `CallRecorder` in a task of its own.
///
/// Rule: every connection runs WAL with `synchronous = FULL`. Why: what was acknowledged (an alert, an outbox entry, a link
/// of the audit chain) is on the disk before anybody hears of it, also through a loss of power; with `NORMAL` the last
/// commits of a WAL may be gone. A commit a few seconds and one an alert cost nothing that matters.
public final class Store: Sendable {
    /// What a program opens the store for.
    public enum Purpose: Sendable, Equatable {
        /// To listen: made where there is none, checked for damage, and held alone; calls that a dead daemon left open are
        /// closed as interrupted.
        case daemon
        /// To change something that is there (judge, purge), beside a daemon.
        case command
        /// To change something beside a daemon that may come later: made where there is none.
        case server
        /// To look only.
        case reading
    }

    public let folder: StateFolder
    /// The wall clock, read once a call, judgement and audit entry: nothing else here knows what time it is.
    public let clock: @Sendable () -> Date
    let database: DatabaseQueue
    private let lock: DaemonLock?
    /// Calls that were open when the daemon before this one died, as found on opening.
    public let interruptedCalls: [CallID]

    /// Opens the store of a state folder.
    ///
    /// - Parameters:
    ///   - clock: what time it is; tests hand in their own.
    ///   - pageLimit: the most pages (of 4096 bytes) the database may have, standing in for a full disk.
    /// - Throws: `StoreError`: `absent` (not for the daemon), `inUse`, `corrupt`, `newerSchema`, `permission`, `full`.
    public init(
        _ folder: StateFolder, for purpose: Purpose, clock: @escaping @Sendable () -> Date = { Date() }, pageLimit: Int? = nil
    ) throws(StoreError) {
        self.folder = folder
        self.clock = clock
        if purpose == .daemon || purpose == .server { try folder.make() }
        lock = purpose == .daemon ? try DaemonLock(folder) : nil
        database = try Self.open(folder, for: purpose, pageLimit: pageLimit)
        do { interruptedCalls = purpose == .daemon ? try Self.closeOpenCalls(in: database, at: clock()) : [] } catch {
            throw StoreError(error, path: folder.database)
        }
        if purpose == .daemon { try removeLeftRecordings() }
    }

    /// Reads in one transaction; SQLite's failures become `StoreError`s.
    func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try database.read(body) } catch { throw StoreError(error, path: folder.database) }
    }

    /// Writes in one transaction: all of it or nothing, on the disk when this returns.
    func write<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try database.write(body) } catch { throw StoreError(error, path: folder.database) }
    }

    /// Sets or lifts the limit on the database's size, in pages; stands in for a disk that fills up and is freed again.
    public func limit(pages: Int?) throws(StoreError) {
        do {
            try database.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA max_page_count = \(pages ?? Self.mostPages)")
            }
        } catch { throw StoreError(error, path: folder.database) }
    }

    /// Pages in use, with what is not yet checkpointed.
    public func pageCount() throws(StoreError) -> Int {
        try read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
    }

    private static let mostPages = 1_073_741_823
}

extension Date {
    /// Milliseconds since 1970, the only form in which the store keeps a time.
    var storedMilliseconds: Int64 {
        let value = (timeIntervalSince1970 * 1000).rounded()
        return value.isFinite && abs(value) < 9e15 ? Int64(value) : 0
    }

    init(storedMilliseconds: Int64) { self.init(timeIntervalSince1970: Double(storedMilliseconds) / 1000) }
}
