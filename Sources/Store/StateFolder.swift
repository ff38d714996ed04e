import Foundation

/// Where the store lives: `$XDG_STATE_HOME/falsetto`, or the same under `~/.local/state`.
public struct StateFolder: Sendable, Equatable {
    public var path: String

    public init(path: String) { self.path = path }

    public static var standard: StateFolder {
        let environment = ProcessInfo.processInfo.environment
        let base = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
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
            throw StoreError(
                .permission, path: path, "the state folder cannot be made (\((error as NSError).localizedDescription))",
                advice: "check the owner and mode of the folder above, or choose another with XDG_STATE_HOME")
        }
        guard unsafe access(path, W_OK | X_OK) == 0 else { throw .notWritable(path) }
    }
}
