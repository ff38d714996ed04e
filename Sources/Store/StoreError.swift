import Foundation
internal import GRDB
import Text

/// Why the store cannot do what was asked. `description` is one line: where, what, and what to do.
public struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, Sendable, Equatable, CaseIterable {
        /// There is no store yet; nothing was made.
        case absent
        /// Another daemon has it (exit code 69: what is needed is there, but not to be had).
        case inUse
        /// Another program holds the database itself (exit code 69).
        case locked
        /// The file is damaged, or no store of this program. Nothing in it was changed.
        case corrupt
        /// Made by a newer version of the program.
        case newerSchema
        /// The folder or a file in it cannot be read or written by this user.
        case permission
        /// The disk, or the limit set for the store, is full.
        case full
        /// No call, or nothing kept, under that id.
        case notFound
        /// An id, name or value that cannot be used (exit code 64).
        case usage
        /// The key file for kept audio is missing, open to others, or not the one that sealed the recording.
        case key
        /// Kept audio that ends early or does not prove authentic.
        case audio
        /// Any other failure of the database or the system.
        case io
    }

    public var kind: Kind
    /// The file or folder at fault; nil where there is none.
    public var path: String?
    public var problem: String
    public var advice: String?

    public init(_ kind: Kind, path: String? = nil, _ problem: String, advice: String? = nil) {
        self.kind = kind
        self.path = path
        self.problem = problem
        self.advice = advice
    }

    public var description: String {
        var line = path.map { $0.escapedForTerminal + ": " } ?? ""
        line += problem.escapedForTerminal
        if let advice { line += "; " + advice.escapedForTerminal }
        return line
    }
}

extension StoreError {
    /// SQLite's failure in the words of this room.
    init(_ error: any Error, path: String) {
        guard let error = error as? DatabaseError else {
            self = (error as? StoreError) ?? StoreError(.io, path: path, "\(error)")
            return
        }
        let words = error.message ?? "code \(error.resultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_FULL:
            self = .full(path)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self = .corrupt(path, words)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self = .notWritable(path)
        case .SQLITE_CANTOPEN:
            self = StoreError(.permission, path: path, "cannot be opened (\(words))", advice: "check the folder's owner and mode")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self = StoreError(.locked, path: path, "another program holds the store (\(words))", advice: "close that program, or try again")
        default:
            // A full disk shows itself as a failed write as well, before SQLite can say FULL.
            let isWrite = [ResultCode.SQLITE_IOERR_WRITE, .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_SHMSIZE].contains(error.extendedResultCode)
            self = StoreError(
                isWrite ? .full : .io, path: path, isWrite ? "cannot be written (\(words))" : words,
                advice: isWrite ? "check the disk's free space and health" : nil)
        }
    }

    static func corrupt(_ path: String, _ words: String) -> StoreError {
        StoreError(
            .corrupt, path: path, "the store is damaged (\(words)); nothing was changed in it",
            advice: "move it away to begin a new one, or put back a copy")
    }

    static func full(_ path: String) -> StoreError { StoreError(.full, path: path, "no space left to store into", advice: "free disk space") }

    /// What an error number of the system says of a file that could not be made or written.
    static func unwritable(_ path: String, _ code: Int32) -> StoreError {
        switch code {
        case ENOSPC, EDQUOT, EFBIG: .full(path)
        case EACCES, EPERM, EROFS: .notWritable(path)
        default: StoreError(.io, path: path, "cannot be opened: \(systemWords(code))")
        }
    }

    static func notWritable(_ path: String) -> StoreError {
        StoreError(
            .permission, path: path, "cannot be written",
            advice: "check the owner and mode of the state folder, or choose another with XDG_STATE_HOME")
    }
}

/// The words of the C library for an error number.
func systemWords(_ code: Int32) -> String { unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)" }
