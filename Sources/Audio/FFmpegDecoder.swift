import Glibc

/// A recording that an `ffmpeg` child decodes: the sound comes through a pipe as float32 at its own rate, all channels kept.
///
/// The child parses the untrusted container, so that what it may trip over does not bring this program down. It is told
/// the container's kind, gets the file as its standard input, and may open nothing else. Its sound comes as AU, the
/// simplest container that says rate and channels ahead of a stream of unknown length.
final class FFmpegDecoder: SampleSource {
    let channelCount: Int
    let sampleRate: Int
    let expectedFrameCount: Int?
    let containerDescription: String
    private(set) var warnings: [String] = []

    private let displayName: String
    private let child: DecodingChild
    private var framesRead = 0
    private var ended = false
    /// Bytes of a sample or frame that a read cut in two.
    private var carry: [UInt8] = []

    init(_ file: FileHandle, demuxer: String, containerName: String, displayName: String, options: DecodingOptions) throws(AudioError) {
        let program = try FFmpegDecoder.locate(options, containerName: containerName, displayName: displayName)
        let child = try DecodingChild(
            program: program, arguments: FFmpegDecoder.arguments(demuxer: demuxer), input: file, displayName: displayName, hangSeconds: options.hangSeconds)
        self.child = child
        self.displayName = displayName
        let header = try FFmpegDecoder.readHeader(child, containerName: containerName, displayName: displayName)
        sampleRate = header.sampleRate
        channelCount = header.channelCount
        try AudioLimits.check(path: displayName, sampleRate: sampleRate, channelCount: channelCount)
        let report = FFmpegReport(child.errorText)
        containerDescription = report.encoding.map { "\(containerName), \($0)" } ?? containerName
        expectedFrameCount = report.durationSeconds.map { Int($0 * Double(header.sampleRate)) }
        if report.soundTrackCount > 1 {
            warnings.append("the file has \(report.soundTrackCount) sound tracks; only the first is read")
        }
    }

    static func arguments(demuxer: String) -> [String] {
        [
            "-nostdin", "-hide_banner", "-nostats", "-loglevel", "info", "-threads", "1",
            "-protocol_whitelist", "file,pipe", "-f", demuxer, "-i", "file:/dev/stdin",
            "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1",
            "-c:a", "pcm_f32be", "-f", "au", "pipe:1",
        ]
    }

    private static func locate(_ options: DecodingOptions, containerName: String, displayName: String) throws(AudioError) -> String {
        if let path = options.ffmpegPath { return path }
        for folder in (options.searchPath ?? environmentValue("PATH") ?? "/usr/bin:/bin").split(separator: ":") {
            let candidate = "\(folder)/ffmpeg"
            if unsafe access(candidate, X_OK) == 0 { return candidate }
        }
        throw AudioError(
            .missingTool, path: displayName, "\(containerName) is read with ffmpeg, which is not installed",
            advice: "install it with: apt-get install ffmpeg")
    }

    private static func readHeader(
        _ child: DecodingChild, containerName: String, displayName: String
    ) throws(AudioError) -> (sampleRate: Int, channelCount: Int) {
        guard let head = try child.readExactly(24) else {
            throw FFmpegReport(child.finish().errorText).openingError(containerName: containerName, displayName: displayName)
        }
        func word(_ index: Int) -> Int { head[index * 4..<index * 4 + 4].reduce(0) { $0 << 8 | Int($1) } }
        let dataOffset = word(1)
        let floatEncoding = 6
        guard head.starts(with: ".snd".utf8), word(3) == floatEncoding, (24...65_536).contains(dataOffset) else {
            throw AudioError(.childFailed, path: displayName, "ffmpeg gave something other than the sound asked for")
        }
        if dataOffset > 24 { _ = try child.readExactly(dataOffset - 24) }
        return (word(4), word(5))
    }

    func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioError) -> Int {
        guard !ended else { return 0 }
        let frameBytes = channelCount * 4
        let wanted = buffer.count / channelCount * frameBytes
        while carry.count < frameBytes {
            guard try child.append(upTo: wanted - carry.count, to: &carry) > 0 else {
                try end()
                return 0
            }
        }
        let frames = carry.count / frameBytes
        let samples = frames * channelCount
        unsafe carry.withUnsafeBytes { bytes in
            for index in 0..<samples {
                let bits = unsafe bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
                unsafe buffer[index] = Float(bitPattern: UInt32(bigEndian: bits))
            }
        }
        carry.removeFirst(frames * frameBytes)
        framesRead += frames
        return frames
    }

    private func end() throws(AudioError) {
        ended = true
        let (status, errorText) = child.finish()
        let report = FFmpegReport(errorText)
        guard status != 0 else {
            if let seconds = report.durationSeconds, sampleRate > 0, framesRead > 0,
                let warning = HeaderPromise.truncationWarning(promised: seconds, present: Double(framesRead) / Double(sampleRate) + 0.4)
            {
                // 0.4 s: encoder delay and edit lists make honest files shorter than their stated duration.
                warnings.append(warning)
            }
            return
        }
        guard framesRead > 0 else { throw report.openingError(containerName: containerDescription, displayName: displayName) }
        warnings.append("damaged: ffmpeg stopped after \(framesRead / max(1, sampleRate)) s (\(report.lastLine)); what came before it was read")
    }
}
