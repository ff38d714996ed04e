import Calls
import Foundation

/// Where the store lives: `$XDG_STATE_HOME/falsetto`, or the same under `~/.local/state`.
public struct StateFolder: Sendable, Equatable {
    public var path: String

    public init(path: String) { self.path = path }

    public static var standard: StateFolder {
        let environment = ProcessInfo.processInfo.environment
        let base =
            environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? FileManager.default.homeDirectoryForCurrentUser.appending(path: ".local/state").path
        return StateFolder(path: base + "/falsetto")
    }

    public var database: String { path + "/calls.sqlite" }
    /// Held by the one daemon; what is in it is its process id, for people.
    public var daemonLock: String { path + "/daemon.lock" }
    /// Sealed recordings, one file a leg.
    public var audio: String { path + "/audio" }
    /// The key that seals recordings.
    public var audioKey: String { path + "/audio.key" }

    /// The key that codes the ids which telephone systems give their calls.
    public var callNamesKey: String { path + "/call-names.key" }

    func audioFile(_ call: CallID, leg: Int) -> String { "\(audio)/\(call.text).\(leg).sealed" }

    /// Makes the folder, for its owner only, where it is not there.
    func make() throws(StoreError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            if (error as? CocoaError)?.code == .fileWriteOutOfSpace { throw .full(path) }
            throw StoreError(
                .permission, path: path, "the state folder cannot be made (\((error as NSError).localizedDescription))",
                advice: "check the owner and mode of the folder above, or choose another with XDG_STATE_HOME")
        }
        guard unsafe access(path, W_OK | X_OK) == 0 else { throw .notWritable(path) }
    }

    /// Whether the disk takes nothing more here: found by writing, since quotas and limits of a process show in no figure.
    var isFull: Bool {
        var name = Array("\(path)/.room-XXXXXX".utf8CString)
        let descriptor = unsafe mkstemp(&name)
        guard descriptor >= 0 else { return [ENOSPC, EDQUOT, EFBIG].contains(errno) }
        unsafe unlink(name)
        defer { close(descriptor) }
        let pages = [UInt8](repeating: 0, count: 64 << 10)
        let count = unsafe write(descriptor, pages, pages.count)
        return count < pages.count && (count >= 0 || [ENOSPC, EDQUOT, EFBIG].contains(errno)) || fsync(descriptor) != 0
    }
}
