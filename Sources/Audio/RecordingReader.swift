/// A recording, read block by block: any container, any encoding, one array of samples a channel.
///
/// Memory is bounded by the block whatever the recording's length. The same path can be opened any number of times, and
/// yields the same samples. What the header says about the length is a hint; reading ends where the sound ends.
/// Samples are floats with full scale at ±1.
public struct RecordingReader: ~Copyable {
    public var channelCount: Int { source.channelCount }
    /// In Hz, within `AudioLimits.sampleRates`.
    public var sampleRate: Int { source.sampleRate }
    /// For progress only; nil where nothing plausible is known.
    public var expectedFrameCount: Int? { source.expectedFrameCount }
    /// One line for people, such as `WAV (Microsoft), U-Law`.
    public var containerDescription: String { source.containerDescription }
    /// Frames given out so far, gaps among them.
    public private(set) var framesRead = 0
    /// Samples that were not finite and were replaced by silence so far.
    public private(set) var replacedSampleCount: Int

    /// Sound that is in the file and was not heard; complete once the end was reached. Nil where all of it was.
    public var unheard: UnheardSound? { source.unheard }

    /// What was odd about the recording, each one line; complete once `read` has returned 0.
    public var warnings: [String] {
        var all = openingWarnings + source.warnings
        if lostFrames > 0 || notSentFrames > 0 {
            all += [
                lostFrames > 0 ? "\(seconds(lostFrames)) of its time hold no sound: lost or not decodable" : nil,
                notSentFrames > 0 ? "\(seconds(notSentFrames)) of its time were never recorded or sent" : nil,
            ].compactMap { $0 }
        }
        if replacedSampleCount > 0 {
            all.append("\(replacedSampleCount) samples were not finite numbers and count as silence")
        }
        return all
    }

    private let source: any SampleSource
    private let openingWarnings: [String]
    /// Interleaved samples of one block of the source.
    private var block: [Float]
    /// Frames of `block` that are filled, and how many of them were given out.
    private var blockFrames: Int
    private var blockPosition = 0
    /// What follows the block's frames, where that is known already.
    private var ahead: SourcePiece?
    private var lostFrames = 0
    private var notSentFrames = 0

    /// Frames read from the source at a time.
    private static let framesPerBlock = 4096

    /// Opens the recording at `path`.
    ///
    /// With `raw`, the file is taken as headerless whatever it begins with. Otherwise its first bytes decide, then, where they
    /// are of no known kind, an Asterisk suffix.
    /// Throws: `AudioError`, also when there is not a single sample in it.
    public init(path: String, raw: RawFormat? = nil, options: DecodingOptions = DecodingOptions()) throws(AudioError) {
        let file = try FileHandle(readingRegularFile: path, displayName: path)
        try self.init(file, displayName: path, raw: raw, options: options)
    }

    /// Opens what came in through standard input.
    public init(spool: StandardInputSpool, raw: RawFormat? = nil, options: DecodingOptions = DecodingOptions()) throws(AudioError) {
        try self.init(try spool.reopened(), displayName: StandardInputSpool.displayName, raw: raw, options: options)
    }

    private init(_ file: FileHandle, displayName: String, raw: RawFormat?, options: DecodingOptions) throws(AudioError) {
        guard file.byteCount > 0 else { throw AudioError(.empty, path: displayName, "the file is empty") }
        let (source, warnings) = try RecordingReader.openSource(file, displayName: displayName, raw: raw, options: options)
        try self.init(source, displayName: displayName, warnings: warnings)
    }

    init(_ source: any SampleSource, displayName: String, warnings: [String]) throws(AudioError) {
        try AudioLimits.check(path: displayName, sampleRate: source.sampleRate, channelCount: source.channelCount)
        var block = [Float](repeating: 0, count: RecordingReader.framesPerBlock * source.channelCount)
        // The first sound is looked for here, so that a recording without any is refused before anything is begun.
        let first = try RecordingReader.fill(&block, from: source)
        guard first.piece != .end else {
            throw AudioError(.noAudio, path: displayName, "there is a header (\(source.containerDescription)), but no sound behind it")
        }
        self.source = source
        openingWarnings = warnings
        self.block = block
        if case .sound(let frames) = first.piece {
            blockFrames = frames
        } else {
            blockFrames = 0
            ahead = first.piece
        }
        replacedSampleCount = first.replaced
    }

