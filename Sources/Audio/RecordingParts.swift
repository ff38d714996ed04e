/// A file of a known container: the pieces of sound in it, in order, and how each is opened.
struct RecordingParts {
    private enum Piece {
        case whole
        /// Of the file's bytes: a recording of its own.
        case range(Range<Int>)
        case wave(WaveLayout.Part)
    }

    private let file: FileHandle
    private let container: Container
    private let displayName: String
    private let options: DecodingOptions
    private let pieces: [Piece]
    /// Bytes of a WAV that are no part of it.
    private let strayBytes: Int

    /// Less than that behind a WAV is padding, or a tag; a recording has more.
    private static let leastStrayBytes = 4096

    init(_ file: FileHandle, _ container: Container, displayName: String, options: DecodingOptions) {
        (self.file, self.container, self.displayName, self.options) = (file, container, displayName, options)
        if container.demuxer == "wav", let layout = WaveLayout(file), !layout.parts.isEmpty {
            pieces = layout.parts.map { .wave($0) }
            strayBytes = layout.strayBytes >= Self.leastStrayBytes ? layout.strayBytes : 0
        } else {
            let ranges = JoinedFiles.ranges(of: file, container)
            pieces = ranges.count > 1 ? ranges.map { .range($0) } : [.whole]
            strayBytes = 0
        }
    }

    var count: Int { pieces.count }

    /// Opens one of them: libsndfile first, and where it refuses the file or stops in it, ffmpeg; or ffmpeg alone.
    func open(_ index: Int) throws(AudioError) -> any SampleSource {
        switch pieces[index] {
        case .whole:
            guard container.decoder == .libsndfile else { return try ffmpeg(index) }
            let promise = HeaderPromise(file)
            if let promise { try AudioLimits.check(path: displayName, sampleRate: promise.sampleRate, channelCount: promise.channelCount) }
            return try sound(index, view: nil, warning: promise?.truncationWarning)
        case .range(let range):
            guard container.decoder == .libsndfile else { return try ffmpeg(index) }
            return try sound(index, view: FileView(file, range: range), warning: nil)
        case .wave(let part):
            try AudioLimits.check(path: displayName, sampleRate: part.sampleRate, channelCount: part.channelCount)
            return try sound(
                index, view: FileView(file, header: part.header, range: part.range),
                warning: part.isUnfilled ? "the header was never completed; everything behind it is taken as sound" : part.truncationWarning)
        }
    }

    /// The same by ffmpeg, which gets the file as it stands.
    func ffmpeg(_ index: Int) throws(AudioError) -> FFmpegDecoder {
        let range: Range<Int>? =
            switch pieces[index] {
            case .whole: nil
            case .range(let range): range
            case .wave(let part): pieces.count > 1 ? part.start..<part.range.upperBound : nil
            }
        // What was joined need not be of one kind.
        var container = range.flatMap { $0.lowerBound > 0 ? Container.of(file, at: $0.lowerBound) : nil } ?? container
        if container.demuxer == "amr" {
            let frames = AMRFrames(file, range: range ?? 0..<file.byteCount)
            container.exactSeconds = frames.seconds
            container.holdsNotSent = frames.holdsNotSent
        }
        container.isCutOff = JoinedFiles.isCutOff(file, container, range: range ?? 0..<file.byteCount)
        return try FFmpegDecoder(file, container, range: range, displayName: displayName, options: options)
    }

    private func sound(_ index: Int, view: FileView?, warning: String?) throws(AudioError) -> any SampleSource {
        do throws(SoundFile.Refusal) {
            return SecondDecoder(
                try SoundFile(
                    file, raw: nil, view: view, warning: warning, strayBytes: index == count - 1 ? strayBytes : 0, displayName: displayName),
                self, index)
        } catch { return try refused(error, index) }
    }

    /// A known container whose content libsndfile does not decode (MP3 or G.729 in WAV): ffmpeg may.
    private func refused(_ refusal: SoundFile.Refusal, _ index: Int) throws(AudioError) -> any SampleSource {
        do throws(AudioError) { return try ffmpeg(index) } catch {
            // Whatever ffmpeg said of a file that libsndfile refused first, libsndfile's words are the plainer ones.
            if error.kind == .limit { throw error }
            throw AudioError(
                refusal.isUnsupportedEncoding ? .unsupported : .damagedHeader, path: displayName,
                refusal.isUnsupportedEncoding
                    ? "this \(container.name) file holds an encoding that cannot be read (\(refusal.words))"
                    : "the \(container.name) header is damaged, cut off or of a kind that cannot be read (\(refusal.words))",
                advice: error.kind == .missingTool ? "ffmpeg may read it; " + (error.advice ?? "") : nil)
        }
    }
}
