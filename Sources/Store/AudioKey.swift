import Calls
import Crypto
import Foundation

/// The key that seals recordings: 32 random bytes in a file that only its owner can read.
///
/// Rule: no recording is sealed with it directly, but with a key derived from it and the call's own salt, which is a row of the
/// database. Why: when the row is purged the recording cannot be opened any more, whatever the file system keeps of its blocks.
public struct AudioKey: Sendable {
    private let master: SymmetricKey
    /// Tells keys apart without giving anything away: the first bytes of a code over a constant.
    let fingerprint: [UInt8]

    static let byteCount = 32

    /// Reads a key file.
    /// - Throws: `StoreError` of kind `key`: not there, no regular file, open to others, of the wrong length.
    public init(path: String) throws(StoreError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            let code = errno
            if code == ENOENT {
                throw StoreError(.key, path: path, "there is no key file", advice: "kept audio can only be opened with the key that sealed it")
            }
            throw StoreError(
                .key, path: path, code == ELOOP ? "the key file is a link" : "the key file cannot be read: \(systemWords(code))",
                advice: "put the key itself there, owned by the user that listens")
        }
        defer { close(descriptor) }
        try Self.check(descriptor, path: path)
        var bytes = [UInt8](repeating: 0, count: Self.byteCount + 1)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        guard count == Self.byteCount else {
            throw StoreError(
                .key, path: path, "the key file does not hold \(Self.byteCount) bytes",
                advice: "put back the right file; `falsetto listen --keep-audio` makes one where there is none")
        }
        self.init(bytes: Array(bytes[..<Self.byteCount]))
    }

    /// Reads the key file, or makes it where there is none.
    public init(makingAt path: String) throws(StoreError) {
        var status = stat()
        guard unsafe lstat(path, &status) != 0, errno == ENOENT else {
            try self.init(path: path)
            return
        }
        // Written whole under another name first: a key file that a crash cut short would be a key that opens nothing.
        var draft = Array("\(path).XXXXXX".utf8CString)
        let descriptor = unsafe mkstemp(&draft)
        guard descriptor >= 0 else { throw Self.unmade(path, errno) }
        defer { _ = unsafe unlink(draft) }
        let bytes = SecureBytes.random(Self.byteCount)
        let count = unsafe write(descriptor, bytes, bytes.count)
        let isWhole = count == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        guard isWhole else { throw .full(path) }
        // A link is refused where somebody else's key has come in between; that one is then the key.
        guard unsafe link(draft, path) == 0 else {
            let code = errno
            guard code == EEXIST else { throw Self.unmade(path, code) }
            try self.init(path: path)
            return
        }
        Self.synchronizeFolder(of: path)
        self.init(bytes: bytes)
    }

    private static func unmade(_ path: String, _ code: Int32) -> StoreError {
        [ENOSPC, EDQUOT].contains(code)
            ? .full(path)
            : StoreError(.key, path: path, "the key file cannot be made: \(systemWords(code))", advice: "check the owner and mode of its folder")
    }

    /// The name itself is on the disk only with its folder.
    private static func synchronizeFolder(of path: String) {
        let folder = unsafe open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    init(bytes: [UInt8]) {
        master = SymmetricKey(data: bytes)
        fingerprint = Array(HMAC<SHA256>.authenticationCode(for: Array("falsetto key check".utf8), using: master)).prefix(8).map { $0 }
    }

    /// An HMAC-SHA-256 with a key of its own purpose.
    func code(over bytes: [UInt8]) -> [UInt8] {
        let purpose = HKDF<SHA256>.deriveKey(inputKeyMaterial: master, info: Array("falsetto call id 1".utf8), outputByteCount: 32)
        return Array(HMAC<SHA256>.authenticationCode(for: bytes, using: purpose))
    }

    private static func check(_ descriptor: Int32, path: String) throws(StoreError) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(.key, path: path, "the key file is no regular file", advice: "put the key itself there")
        }
        guard status.st_uid == geteuid() else {
            throw StoreError(.key, path: path, "the key file belongs to another user", advice: "run as the user that listens")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw StoreError(
                .key, path: path, "the key file is open to other users", advice: "chmod 600 it, and take the key as known to whoever could read it")
        }
    }

    /// The key of one leg's recording (HKDF with SHA-256).
    func derived(call: CallID, leg: Int, salt: [UInt8]) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: master, salt: salt, info: Array("falsetto audio 1 \(call.text) \(leg)".utf8), outputByteCount: 32)
    }
}
