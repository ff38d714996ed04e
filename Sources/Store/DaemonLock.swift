import Foundation

/// The right to be the one daemon of a store.
///
/// Rule: `flock` on a file of its own. Why: the kernel lets go of it whatever way the process ends, so a `kill -9` leaves
/// nothing to clean up, and a number in a file would.
final class DaemonLock: Sendable {
    private let descriptor: Int32

    init(_ folder: StateFolder) throws(StoreError) {
        let path = folder.daemonLock
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .unwritable(path, errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var text = [UInt8](repeating: 0, count: 16)
            let count = unsafe pread(descriptor, &text, text.count, 0)
            close(descriptor)
            let holder = String(decoding: text.prefix(max(count, 0)), as: UTF8.self).filter(\.isNumber)
            throw StoreError(
                .inUse, path: folder.path, "another falsetto listens into this store\(holder.isEmpty ? "" : " (process \(holder))")",
                advice: "end it first, or give this one another XDG_STATE_HOME")
        }
        let text = Array("\(getpid())\n".utf8)
        if ftruncate(descriptor, 0) == 0 { _ = unsafe pwrite(descriptor, text, text.count, 0) }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
