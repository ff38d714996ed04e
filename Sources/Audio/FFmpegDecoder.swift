import Glibc

/// A recording that an `ffmpeg` child decodes: the sound comes through a pipe as float32 at its own rate, all channels kept, each
/// block with the time it belongs to.
///
/// The child parses the untrusted container, so that what it may trip over does not bring this program down. It is told
/// the container's kind, gets the file as its standard input, may open nothing else, and is held to `ChildLimits`.
final class FFmpegDecoder: SampleSource {
    let channelCount: Int
    let sampleRate: Int
    let expectedFrameCount: Int?
    let containerDescription: String
    private(set) var warnings: [String] = []
    private(set) var unheard: UnheardSound?

    private let container: Container
    private let displayName: String
    private let child: DecodingChild
    private var stream: MatroskaSound
    private var timeline: BlockTimeline
    /// The block that is being given out, and how far.
    private var block: MatroskaSound.Block?
    private var blockPosition = 0
    private var pendingGap: (frames: Int, kind: RecordingGap)?
    /// Of a coder that may leave silence out.
    private var silence: UnsentSilence?
    private var soundFrames = 0
    private var ended = false

    /// - Parameter range: of the file's bytes, where it holds more than one recording.
    convenience init(
        _ file: FileHandle, _ container: Container, range: Range<Int>? = nil, displayName: String, options: DecodingOptions
    ) throws(AudioError) {
        let program = try FFmpegDecoder.locate(options, containerName: container.name, displayName: displayName)
        let child = try DecodingChild(
            program: program, arguments: FFmpegDecoder.arguments(container, range: range), input: file, displayName: displayName,
            hangSeconds: options.hangSeconds, limits: ChildLimits(forInputOf: range?.count ?? file.byteCount))
        try self.init(child, container, displayName: displayName)
    }

    /// Decodes what has not come to its end; who sends it may be silent for as long as it likes.
    convenience init(arriving: ArrivingInput, _ container: Container, displayName: String, options: DecodingOptions) throws(AudioError) {
        let program = try FFmpegDecoder.locate(options, containerName: container.name, displayName: displayName)
        let child = try DecodingChild(
            program: program, arguments: FFmpegDecoder.arguments(container, isArriving: true), input: try arriving.stream(),
            displayName: displayName, hangSeconds: .infinity, limits: ChildLimits(forInputOf: StandardInputSpool.defaultLimitBytes))
        try self.init(child, container, displayName: displayName)
    }

    private init(_ child: DecodingChild, _ container: Container, displayName: String) throws(AudioError) {
        var stream = MatroskaSound(child)
        guard let first = try stream.next() else {
            let (status, words) = child.finish()
            if stream.sampleRate > 0, status == 0 {
                throw AudioError(.noAudio, path: displayName, "there is a header (\(container.name)), but no sound behind it")
            }
            guard status != 0 || words.contains("Output #") else {
                throw AudioError(.childFailed, path: displayName, "ffmpeg gave something other than the sound asked for")
            }
            throw FFmpegReport(words).openingError(status: status, containerName: container.name, displayName: displayName)
        }
        try AudioLimits.check(path: displayName, sampleRate: stream.sampleRate, channelCount: stream.channelCount)
        let report = FFmpegReport(child.errorText)
        self.container = container
        self.child = child
        self.displayName = displayName
        sampleRate = stream.sampleRate
        channelCount = stream.channelCount
        containerDescription = report.encoding.map { "\(container.name), \($0)" } ?? container.name
        expectedFrameCount = report.durationSeconds.map { [rate = stream.sampleRate] in Int($0 * Double(rate)) }
        if report.soundTrackCount > 1 {
            warnings.append("the file has \(report.soundTrackCount) sound tracks; only the first is read")
        }
        timeline = BlockTimeline(sampleRate: stream.sampleRate, startsAtZero: container.timeStartsAtZero)
        self.stream = stream
        if let encoding = report.encoding, UnsentSilence.codersWithDTX.contains(encoding) { silence = UnsentSilence() }
        take(first)
    }

