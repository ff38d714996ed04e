extension RecordingReader {
    /// Finds the decoder for `file`: what the caller says, then what the content says, then what the suffix suggests.
    static func openSource(
        _ file: FileHandle, displayName: String, raw: RawFormat?, options: DecodingOptions
    ) throws(AudioError) -> (source: any SampleSource, warnings: [String]) {
        if let raw { return (try openRaw(file, raw, displayName: displayName, options: options), []) }
        if let container = Container.of(file) {
            return (try open(file, container, displayName: displayName, options: options), [])
        }
        if let suggested = RawFormat.suggested(forPath: displayName) {
            let source = try openRaw(file, suggested, displayName: displayName, options: options)
            return (source, ["no header; taken as \(suggested) because of its suffix"])
        }
        if let container = Container.behindJunk(file) {
            return (try open(file, container, displayName: displayName, options: options), ["it begins with something other than \(container.name)"])
        }
        throw unknownContent(file, displayName: displayName)
    }

    private static func open(
        _ file: FileHandle, _ container: Container, displayName: String, options: DecodingOptions
    ) throws(AudioError) -> any SampleSource {
        let parts = RecordingParts(file, container, displayName: displayName, options: options)
        return parts.count == 1 ? try parts.open(0) : try JoinedSource(parts)
    }

    static func openRaw(
        _ file: FileHandle, _ raw: RawFormat, displayName: String, options: DecodingOptions
    ) throws(AudioError) -> any SampleSource {
        if let demuxer = raw.encoding.demuxer {
            return try FFmpegDecoder(file, Container(headerless: raw, demuxer: demuxer), displayName: displayName, options: options)
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
