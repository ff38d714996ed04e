import CALSA
import Glibc

/// libasound itself: its silence on standard error, and its own words.
enum ALSALibrary {
    /// What libasound said last on this thread is forgotten, and whatever it says from now on is kept instead of printed.
    static func listen() { falsetto_alsa_listen() }

    /// The error of a call that returned `code`. What libasound said goes before the code's own words, which are poorer.
    static func error(_ code: Int, _ operation: String, device: String) -> CaptureError {
        let said = unsafe String(cString: falsetto_alsa_words())
        let meaning = unsafe String(cString: snd_strerror(Int32(code)))
        let words = said.isEmpty ? meaning : said.contains(meaning) ? said : "\(said) (\(meaning))"
        return CaptureError(kind(Int32(-code)), operation: operation, device: device, words: words)
    }

    private static func kind(_ code: Int32) -> CaptureError.Kind {
        switch code {
        case ENOENT, ENXIO: .noSuchDevice
        case EBUSY: .busy
        case EACCES, EPERM: .permission
        case EINVAL: .unsupported
        case ENODEV, EBADFD, EIO, ESHUTDOWN, ECONNREFUSED, ECONNRESET: .gone
        default: .other
        }
    }
}

/// Throws where libasound returned an error, else gives back what it returned.
@discardableResult
func checked(_ code: Int, _ operation: String, device: String) throws(CaptureError) -> Int {
    guard code >= 0 else { throw ALSALibrary.error(code, operation, device: device) }
    return code
}

@discardableResult
func checked(_ code: Int32, _ operation: String, device: String) throws(CaptureError) -> Int {
    try checked(Int(code), operation, device: device)
}
