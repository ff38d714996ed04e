import CSndfile
import Glibc

/// What libsndfile sees of a WAV whose lengths were never written: the file with its RIFF length set to 8.
///
/// That length is the mark by which libsndfile knows such a file and takes all that follows as data; recorders that died leave
/// others too, which it reads as a file without sound.
final class UnfilledWaveView {
    private let file: FileHandle
    private var position = 0

    init(_ file: FileHandle) { self.file = file }

    /// The handle uses this object until it is closed: whoever keeps the one keeps the other.
    func open(_ info: inout SF_INFO) -> OpaquePointer? {
        var callbacks = unsafe SF_VIRTUAL_IO(
            get_filelen: { unsafe sf_count_t(UnfilledWaveView.of($0).file.byteCount) },
            seek: { offset, whence, context in unsafe UnfilledWaveView.of(context).seek(Int(offset), whence) },
            read: { bytes, count, context in unsafe UnfilledWaveView.of(context).read(bytes, Int(count)) },
            write: { _, _, _ in 0 },
            tell: { unsafe sf_count_t(UnfilledWaveView.of($0).position) })
        return unsafe sf_open_virtual(&callbacks, Int32(SFM_READ), &info, Unmanaged.passUnretained(self).toOpaque())
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> UnfilledWaveView {
        unsafe Unmanaged<UnfilledWaveView>.fromOpaque(context!).takeUnretainedValue()
    }

    private func seek(_ offset: Int, _ whence: Int32) -> sf_count_t {
        let base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? position : file.byteCount
        let (target, overflows) = base.addingReportingOverflow(offset)
        guard !overflows, target >= 0 else { return -1 }
        position = target
        return sf_count_t(target)
    }

    private func read(_ bytes: UnsafeMutableRawPointer?, _ count: Int) -> sf_count_t {
        let content = file.bytes(at: position, count: count)
        let riffLength: [UInt8] = [8, 0, 0, 0]
        for index in content.indices {
            let offset = position + index
            let byte = (4..<8).contains(offset) ? riffLength[offset - 4] : content[index]
            unsafe bytes?.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
        position += content.count
        return sf_count_t(content.count)
    }
}
