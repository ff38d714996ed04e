/// A recording brought to another sample rate as it is read. Its gaps keep their length in time.
final class ResampledSource: SampleSource {
    let channelCount: Int
    let sampleRate: Int
    let expectedFrameCount: Int?
    var containerDescription: String { source.containerDescription }
    var warnings: [String] { source.warnings }
    var unheard: UnheardSound? { source.unheard }

    private let source: any SampleSource
    private var channels: [Channel]
    /// What comes behind the frames that wait.
    private var next: SourcePiece?
    private var input: [Float]

    private static let framesAtATime = 4096

    init(_ source: any SampleSource, to sampleRate: Int) {
        self.source = source
        self.sampleRate = sampleRate
        channelCount = source.channelCount
        expectedFrameCount = source.expectedFrameCount.map { Int(Double($0) * Double(sampleRate) / Double(max(1, source.sampleRate))) }
        channels = (0..<source.channelCount).map { _ in Channel() }
        input = [Float](repeating: 0, count: Self.framesAtATime * source.channelCount)
    }

    func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioError) -> SourcePiece {
        while true {
            let frames = unsafe give(into: buffer)
            if frames > 0 { return .sound(frames: frames) }
            if let piece = next {
                if piece != .end { next = nil }
                return piece
            }
            try take()
        }
    }

    private func take() throws(AudioError) {
        let piece: SourcePiece
        do {
            var input = input
            piece = try unsafe input.withUnsafeMutableBufferPointer { buffer throws(AudioError) in try unsafe source.read(into: buffer) }
            self.input = input
        }
        guard case .sound(let frames) = piece else {
            for channel in channels { channel.finish() }
            next = piece
            if case .gap(let frames, let kind) = piece {
                let length = Int((Double(frames) * Double(sampleRate) / Double(source.sampleRate)).rounded())
                next = length > 0 ? .gap(frames: length, kind) : nil
            }
            return
        }
        for (index, channel) in channels.enumerated() {
            let samples = stride(from: index, to: frames * channelCount, by: channelCount).map { input[$0] }
            try channel.push(samples, from: source.sampleRate, to: sampleRate)
        }
    }

    private func give(into buffer: UnsafeMutableBufferPointer<Float>) -> Int {
        let frames = min(buffer.count / channelCount, channels.map(\.waiting.count).min() ?? 0)
        for (index, channel) in channels.enumerated() {
            for frame in 0..<frames { unsafe buffer[frame * channelCount + index] = channel.waiting[channel.waiting.startIndex + frame] }
            channel.waiting.removeFirst(frames)
        }
        return frames
    }

    /// A class, because an array holds nothing that cannot be copied.
    private final class Channel {
        private var resampler: Resampler?
        var waiting: [Float] = []

        func push(_ samples: [Float], from rate: Int, to other: Int) throws(AudioError) {
            if resampler == nil { resampler = try Resampler(from: rate, to: other) }
            resampler?.push(samples, into: &waiting)
        }

        /// The next sound is none that goes on from here.
        func finish() {
            resampler?.finish(into: &waiting)
            resampler = nil
        }
    }
}
