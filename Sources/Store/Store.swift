import Calls
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
    private let purpose: Purpose
    private let state: Mutex<State>
    private let writeObserver = Mutex<(@Sendable (Duration, _ failed: Bool) -> Void)?>(nil)

    private enum State {
        case open(DatabaseQueue, DaemonLock?, interrupted: [CallID])
        /// Not to be had at present; tried again from then on.
        case waiting(StoreError, until: ContinuousClock.Instant)
    }

    /// Between two tries of a daemon to open a store that the disk, or another program, did not let it have.
    private let secondsATry: Double

    /// Opens the store of a state folder.
    ///
    /// Rule: a daemon's store on a full disk, or one that another program has locked, is a `Store` all the same: what is asked of it
    /// throws `trouble`, and it is opened as soon as it can be. Why: whoever screens must not wait for a disk.
    ///
    /// - Parameters:
    ///   - clock: what time it is; tests hand in their own.
    ///   - pageLimit: the most pages (of 4096 bytes) the database may have, standing in for a full disk.
    ///   - secondsATry: between two tries of a daemon to open a store that it could not have.
    /// - Throws: `StoreError`: `absent` (not for the daemon), `inUse`, `corrupt`, `newerSchema`, `permission`; `full` and `locked` where it
    ///   is not for the daemon.
    public init(
        _ folder: StateFolder, for purpose: Purpose, clock: @escaping @Sendable () -> Date = { Date() }, pageLimit: Int? = nil,
        secondsATry: Double = 5
    ) throws(StoreError) {
        self.secondsATry = secondsATry
        self.folder = folder
        self.clock = clock
        self.purpose = purpose
        state = Mutex(try Self.opened(folder, for: purpose, at: clock(), pageLimit: pageLimit))
        if purpose == .daemon, trouble == nil { try removeLeftRecordings() }
    }

    private static func opened(_ folder: StateFolder, for purpose: Purpose, at now: Date, pageLimit: Int?) throws(StoreError) -> State {
        do throws(StoreError) {
            if purpose == .daemon || purpose == .server { try folder.make() }
            let lock = purpose == .daemon ? try DaemonLock(folder) : nil
            let database = try open(folder, for: purpose, pageLimit: pageLimit)
            do {
                return .open(database, lock, interrupted: purpose == .daemon ? try closeOpenCalls(in: database, at: now) : [])
            } catch { throw StoreError(error, path: folder.database) }
        } catch {
            guard purpose == .daemon else { throw error }
            // SQLite says "cannot be opened" of a file that it has no room to make.
            let isFull = error.kind == .full || [.permission, .io].contains(error.kind) && folder.isFull
            guard isFull || error.kind == .locked else { throw error }
            let trouble = error.kind == .full || error.kind == .locked ? error : .full(folder.database)
            return .waiting(trouble, until: .now)
        }
    }

    /// What keeps the store closed at present; nil while it is open.
    public var trouble: StoreError? { state.withLock { if case .waiting(let error, _) = $0 { error } else { nil } } }

    /// Calls that were open when the daemon before this one died, as found on opening.
    public var interruptedCalls: [CallID] { state.withLock { if case .open(_, _, let calls) = $0 { calls } else { [] } } }

    /// The open database. A daemon's that could not be opened yet is tried again, now and then.
    var database: DatabaseQueue {
        get throws(StoreError) {
            try state.withLock { state throws(StoreError) in
                if case .waiting(let error, let until) = state {
                    guard ContinuousClock.now >= until else { throw error }
                    do throws(StoreError) { state = try Self.opened(folder, for: purpose, at: clock(), pageLimit: nil) } catch {
                        state = .waiting(error, until: .now)
                    }
                }
                switch state {
                case .open(let database, _, _): return database
                case .waiting(let error, _):
                    state = .waiting(error, until: .now + .seconds(secondsATry))
                    throw error
                }
            }
        }
    }

    /// Reads in one transaction; SQLite's failures become `StoreError`s.
    func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        let database = try database
        do { return try database.read(body) } catch { throw StoreError(error, path: folder.database) }
    }

    /// Writes in one transaction: all of it or nothing, on the disk when this returns.
    /// - Parameter waitsForDisk: false for what may be undone by a power cut, though by nothing less; what was written before it stays.
    func write<Value>(waitsForDisk: Bool = true, _ body: (Database) throws -> Value) throws(StoreError) -> Value {
        let database = try database
        let observer = writeObserver.withLock { $0 }
        let began = ContinuousClock.now
        var failed = true
        defer { observer?(ContinuousClock.now - began, failed) }
        do {
            let value = waitsForDisk ? try database.write(body) : try Self.writeWithoutWaiting(database, body)
            failed = false
            return value
        } catch { throw StoreError(error, path: folder.database) }
    }

    private static func writeWithoutWaiting<Value>(_ database: DatabaseQueue, _ body: (Database) throws -> Value) throws -> Value {
        try database.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
            let result = Result {
                var value: Value?
                try db.inTransaction {
                    value = try body(db)
                    return .commit
                }
                return value!
            }
            try db.execute(sql: "PRAGMA synchronous = FULL")
            return try result.get()
        }
    }

    /// Tells of each transaction that writes how long it took until it was on the disk, on the thread that wrote.
    public func observeWrites(_ observer: @escaping @Sendable (_ duration: Duration, _ failed: Bool) -> Void) {
        writeObserver.withLock { $0 = observer }
    }

    /// Sets or lifts the limit on the database's size, in pages; stands in for a disk that fills up and is freed again.
    public func limit(pages: Int?) throws(StoreError) {
        let database = try database
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

extension Database {
    /// `execute` with a statement that is compiled once and kept: for what is written again and again while calls are on.
    func executeKept(sql: String, arguments: StatementArguments) throws { try cachedStatement(sql: sql).execute(arguments: arguments) }
}

extension Date {
    /// Milliseconds since 1970, the only form in which the store keeps a time.
    var storedMilliseconds: Int64 {
        let value = (timeIntervalSince1970 * 1000).rounded()
        return value.isFinite && abs(value) < 9e15 ? Int64(value) : 0
    }

    init(storedMilliseconds: Int64) { self.init(timeIntervalSince1970: Double(storedMilliseconds) / 1000) }
}