    /// One piece of a recording, as `next` gives it.
    public enum Piece: Sendable, Equatable {
        /// So many frames of sound, at least one.
        case sound(frames: Int)
        /// So many frames of time without sound, at least one.
        case gap(frames: Int, RecordingGap)
        case end
    }

    /// The next piece: up to `frames` frames of sound, one array a channel, or a gap in time, or the end.
    ///
    /// Afterwards `channels` holds `channelCount` arrays, each as long as the sound, empty for a gap and at the end. Pass the
    /// same variable again and nothing is allocated. Throws: `AudioError` when the decoding child fails or hangs before any
    /// sound came, or hangs later.
    public mutating func next(upTo frames: Int, into channels: inout [[Float]]) throws(AudioError) -> Piece {
        precondition(frames > 0, "at least one frame has to be asked for")
        if channels.count != channelCount { channels = [[Float]](repeating: [], count: channelCount) }
        for channel in channels.indices { channels[channel].removeAll(keepingCapacity: true) }
        var given = 0
        while given < frames {
            if blockPosition == blockFrames {
                switch try advance() {
                case .sound: break
                case .gap(let count, let kind):
                    // What was gathered goes out first; the gap is next.
                    if given > 0 {
                        ahead = .gap(frames: count, kind)
                        framesRead += given
                        return .sound(frames: given)
                    }
                    framesRead += count
                    if kind == .lost { lostFrames += count } else { notSentFrames += count }
                    return .gap(frames: count, kind)
                case .end:
                    framesRead += given
                    return given > 0 ? .sound(frames: given) : .end
                }
            }
            let count = min(frames - given, blockFrames - blockPosition)
            deinterleave(count, into: &channels)
            blockPosition += count
            given += count
        }
        framesRead += given
        return .sound(frames: given)
    }

    /// The sound alone, without its gaps: for comparisons that time means nothing to. How many frames; 0 at the end.
    public mutating func read(upTo frames: Int, into channels: inout [[Float]]) throws(AudioError) -> Int {
        while true {
            switch try next(upTo: frames, into: &channels) {
            case .sound(let frames): return frames
            case .gap: continue
            case .end: return 0
            }
        }
    }

    /// Fills the block anew, or says what is there in its place.
    private mutating func advance() throws(AudioError) -> SourcePiece {
        if let known = ahead {
            if known != .end { ahead = nil }
            return known
        }
        let filled = try RecordingReader.fill(&block, from: source)
        replacedSampleCount += filled.replaced
        if case .sound(let frames) = filled.piece {
            blockFrames = frames
            blockPosition = 0
        } else if filled.piece == .end {
            ahead = .end
        }
        return filled.piece
    }

    private func seconds(_ frames: Int) -> String { HeaderPromise.duration(Double(frames) / Double(max(1, sampleRate))) }

    private func deinterleave(_ count: Int, into channels: inout [[Float]]) {
        let stride = channelCount
        for channel in 0..<stride {
            var index = blockPosition * stride + channel
            if stride == 1 {
                channels[0].append(contentsOf: block[index..<index + count])
                return
            }
            channels[channel].reserveCapacity(channels[channel].count + count)
            for _ in 0..<count {
                channels[channel].append(block[index])
                index += stride
            }
        }
    }

    private static func fill(_ block: inout [Float], from source: any SampleSource) throws(AudioError) -> (piece: SourcePiece, replaced: Int) {
        let piece = try unsafe block.withUnsafeMutableBufferPointer { buffer throws(AudioError) in
            try unsafe source.read(into: buffer)
        }
        var replaced = 0
        guard case .sound(let frames) = piece else { return (piece, 0) }
        for index in 0..<frames * source.channelCount where !block[index].isFinite {
            block[index] = 0
            replaced += 1
        }
        return (piece, replaced)
    }
}
