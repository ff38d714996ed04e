import Audio

/// Where a recording comes from; it can be opened any number of times.
public enum RecordingSource: Sendable {
    case path(String, raw: RawFormat?)
    case standardInput(StandardInputSpool, raw: RawFormat?)

    /// The name that reports carry.
    public var name: String {
        switch self {
        case .path(let path, _): path
        case .standardInput: StandardInputSpool.displayName
        }
    }

    func open() throws(AudioError) -> RecordingReader {
        switch self {
        case .path(let path, let raw): try RecordingReader(path: path, raw: raw)
        case .standardInput(let spool, let raw): try RecordingReader(spool: spool, raw: raw)
        }
    }
}
