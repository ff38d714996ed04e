import Foundation
internal import GRDB

extension Store {
    /// Opens the database file after a look at what it is: a damaged, foreign or newer file is refused before anything could
    /// be written to it.
    static func open(_ folder: StateFolder, for purpose: Purpose, pageLimit: Int?) throws(StoreError) -> DatabaseQueue {
        let path = folder.database
        let exists = try lookAtFile(path)
        guard exists || purpose == .daemon || purpose == .server else {
            throw absent(folder)
        }
        if purpose == .reading, let copy = try ReadableCopy(of: folder) { return try copy.open() }
        do {
            // A full disk, too, leaves a file with nothing in it.
            if exists, try inspect(path, thoroughly: purpose == .daemon), purpose != .daemon { throw absent(folder) }
            guard purpose != .reading else { return try DatabaseQueue(path: path, configuration: configuration(readonly: true, pageLimit: nil)) }
            if !exists { try makeOwnerOnly(path) }
            let database = try DatabaseQueue(path: path, configuration: configuration(readonly: false, pageLimit: pageLimit))
            // Only now, since GRDB sets NORMAL when it turns WAL on.
            try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try Schema.migrator.migrate(database)
            return database
        } catch { throw StoreError(error, path: path) }
    }

    static func absent(_ folder: StateFolder) -> StoreError {
        StoreError(.absent, path: folder.path, "nothing is stored here yet", advice: "`falsetto listen` makes the store with its first call")
    }

    static func configuration(readonly: Bool, pageLimit: Int?) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = readonly
        // Falsetto's own transactions take milliseconds: who holds it longer is another program, and that is said.
        configuration.busyMode = .timeout(2)
        configuration.foreignKeysEnabled = true
        configuration.label = "store"
        if !readonly { configuration.journalMode = .wal }
        configuration.prepareDatabase { db in
            guard !readonly else { return }
            // What is purged is overwritten with zeros, not only unlinked.
            try db.execute(sql: "PRAGMA secure_delete = ON")
            if let pageLimit { try db.execute(sql: "PRAGMA max_page_count = \(pageLimit)") }
        }
        return configuration
    }

    /// Whether there is a database file that can be read at all.
    private static func lookAtFile(_ path: String) throws(StoreError) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            let code = errno
            if code == ENOENT { return false }
            throw StoreError(
                .permission, path: path, "cannot be reached: \(systemWords(code))", advice: "check the owner and mode of the state folder")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .corrupt(path, "this is no regular file") }
        guard unsafe access(path, R_OK) == 0 else {
            throw StoreError(.permission, path: path, "cannot be read: \(systemWords(errno))", advice: "run as the user that listens")
        }
        return true
    }

    /// SQLite would give the file the mode of the process's mask.
    private static func makeOwnerOnly(_ path: String) throws(StoreError) {
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .unwritable(path, errno) }
        close(descriptor)
    }

    /// Looks through a read-only connection: whose file, which version, and for the daemon the whole of it for damage.
    /// - Returns: whether there is nothing in it, not even tables.
    static func inspect(_ path: String, thoroughly: Bool) throws -> Bool {
        do {
            return try look(path, thoroughly: thoroughly)
        } catch let error as DatabaseError where [.SQLITE_READONLY_ROLLBACK, .SQLITE_READONLY_RECOVERY].contains(error.extendedResultCode) {
            // Who wrote was killed: only a connection that may write takes back what was half done.
            let database = try DatabaseQueue(path: path)
            try database.read { db in _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") }
            try database.close()
            return try look(path, thoroughly: thoroughly)
        }
    }

    private static func look(_ path: String, thoroughly: Bool) throws -> Bool {
        let database = try DatabaseQueue(path: path, configuration: configuration(readonly: true, pageLimit: nil))
        defer { try? database.close() }
        return try database.read { db in
            let id = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
            // The migrator's own table comes first, in a transaction of its own: a store whose maker was killed then is empty.
            let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema WHERE tbl_name != 'grdb_migrations'") == 0
            guard isEmpty || id == Schema.applicationID else { throw StoreError.corrupt(path, "this is another program's database") }
            if try Schema.migrator.hasBeenSuperseded(db) {
                throw StoreError(
                    .newerSchema, path: path, "the store was made by a newer version of falsetto; nothing was changed in it",
                    advice: "update this program, or give it another XDG_STATE_HOME")
            }
            guard thoroughly else { return isEmpty }
            let fault = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") ?? "no answer"
            guard fault == "ok" else { throw StoreError.corrupt(path, fault.replacing("\n", with: " ")) }
            return isEmpty
        }
    }
}
