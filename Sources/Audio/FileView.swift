import CSndfile
import Glibc

/// What libsndfile sees in place of a file: a header made here, and behind it a part of the file.
///
/// Rule: libsndfile never sees a length that this program has not checked against the file. Why: it mends wrong lengths in
/// silence and takes a file without any for one without sound; and of a file with two recordings in it, it sees the first.
final class FileView {
    private let file: FileHandle
    private let header: [UInt8]
    private let range: Range<Int>
    /// The file is still being written: what is not there yet is waited for.
    private let arriving: ArrivingInput?
    private var position = 0

    init(_ file: FileHandle, header: [UInt8] = [], range: Range<Int>, arriving: ArrivingInput? = nil) {
        self.arriving = arriving
        self.file = file
        self.header = header
        self.range = range
    }

    private var byteCount: Int { header.count + range.count }

    /// The handle uses this object until it is closed: whoever keeps the one keeps the other.
    func open(_ info: inout SF_INFO) -> OpaquePointer? {
        var callbacks = unsafe SF_VIRTUAL_IO(
            get_filelen: { unsafe sf_count_t(FileView.of($0).byteCount) },
            seek: { offset, whence, context in unsafe FileView.of(context).seek(Int(offset), whence) },
            read: { bytes, count, context in unsafe FileView.of(context).read(bytes, Int(count)) },
            write: { _, _, _ in 0 },
            tell: { unsafe sf_count_t(FileView.of($0).position) })
        return unsafe sf_open_virtual(&callbacks, Int32(SFM_READ), &info, Unmanaged.passUnretained(self).toOpaque())
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> FileView {
        unsafe Unmanaged<FileView>.fromOpaque(context!).takeUnretainedValue()
    }

    private func seek(_ offset: Int, _ whence: Int32) -> sf_count_t {
        let base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? position : byteCount
        let (target, overflows) = base.addingReportingOverflow(offset)
        guard !overflows, target >= 0 else { return -1 }
        position = target
        return sf_count_t(target)
    }

    private func read(_ bytes: UnsafeMutableRawPointer?, _ count: Int) -> sf_count_t {
        guard let bytes = unsafe bytes, count > 0, position < byteCount else { return 0 }
        var given = 0
        if position < header.count {
            given = min(count, header.count - position)
            for index in 0..<given { unsafe bytes.storeBytes(of: header[position + index], toByteOffset: index, as: UInt8.self) }
        }
        let offset = range.lowerBound + position + given - header.count
        while given < count, offset < range.upperBound {
            let wanted = min(count - given, range.upperBound - offset)
            if let arriving, arriving.wait(forBytes: offset + wanted) <= offset { break }
            let got = unsafe pread(file.descriptor, bytes + given, wanted, off_t(offset))
            if got < 0, errno == EINTR { continue }
            given += max(0, got)
            break
        }
        position += given
        return sf_count_t(given)
    }
}
