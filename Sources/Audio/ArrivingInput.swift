import Dispatch
import Glibc
import Synchronization

/// Standard input while it comes in: a copy that grows, and can be decoded as far as it has come.
///
/// For whoever wants to hear it before its end. What counts is the whole copy, read again once it is complete: only then is known
/// how it is divided, what of it cannot be read and which channels are twins.
public final class ArrivingInput: Sendable {
    private let file: FileHandle
    private let state = Mutex((byteCount: 0, hasEnded: false))
    private let changed = DispatchSemaphore(value: 0)

    init(_ file: FileHandle) { self.file = file }

    /// Nothing more will come.
    public var hasEnded: Bool { state.withLock { $0.hasEnded } }

    func grow(to byteCount: Int) {
        state.withLock { $0.byteCount = byteCount }
        changed.signal()
    }

    func end() {
        state.withLock { $0.hasEnded = true }
        changed.signal()
    }

    /// Waits for so many bytes, or for the end; how many there are. One thread may wait.
    func wait(forBytes count: Int) -> Int {
        while true {
            let (present, hasEnded) = state.withLock { $0 }
            if present >= count || hasEnded { return present }
            changed.wait()
        }
    }

    /// A reader that waits for what has not come yet; nil for a recording that cannot be decoded before it is whole.
    ///
    /// - Throws: `AudioError`, where it can be decoded, and turns out not to be.
    public func open(raw: RawFormat?, options: DecodingOptions = DecodingOptions()) throws(AudioError) -> RecordingReader? {
        guard let source = try source(raw: raw, options: options), !hasEnded else { return nil }
        return try RecordingReader(source, displayName: StandardInputSpool.displayName, warnings: [])
    }

    private func source(raw: RawFormat?, options: DecodingOptions) throws(AudioError) -> (any SampleSource)? {
        if let raw {
            guard raw.encoding.demuxer == nil else { return nil }
            return soundFile(raw, view: FileView(file, range: 0..<Self.openEnd, arriving: self))
        }
        _ = wait(forBytes: Container.prefixByteCount)
        guard let container = Container.of(file) else { return nil }
        guard container.demuxer != "wav" else { return try wave() }
        return try FFmpegDecoder(arriving: self, container, displayName: StandardInputSpool.displayName, options: options)
    }

    /// A length that no recording has, and every code's blocks divide.
    private static let openEnd = 33 * 65 * (1 << 32)
    /// Where the sound of a WAV begins at the latest.
    private static let mostHeaderBytes = 1 << 20

    private func wave() throws(AudioError) -> (any SampleSource)? {
        var asked = Container.prefixByteCount
        while asked <= Self.mostHeaderBytes {
            let present = wait(forBytes: asked)
            if let part = WaveLayout(file)?.parts.first {
                var whole = part
                whole.range = part.range.lowerBound..<part.range.lowerBound + (part.promisedBytes ?? Self.openEnd)
                return soundFile(nil, view: FileView(file, header: whole.header, range: whole.range, arriving: self))
            }
            guard present >= asked else { return nil }
            asked *= 2
        }
        return nil
    }

    private func soundFile(_ raw: RawFormat?, view: FileView) -> SoundFile? {
        try? SoundFile(file, raw: raw, view: view, displayName: StandardInputSpool.displayName)
    }

    /// The reading end of a stream of all that comes, for a child; a thread fills it until the input ends or the child does.
    func stream() throws(AudioError) -> FileHandle {
        var ends: [Int32] = [0, 0]
        // A socket and no pipe: writing to one whose reader is gone is an error, and no signal.
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw AudioError(.io, path: StandardInputSpool.displayName, "no stream to a decoder: \(systemMessage(errno))")
        }
        let (reading, writing) = (FileHandle(owning: ends[0]), FileHandle(owning: ends[1]))
        DispatchQueue(label: "arriving input").async { [self] in
            var sent = 0
            while true {
                let present = wait(forBytes: sent + 1)
                guard present > sent else { return }
                let bytes = file.bytes(at: sent, count: min(present - sent, 1 << 16))
                let count = unsafe send(writing.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                sent += count
            }
        }
        return reading
    }
}
