import Dispatch
import Glibc

/// Standard input, copied to a temporary file that has no name.
///
/// Some containers can only be read with seeking, and identical channels are looked for before the screening; neither works
/// on a pipe. The file has mode 0600, is unlinked before the first byte is written, and its space is free again as soon
/// as the value and its readers are dropped, however the program ends.
public final class StandardInputSpool: Sendable {
    /// How standard input is called in messages and results.
    public static let displayName = "-"
    /// 2 GiB: more than three hours of 16-bit stereo at 48 kHz.
    public static let defaultLimitBytes = 2 << 30

    private let file: FileHandle
    public let byteCount: Int

    /// Copies everything from `descriptor` until its end.
    ///
    /// `hearing`, where it is given, is called on a thread of its own with what has come so far; it should return when the input has ended,
    /// and is waited for.
    /// Throws: kind `limit` past `limitBytes`; `diskFull` when `directory` (TMPDIR, or /tmp) has no room; `empty`; `io`.
    public convenience init(
        descriptor: Int32 = STDIN_FILENO, limitBytes: Int = StandardInputSpool.defaultLimitBytes, directory: String? = nil,
        hearing: (@Sendable (ArrivingInput) -> Void)? = nil
    ) throws(AudioError) {
        let directory = directory ?? environmentValue("TMPDIR") ?? "/tmp"
        try self.init(
            descriptor: descriptor, limitBytes: limitBytes, file: try StandardInputSpool.namelessFile(in: directory), directory: directory,
            hearing: hearing)
    }

    /// The file is given by the caller: a test has one that is always full.
    init(
        descriptor: Int32, limitBytes: Int, file: FileHandle, directory: String, hearing: (@Sendable (ArrivingInput) -> Void)? = nil
    ) throws(AudioError) {
        self.file = file
        let arriving = ArrivingInput(file)
        let heard = DispatchSemaphore(value: 0)
        if let hearing {
            DispatchQueue(label: "hearing standard input").async {
                hearing(arriving)
                heard.signal()
            }
        }
        defer {
            arriving.end()
            if hearing != nil { heard.wait() }
        }
        byteCount = try StandardInputSpool.copy(from: descriptor, to: file.descriptor, limitBytes: limitBytes, directory: directory) {
            arriving.grow(to: $0)
        }
    }

    /// Where this process finds the copy: it has no name.
    public var path: String { "/proc/self/fd/\(file.descriptor)" }

    /// A descriptor of its own on the same file, with its own position.
    func reopened() throws(AudioError) -> FileHandle {
        try FileHandle(readingRegularFile: path, displayName: StandardInputSpool.displayName)
    }

    private static func namelessFile(in directory: String) throws(AudioError) -> FileHandle {
        var template = Array("\(directory)/falsetto-XXXXXX".utf8CString)
        let descriptor = unsafe mkstemp(&template)
        guard descriptor >= 0 else {
            let full = errno == ENOSPC || errno == EDQUOT
            throw AudioError(
                full ? .diskFull : .io, path: directory, "no temporary file can be made here: \(systemMessage(errno))",
                advice: "set TMPDIR to a folder that can be written")
        }
        unsafe unlink(template)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return FileHandle(owning: descriptor)
    }

    private static func copy(
        from input: Int32, to output: Int32, limitBytes: Int, directory: String, _ grown: (Int) -> Void
    ) throws(AudioError) -> Int {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var total = 0
        while true {
            let got = unsafe Glibc.read(input, &buffer, buffer.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw AudioError(.io, path: displayName, "standard input cannot be read: \(systemMessage(errno))") }
            if got == 0 { break }
            let start = total
            total += got
            guard total <= limitBytes else {
                throw AudioError(
                    .limit, path: displayName, "standard input is longer than the limit of \(limitBytes) bytes",
                    advice: "save it to a file and give its path")
            }
            try writeAll(buffer, count: got, to: output, at: start, directory: directory)
            grown(total)
        }
        guard total > 0 else { throw AudioError(.empty, path: displayName, "standard input is empty") }
        return total
    }

    /// By place and not by the file's own position, which whoever hears the copy while it grows may move.
    private static func writeAll(_ buffer: [UInt8], count: Int, to output: Int32, at start: Int, directory: String) throws(AudioError) {
        var written = 0
        while written < count {
            let status = unsafe buffer.withUnsafeBytes { bytes in
                unsafe pwrite(output, bytes.baseAddress! + written, count - written, off_t(start + written))
            }
            if status < 0, errno == EINTR { continue }
            guard status > 0 else {
                let full = [ENOSPC, EDQUOT, EFBIG].contains(errno)
                throw AudioError(
                    full ? .diskFull : .io, path: displayName,
                    full
                        ? "no room left in \(directory) for a copy of standard input"
                        : "the copy in \(directory) cannot be written: \(systemMessage(errno))",
                    advice: "set TMPDIR to a folder with more room, or give the recording's path")
            }
            written += status
        }
    }
}

/// A variable of the environment; nil when unset or empty.
func environmentValue(_ name: String) -> String? {
    guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
    return unsafe String(cString: value)
}
