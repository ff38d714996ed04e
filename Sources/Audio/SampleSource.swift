/// Why a recording holds no sound for a stretch of its time.
public enum RecordingGap: Sendable, Equatable {
    /// Sound that was there once and is not here, or cannot be decoded: it counts against the line.
    case lost
    /// Nothing was recorded: the track begins late, or the sender's codec had nothing to send (DTX).
    case notSent
}

/// Sound that is in the file and was not heard. A verdict on the rest would be a verdict on a part.
public struct UnheardSound: Sendable, Equatable {
    /// Its length; nil where that is not known.
    public var seconds: Double?

    public init(seconds: Double?) { self.seconds = seconds }

    /// Both of them: known only where both are.
    static func + (a: UnheardSound, b: UnheardSound) -> UnheardSound {
        UnheardSound(seconds: a.seconds.flatMap { x in b.seconds.map { x + $0 } })
    }

    /// `about 12 s`, or `an unknown length`.
    var text: String { seconds.map { "about \(HeaderPromise.duration($0))" } ?? "an unknown length" }
}

/// The next thing in a recording.
enum SourcePiece: Equatable {
    /// So many frames were filled in, at least one.
    case sound(frames: Int)
    /// So many frames, at least one, hold no sound; nothing was filled in.
    case gap(frames: Int, RecordingGap)
    case end
}

/// Something that yields interleaved samples block by block: a sound file, or a decoding child.
protocol SampleSource: AnyObject {
    var channelCount: Int { get }
    /// In Hz.
    var sampleRate: Int { get }
    /// What the header lets one expect; a hint, never a promise.
    var expectedFrameCount: Int? { get }
    /// One line for people: container and encoding.
    var containerDescription: String { get }
    /// What was odd about it so far; complete after the end was reached.
    var warnings: [String] { get }
    /// What of it could not be heard so far; nil where everything was.
    var unheard: UnheardSound? { get }
    /// Fills up to `buffer.count / channelCount` frames, or says what is there instead.
    func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioError) -> SourcePiece
}
