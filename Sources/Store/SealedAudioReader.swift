import Calls
import Crypto
import Foundation

/// Reads one leg's sealed recording back, record by record.
public final class SealedAudioReader {
    private let path: String
    private let descriptor: Int32
    private let key: SymmetricKey
    private let context: SealedContext
    private var index: UInt64 = 0
    /// Whether the record that closes a whole recording was read; when `next` gives nil without it, the recording ends early.
    public private(set) var isWhole = false

    /// A second at 192 kHz and 4 bytes, with what sealing adds.
    private static let longestRecord = 192_000 * 4 + 64

    init(_ folder: StateFolder, call: CallID, leg: Int, key: AudioKey, salt: [UInt8]) throws(StoreError) {
        path = folder.audioFile(call, leg: leg)
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            throw StoreError(.audio, path: path, "the kept audio cannot be opened: \(systemWords(errno))", advice: "replay it without, with --track")
        }
        self.key = key.derived(call: call, leg: leg, salt: salt)
        context = SealedContext(call: call, leg: leg)
        let head = try read(SealedAudioWriter.magic.count + key.fingerprint.count)
        guard head.starts(with: SealedAudioWriter.magic), head.count == SealedAudioWriter.magic.count + key.fingerprint.count else {
            throw StoreError(.audio, path: path, "this is no sealed recording", advice: "replay the call without it, with --track")
        }
        guard Array(head.suffix(key.fingerprint.count)) == key.fingerprint else {
            throw StoreError(
                .key, path: folder.audioKey, "this key did not seal that recording",
                advice: "put back the key file that was there when the call was kept")
        }
    }

    deinit { close(descriptor) }

    /// The next record; nil at the end, be it the recording's own (`isWhole`) or where the file was cut off.
    /// - Throws: `StoreError` of kind `audio` at a record that does not prove authentic.
    public func next() throws(StoreError) -> AudioRecord? {
        guard !isWhole else { return nil }
        let head = try read(4)
        guard head.count == 4 else { return nil }
        let length = head.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= Self.longestRecord else { throw forged() }
        let box = try read(length)
        guard box.count == length else { return nil }
        guard let sealed = try? AES.GCM.SealedBox(combined: box),
            let bytes = try? AES.GCM.open(sealed, using: key, authenticating: context.authenticated(index)),
            let record = AudioRecord(Array(bytes))
        else { throw forged() }
        index += 1
        if case .end = record { isWhole = true }
        return record
    }

    private func forged() -> StoreError {
        StoreError(
            .audio, path: path, "record \(index + 1) of the kept audio does not prove authentic: the file was changed",
            advice: "trust nothing behind it; --track replays from the stored scores")
    }

    private func read(_ count: Int) throws(StoreError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress! + filled, count - filled) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw StoreError(.io, path: path, "cannot be read: \(systemWords(errno))") }
            if got == 0 { break }
            filled += got
        }
        return Array(bytes[..<filled])
    }
}

extension Store {
    /// Opens a leg's kept audio; nil when none was kept, or it was purged.
    /// - Throws: `StoreError`: `notFound`, `key`, `audio`.
    public func audio(of call: CallID, leg: Int, key: AudioKey) throws(StoreError) -> SealedAudioReader? {
        guard let salt = try audioSalt(of: call) else { return nil }
        return try SealedAudioReader(folder, call: call, leg: leg, key: key, salt: salt)
    }

    private func audioSalt(of call: CallID) throws(StoreError) -> [UInt8]? {
        try read { try Data.fetchOne($0, sql: "SELECT audioSalt FROM call WHERE id = ? AND audioSalt IS NOT NULL", arguments: [call.text]) }
            .map(Array.init)
    }
}
