import Foundation
internal import GRDB

/// A store on a read-only medium, or of another owner, copied to where SQLite can read it.
///
/// Rule: the database and its write-ahead log are copied, not opened in place. Why: SQLite reads a write-ahead log only where it may
/// write beside it, and without the log the latest calls would be missing, unsaid.
final class ReadableCopy {
    private let original: StateFolder
    private let folder: StateFolder

    /// nil where the store can be read where it lies.
    init?(of original: StateFolder) throws(StoreError) {
        guard unsafe access(original.path, W_OK | X_OK) != 0 || access(original.database, W_OK) != 0 else { return nil }
        self.original = original
        folder = StateFolder(path: FileManager.default.temporaryDirectory.appending(path: "falsetto-read-\(UUID().uuidString)").path)
        try folder.make()
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: original.database + suffix) {
            do {
                try Data(contentsOf: URL(fileURLWithPath: original.database + suffix), options: .mappedIfSafe)
                    .write(to: URL(fileURLWithPath: folder.database + suffix))
            } catch {
                throw StoreError(
                    .permission, path: original.database + suffix,
                    "cannot be copied to where it can be read (\((error as NSError).localizedDescription))",
                    advice: "check its owner and mode, or set TMPDIR to a folder with room")
            }
        }
    }

    /// Opens the copy; its files have lost their names when this returns, and are gone when the connection closes.
    func open() throws(StoreError) -> DatabaseQueue {
        do {
            if try Store.inspect(folder.database, thoroughly: false) { throw Store.absent(original) }
            let database = try DatabaseQueue(path: folder.database, configuration: Store.configuration(readonly: true, pageLimit: nil))
            // The first read opens the log and its index.
            try database.read { _ = try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_schema") }
            return database
        } catch { throw StoreError(error, path: original.database) }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder.path) }
}
