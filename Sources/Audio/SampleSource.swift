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
    /// Fills up to `buffer.count / channelCount` frames and returns how many; 0 at the end.
    func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioError) -> Int
}
