import Audio
import Calls
import Crypto
import Foundation

/// Writes one leg's recording, sealed record by record.
///
/// The file begins with a line that names its form and the key's fingerprint. Each record is a length and a box of AES-256-GCM
/// with a random nonce of its own; what it authenticates beside its content is the call, the leg and the record's index, so that
/// no record can be moved, left out or lent to another call. Samples are gathered to a second; a mark closes the second it falls
/// in. A `kill -9` costs the second that was being gathered.
final class SealedAudioWriter {
    static let magic = Array("falsetto sealed audio 1\n".utf8)

    private let path: String
    private let descriptor: Int32
    private let key: SymmetricKey
    private let context: SealedContext
    private var index: UInt64 = 0
    private var encoding = SampleEncoding.s16
    private var bytesASecond = 32_000
    private var pending: [UInt8] = []
    private var frames = 0
    /// Where the last whole record ends: a write that a full disk cut short is taken back to here.
    private var position: off_t = 0

    /// - Throws: `StoreError`.
    init(_ folder: StateFolder, call: CallID, leg: Int, key: AudioKey, salt: [UInt8]) throws(StoreError) {
        guard unsafe mkdir(folder.audio, 0o700) == 0 || errno == EEXIST else {
            throw StoreError(
                .permission, path: folder.audio, "cannot be made: \(systemWords(errno))", advice: "check the owner and mode of the state folder")
        }
        path = folder.audioFile(call, leg: leg)
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StoreError(.io, path: path, "cannot be made: \(systemWords(errno))", advice: "check the state folder") }
        self.key = key.derived(call: call, leg: leg, salt: salt)
        context = SealedContext(call: call, leg: leg)
        do { try write(Self.magic + key.fingerprint) } catch {
            _ = unsafe unlink(path)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Takes what was heard next. Samples are whole native ones of the encoding opened last.
    func append(_ record: AudioRecord) throws(StoreError) {
        switch record {
        case .samples(let bytes):
            precondition(bytes.count % encoding.byteCount == 0, "samples are kept whole")
            pending += bytes
            frames += bytes.count / encoding.byteCount
            while pending.count >= bytesASecond { try sealPending(bytesASecond) }
        case .opened(let newEncoding, let rate):
            try sealPending(pending.count)
            try seal(record)
            encoding = newEncoding
            bytesASecond = rate * newEncoding.byteCount
        case .gap(_, let lost):
            try sealPending(pending.count)
            try seal(record)
            frames += lost
        case .disclosed, .end:
            try sealPending(pending.count)
            try seal(record)
        }
    }

    /// Closes the recording: from here on it is known to be whole.
    func finish() throws(StoreError) {
        try append(.end(frames: frames))
        guard fsync(descriptor) == 0 else { throw StoreError(.io, path: path, "cannot be written: \(systemWords(errno))") }
    }

    private func sealPending(_ count: Int) throws(StoreError) {
        guard count > 0 else { return }
        try seal(.samples(Array(pending[..<count])))
        pending.removeFirst(count)
    }

    private func seal(_ record: AudioRecord) throws(StoreError) {
        // Only a wrong key or nonce length could fail here, and both are ours.
        let box = try! AES.GCM.seal(record.bytes, using: key, authenticating: context.authenticated(index)).combined!
        let length = UInt32(box.count)
        try write((0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + box)
        index += 1
    }

    private func write(_ bytes: [UInt8]) throws(StoreError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe pwrite(descriptor, $0.baseAddress! + written, bytes.count - written, position + off_t(written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let code = errno
                _ = ftruncate(descriptor, position)
                throw StoreError(
                    code == ENOSPC || code == EDQUOT ? .full : .io, path: path, "cannot be written: \(systemWords(code))",
                    advice: "free disk space; screening goes on without keeping this call's audio")
            }
            written += count
        }
        position += off_t(bytes.count)
    }
}

/// What every record of a recording is bound to.
struct SealedContext {
    var call: CallID
    var leg: Int

    func authenticated(_ index: UInt64) -> [UInt8] { Array("falsetto audio 1|\(call.text)|\(leg)|\(index)".utf8) }
}
