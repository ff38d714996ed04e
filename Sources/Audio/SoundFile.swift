import CSndfile
import Glibc

/// A file that libsndfile decodes in this process.
@safe final class SoundFile: SampleSource {
    let channelCount: Int
    let sampleRate: Int
    let expectedFrameCount: Int?
    let containerDescription: String
    private(set) var warnings: [String] = []

    private let displayName: String
    private let file: FileHandle
    private let view: FileView?
    private let handle: OpaquePointer
    /// Frames that the container's own count promises; nil where nothing trustworthy says so.
    private let promisedFrames: Int?
    private var framesRead = 0
    private var ended = false
    private(set) var unheard: UnheardSound?
    /// Decoding ended at damage, or before the header says: another decoder may find more.
    private(set) var stoppedShort = false

    /// Why libsndfile would not open a file; `RecordingReader` decides what that means.
    struct Refusal: Error {
        var isUnsupportedEncoding: Bool
        var words: String
    }

    /// - Parameters:
    ///   - view: what to show libsndfile in place of the file.
    ///   - warning: what is known to be odd about it already.
    ///   - strayBytes: behind it in the file, and no part of it.
    /// Throws: `Refusal`, where libsndfile cannot make anything of the file.
    init(
        _ file: FileHandle, raw: RawFormat?, view: FileView? = nil, warning: String? = nil, strayBytes: Int = 0, displayName: String
    ) throws(Refusal) {
        var info = SF_INFO()
        if let raw {
            info.samplerate = Int32(raw.sampleRate)
            info.channels = Int32(raw.channelCount)
            info.format = Int32(bitPattern: UInt32(SF_FORMAT_RAW) | raw.libsndfileSubtype)
        }
        // libsndfile takes the descriptor's position for the start of the file. It gets a descriptor of its own: when it refuses a
        // file it closes the descriptor even when told not to (1.2.0), and the number would soon be another file's.
        lseek(file.descriptor, 0, SEEK_SET)
        self.view = view
        let opened =
            if let view {
                unsafe view.open(&info)
            } else {
                unsafe sf_open_fd(fcntl(file.descriptor, F_DUPFD_CLOEXEC, 0), Int32(SFM_READ), &info, 1)
            }
        guard let handle = unsafe opened else {
            let code = sf_error(nil)
            throw Refusal(
                isUnsupportedEncoding: code == Int32(SF_ERR_UNSUPPORTED_ENCODING),
                words: unsafe SoundFile.trimmed(String(cString: sf_strerror(nil))))
        }
        if let warning { warnings.append(warning) }
        if strayBytes > 0 {
            unheard = UnheardSound(seconds: nil)
            warnings.append("\(strayBytes) bytes behind the sound are no part of it and were not heard")
        }
        unsafe self.handle = handle
        self.file = file
        self.displayName = displayName
        channelCount = Int(info.channels)
        sampleRate = Int(info.samplerate)
        let container = unsafe SoundFile.formatName(of: handle, info.format & Int32(bitPattern: UInt32(SF_FORMAT_TYPEMASK)))
        let encoding = unsafe SoundFile.formatName(of: handle, info.format & Int32(SF_FORMAT_SUBMASK))
        containerDescription = raw.map { "headerless \($0)" } ?? "\(container), \(encoding)"

        // No code in use gets more than 8192 frames out of one byte: what claims more is not a length.
        let frames = Int(info.frames)
        let isPlausible = frames > 0 && frames / 8192 <= file.byteCount
        expectedFrameCount = isPlausible ? frames : nil
        let major = UInt32(bitPattern: info.format) & UInt32(SF_FORMAT_TYPEMASK)
        promisedFrames = isPlausible && major == UInt32(SF_FORMAT_FLAC) ? frames : nil
        // The greatest number there is stands for "not known": FLAC from a pipe.
        if !isPlausible, frames > 0, frames != .max {
            warnings.append("the header claims \(frames) frames, more than the file can hold; the claim is ignored")
        }
    }

    deinit { unsafe sf_close(handle) }

    func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioError) -> SourcePiece {
        guard !ended, let base = buffer.baseAddress, channelCount > 0 else { return .end }
        let got = max(0, Int(unsafe sf_readf_float(handle, base, sf_count_t(buffer.count / channelCount))))
        framesRead += got
        if got > 0 { return .sound(frames: got) }
        try end()
        return .end
    }

    private func end() throws(AudioError) {
        ended = true
        let seconds = Double(framesRead) / Double(max(1, sampleRate))
        let promised = promisedFrames.map { Double($0) / Double(max(1, sampleRate)) }
        if unsafe sf_error(handle) != 0 {
            let words = unsafe SoundFile.trimmed(String(cString: sf_strerror(handle)))
            guard framesRead > 0 else { throw AudioError(.damagedHeader, path: displayName, "no sound can be decoded: \(words)") }
            stoppedShort = true
            unheard = UnheardSound(seconds: promised.map { max(0, $0 - seconds) })
            warnings.append("damaged: decoding stopped after \(Int(seconds)) s (\(words)); what came before it was read, \(unheard!.text) was not")
        } else if let promised, let warning = HeaderPromise.truncationWarning(promised: promised, present: seconds) {
            stoppedShort = true
            warnings.append(warning)
        } else if framesRead == 0 {
            stoppedShort = true
        }
    }

    private static func formatName(of handle: OpaquePointer, _ format: Int32) -> String {
        var info = unsafe SF_FORMAT_INFO(format: format, name: nil, extension: nil)
        let status = unsafe sf_command(handle, Int32(SFC_GET_FORMAT_INFO), &info, Int32(MemoryLayout<SF_FORMAT_INFO>.size))
        guard status == 0, let name = unsafe info.name else { return "format \(String(format, radix: 16))" }
        return unsafe String(cString: name)
    }

    private static func trimmed(_ words: String) -> String {
        var words = words[...]
        while let last = words.last, last == "." || last.isWhitespace { words.removeLast() }
        return String(words)
    }
}

extension RawFormat {
    /// libsndfile's code for the encoding. What has none goes to ffmpeg.
    fileprivate var libsndfileSubtype: UInt32 {
        switch encoding {
        case .ulaw: UInt32(SF_FORMAT_ULAW)
        case .alaw: UInt32(SF_FORMAT_ALAW)
        case .s16le: UInt32(SF_FORMAT_PCM_16) | UInt32(SF_ENDIAN_LITTLE)
        case .gsm: UInt32(SF_FORMAT_GSM610)
        case .vox: UInt32(SF_FORMAT_VOX_ADPCM)
        case .g722, .g729, .g723: preconditionFailure("libsndfile does not decode \(encoding)")
        }
    }
}
