extension RecordingReader {
    /// Finds the decoder for `file`: what the caller says, then what the content says, then what the suffix suggests.
    static func openSource(
        _ file: FileHandle, displayName: String, raw: RawFormat?, options: DecodingOptions
    ) throws(AudioError) -> (source: any SampleSource, warnings: [String]) {
        if let raw { return (try openRaw(file, raw, displayName: displayName, options: options), []) }
        guard let container = Container.of(file) else {
            guard let suggested = RawFormat.suggested(forPath: displayName) else { throw unknownContent(file, displayName: displayName) }
            let source = try openRaw(file, suggested, displayName: displayName, options: options)
            return (source, ["no header; taken as \(suggested) because of its suffix"])
        }
        guard container.decoder == .libsndfile else {
            return (try FFmpegDecoder(file, demuxer: container.demuxer, containerName: container.name, displayName: displayName, options: options), [])
        }
        let promise = HeaderPromise(file)
        if let promise {
            try AudioLimits.check(path: displayName, sampleRate: promise.sampleRate, channelCount: promise.channelCount)
        }
        do throws(SoundFile.Refusal) {
            let source = try SoundFile(file, raw: nil, isUnfilled: promise?.isUnfilled ?? false, displayName: displayName)
            return (source, promise?.truncationWarning.map { [$0] } ?? [])
        } catch {
            return (try openRefused(file, container, error, displayName: displayName, options: options), [])
        }
    }

    /// A known container whose content libsndfile does not decode (Speex in Ogg, MP3 or G.729 in WAV): ffmpeg may.
    private static func openRefused(
        _ file: FileHandle, _ container: Container, _ refusal: SoundFile.Refusal, displayName: String, options: DecodingOptions
    ) throws(AudioError) -> any SampleSource {
        do throws(AudioError) {
            return try FFmpegDecoder(file, demuxer: container.demuxer, containerName: container.name, displayName: displayName, options: options)
        } catch {
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

    private static func openRaw(
        _ file: FileHandle, _ raw: RawFormat, displayName: String, options: DecodingOptions
    ) throws(AudioError) -> any SampleSource {
        guard raw.encoding != .g722 else {
            return try FFmpegDecoder(file, demuxer: "g722", containerName: "headerless \(raw)", displayName: displayName, options: options)
        }
        do throws(SoundFile.Refusal) {
            return try SoundFile(file, raw: raw, displayName: displayName)
        } catch {
            throw AudioError(.unsupported, path: displayName, "cannot be read as \(raw): \(error.words)")
        }
    }

    private static func unknownContent(_ file: FileHandle, displayName: String) -> AudioError {
        let start = file.bytes(at: 0, count: 512)
        let isText = start.allSatisfy { $0 >= 0x20 && $0 < 0x7F || (0x09...0x0D).contains($0) }
        return AudioError(
            .notAudio, path: displayName, isText ? "this is text, not a recording" : "this is not a recording of any kind that is known here",
            advice: isText ? nil : "for a file without a header say how to read it, for instance --raw ulaw:8000:1")
    }
}