    static func arguments(_ container: Container, range: Range<Int>? = nil, isArriving: Bool = false) -> [String] {
        let source =
            isArriving ? "pipe:0" : range.map { "subfile,,start,\($0.lowerBound),end,\($0.upperBound),,:file:/dev/stdin" } ?? "file:/dev/stdin"
        return [
            "-nostdin", "-hide_banner", "-nostats", "-loglevel", "info", "-threads", "1",
            // Times are wanted as the file has them: without this a late start is cut off.
            "-copyts", "-protocol_whitelist", range == nil ? "file,pipe" : "file,pipe,subfile", "-f", container.demuxer, "-i", source,
            "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1",
            "-c:a", "pcm_f32le", "-avoid_negative_ts", "disabled", "-f", "matroska",
        ]
            // What still comes in is to be heard as it comes, not five seconds at a time.
            + (isArriving ? ["-cluster_time_limit", "200", "-flush_packets", "1"] : []) + ["pipe:1"]
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

    func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioError) -> SourcePiece {
        guard !ended else { return .end }
        if block == nil {
            guard let next = try stream.next() else {
                try end()
                guard let frames = missingAtEnd() else { return .end }
                return .gap(frames: frames, .notSent)
            }
            take(next)
        }
        if let gap = pendingGap {
            pendingGap = nil
            return .gap(frames: gap.frames, gap.kind)
        }
        guard let current = block else { return .end }
        let frames = min(buffer.count / channelCount, current.frames - blockPosition)
        unsafe stream.copy(from: blockPosition * channelCount, into: buffer, count: frames * channelCount)
        blockPosition += frames
        soundFrames += frames
        if blockPosition == current.frames { block = nil }
        return .sound(frames: frames)
    }

    private func take(_ next: MatroskaSound.Block) {
        let gap = timeline.add(milliseconds: next.milliseconds, frames: next.frames)
        pendingGap = gap > 0 ? (gap, kind(ofGap: gap)) : nil
        silence?.add(power: stream.power(samples: next.frames * channelCount), seconds: Double(next.frames) / Double(sampleRate))
        block = next
        blockPosition = 0
    }

    private func kind(ofGap frames: Int) -> RecordingGap {
        let isUnsent = soundFrames == 0 || container.holdsNotSent || silence?.holds(gapSeconds: Double(frames) / Double(sampleRate)) ?? false
        return isUnsent ? .notSent : .lost
    }

    /// Frames that a codec did not send at the end, where the container counts them: there is no block behind them to tell.
    private func missingAtEnd() -> Int? {
        guard let seconds = container.exactSeconds, unheard == nil else { return nil }
        let missing = Int((seconds * Double(sampleRate)).rounded()) - timeline.frames
        return missing * 1000 > BlockTimeline.toleranceMilliseconds * sampleRate ? missing : nil
    }

    private func end() throws(AudioError) {
        ended = true
        let (status, errorText) = child.finish()
        let report = FFmpegReport(errorText)
        let heard = Double(timeline.frames) / Double(sampleRate)
        if timeline.ignoredJumps > 0 {
            let hours = BlockTimeline.mostGapSeconds / 3600
            warnings.append("its times jump by more than \(hours) hours, so often: \(timeline.ignoredJumps); that is taken as damage, not as gaps")
        }
        if status == 0 {
            // 0.4 s: encoder delay makes honest files shorter than they say.
            if container.statesItsLength || container.isCutOff, let promised = report.durationSeconds,
                let warning = HeaderPromise.truncationWarning(promised: promised, present: heard + (container.isCutOff ? 0 : 0.4))
            {
                warnings.append(warning)
            } else if container.isCutOff {
                warnings.append("truncated: the file ends before its header says; what is there was read")
            }
            return
        }
        let missing = report.durationSeconds.flatMap { $0 > heard ? $0 - heard : nil }
        unheard = UnheardSound(seconds: missing)
        warnings.append(
            "damaged: ffmpeg stopped after \(Int(heard)) s (\(report.reason(status: status))); what came before it was read, "
                + "\(UnheardSound(seconds: missing).text) was not")
    }
}
