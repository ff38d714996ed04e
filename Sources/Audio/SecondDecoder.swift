/// A recording that libsndfile opens, and that ffmpeg takes over where libsndfile gives up: behind damage there may be more sound.
final class SecondDecoder: SampleSource {
    let channelCount: Int
    let sampleRate: Int
    let expectedFrameCount: Int?
    let containerDescription: String

    private let first: SoundFile
    private let parts: RecordingParts
    private let index: Int
    private var second: FFmpegDecoder?
    private var framesRead = 0
    /// Frames of the second decoder that the first has given already.
    private var framesToSkip = 0

    init(_ first: SoundFile, _ parts: RecordingParts, _ index: Int) {
        (self.first, self.parts, self.index) = (first, parts, index)
        (channelCount, sampleRate) = (first.channelCount, first.sampleRate)
        (expectedFrameCount, containerDescription) = (first.expectedFrameCount, first.containerDescription)
    }

    var warnings: [String] {
        guard let second, hasFoundMore else { return first.warnings }
        return ["damaged: libsndfile stopped after \(framesAtSwitch / max(1, sampleRate)) s; ffmpeg read on from there"] + second.warnings
    }

    var unheard: UnheardSound? { hasFoundMore ? second?.unheard : first.unheard }

    private var framesAtSwitch = 0
    /// Sound that the first did not give.
    private var hasFoundMore = false

    private func ffmpeg() -> FFmpegDecoder? {
        guard let decoder = try? parts.ffmpeg(index), decoder.channelCount == channelCount, decoder.sampleRate == sampleRate else { return nil }
        return decoder
    }

    func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioError) -> SourcePiece {
        if second == nil {
            let piece: SourcePiece
            do throws(AudioError) { piece = try unsafe first.read(into: buffer) } catch {
                // Opened, and not a single sample: what the first has to say stands where the second cannot help either.
                guard let decoder = ffmpeg() else { throw error }
                second = decoder
                return try unsafe read(into: buffer)
            }
            if case .sound(let frames) = piece { framesRead += frames }
            guard piece == .end, first.stoppedShort, let decoder = ffmpeg() else { return piece }
            second = decoder
            framesToSkip = framesRead
            framesAtSwitch = framesRead
        }
        while let second {
            switch try unsafe second.read(into: buffer) {
            case .end: return .end
            case .gap(let frames, let kind):
                let skipped = min(frames, framesToSkip)
                framesToSkip -= skipped
                // Where the second finds nothing more either, its gaps tell nothing.
                if frames > skipped { return .gap(frames: frames - skipped, kind) }
            case .sound(let frames):
                let skipped = min(frames, framesToSkip)
                framesToSkip -= skipped
                guard frames > skipped else { continue }
                hasFoundMore = true
                if skipped > 0 {
                    let samples = (frames - skipped) * channelCount
                    unsafe buffer.baseAddress!.update(from: buffer.baseAddress! + skipped * channelCount, count: samples)
                }
                return .sound(frames: frames - skipped)
            }
        }
        return .end
    }
}
