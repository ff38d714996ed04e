import Glibc

/// The words of the C library for `code`.
func systemMessage(_ code: Int32) -> String {
    // glibc's buffer is one a thread, and the words are copied at once.
    unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
}

/// An open descriptor, closed when its owner is dropped.
final class FileHandle: Sendable {
    let descriptor: Int32

    init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Opens a regular file for reading.
    ///
    /// Nothing but a regular file is even opened: opening a FIFO waits for a writer, and opening a device may do
    /// something to it.
    convenience init(readingRegularFile path: String, displayName: String) throws(AudioError) {
        guard !path.isEmpty else { throw AudioError(.notFound, path: displayName, "the path is empty") }
        guard !path.utf8.contains(0) else { throw AudioError(.notFound, path: displayName, "a path cannot hold a zero byte") }
        try FileHandle.requireRegular(try FileHandle.status(path, displayName: displayName), displayName: displayName)
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw FileHandle.openError(errno, path: path, displayName: displayName) }
        self.init(owning: descriptor)
        // The name may have come to mean something else between the look and the opening.
        var opened = stat()
        guard unsafe fstat(descriptor, &opened) == 0 else { throw FileHandle.openError(errno, path: path, displayName: displayName) }
        try FileHandle.requireRegular(opened, displayName: displayName)
    }

    static func status(_ path: String, displayName: String) throws(AudioError) -> stat {
        var result = stat()
        guard unsafe stat(path, &result) == 0 else { throw openError(errno, path: path, displayName: displayName) }
        return result
    }

    private static func requireRegular(_ status: stat, displayName: String) throws(AudioError) {
        let kind: String
        switch status.st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: kind = "a directory"
        case S_IFIFO: kind = "a FIFO"
        case S_IFSOCK: kind = "a socket"
        case S_IFCHR, S_IFBLK: kind = "a device"
        default: kind = "no regular file"
        }
        throw AudioError(
            .notRegular, path: displayName, "this is \(kind), not a recording", advice: "to read a stream, pipe it in and give - as the path")
    }

    static func openError(_ code: Int32, path: String, displayName: String) -> AudioError {
        switch code {
        case ENOENT:
            var link = stat()
            if unsafe lstat(path, &link) == 0, link.st_mode & S_IFMT == S_IFLNK {
                return AudioError(.notFound, path: displayName, "this symbolic link points to nothing")
            }
            return AudioError(.notFound, path: displayName, "no such file or directory")
        case ENOTDIR, ENAMETOOLONG: return AudioError(.notFound, path: displayName, systemMessage(code))
        case ELOOP: return AudioError(.notFound, path: displayName, "this symbolic link leads back to itself")
        case EACCES, EPERM:
            return AudioError(
                .permission, path: displayName, "no permission to read it", advice: "run as a user who may, or change its mode with chmod")
        default: return AudioError(.io, path: displayName, "cannot be opened: \(systemMessage(code))")
        }
    }

    /// The file's length in bytes, as the file system says.
    var byteCount: Int {
        var status = stat()
        return unsafe fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Up to `count` bytes at `offset`, without moving the descriptor's own position; fewer at the end of the file.
    func bytes(at offset: Int, count: Int) -> [UInt8] {
        guard count > 0, offset >= 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = unsafe pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { break }
                filled += got
            }
        }
    }
}
