/// Several recordings of one file, or several pieces of sound of one recording, read in turn as one.
///
/// What has another rate than the first is brought to that. What has another number of channels cannot go on in its channels: it is not heard,
/// and said so.
final class JoinedSource: SampleSource {
    let channelCount: Int
    let sampleRate: Int
    let expectedFrameCount: Int?
    let containerDescription: String
    private(set) var warnings: [String]
    private(set) var unheard: UnheardSound?

    private var current: (any SampleSource)?
    private let parts: RecordingParts
    private var index = 0

    init(_ parts: RecordingParts) throws(AudioError) {
        let first = try parts.open(0)
        current = first
        self.parts = parts
        (channelCount, sampleRate, containerDescription) = (first.channelCount, first.sampleRate, first.containerDescription)
        expectedFrameCount = nil
        warnings = ["the file holds \(parts.count) recordings one behind the other; they are read in turn"]
    }

    func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioError) -> SourcePiece {
        while let source = current {
            let piece = try unsafe source.read(into: buffer)
            guard piece == .end else { return piece }
            close(source)
            if let frames = advance() { return .gap(frames: frames, .lost) }
        }
        return .end
    }

    private func close(_ source: any SampleSource) {
        for warning in source.warnings where !warnings.contains(warning) { warnings.append(warning) }
        if let more = source.unheard { unheard = unheard.map { $0 + more } ?? more }
        current = nil
    }

    /// Goes on to the next part. Returns how long a part is that cannot be heard, in frames.
    private func advance() -> Int? {
        guard index + 1 < parts.count else { return nil }
        index += 1
        do throws(AudioError) {
            let source = try parts.open(index)
            if source.channelCount == channelCount {
                current = source.sampleRate == sampleRate ? source : ResampledSource(source, to: sampleRate)
                if source.sampleRate != sampleRate {
                    warnings.append("part \(index + 1) of \(parts.count) is at \(source.sampleRate) Hz; it is heard at the first's \(sampleRate)")
                }
                return nil
            }
            // The next part's turn comes all the same.
            current = EmptySource(like: self)
            let seconds = source.expectedFrameCount.map { Double($0) / Double(max(1, source.sampleRate)) }
            return skip(seconds, "has \(source.channelCount) channels at \(source.sampleRate) Hz, the first \(channelCount) at \(sampleRate)")
        } catch {
            current = EmptySource(like: self)
            return skip(nil, error.problem)
        }
    }

    private func skip(_ seconds: Double?, _ reason: String) -> Int? {
        let missing = UnheardSound(seconds: seconds)
        unheard = unheard.map { $0 + missing } ?? missing
        warnings.append("part \(index + 1) of \(parts.count) was not heard, \(missing.text): it \(reason)")
        return seconds.flatMap { $0 > 0 && $0 < 1e6 ? Int($0 * Double(sampleRate)) : nil }
    }

    /// Stands in for a part that is not heard.
    private final class EmptySource: SampleSource {
        let channelCount: Int, sampleRate: Int
        let expectedFrameCount: Int? = nil
        let containerDescription = ""
        let warnings: [String] = []
        let unheard: UnheardSound? = nil

        init(like other: JoinedSource) { (channelCount, sampleRate) = (other.channelCount, other.sampleRate) }

        func read(into buffer: UnsafeMutableBufferPointer<Float>) -> SourcePiece { .end }
    }
}
