/// A stretch of a leg that was not heard, or a moment at which something about it changed; exact to the sample.
public struct Mark: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Samples the card or the machine lost.
        case overrun, dropped
        /// The device was gone, or gave nothing.
        case deviceGone, noData
        /// The operator had said not to listen.
        case paused
        /// The device came back, perhaps at another rate: no length of its own.
        case reopened
        /// From here on the machine's voice had said what it is.
        case disclosed
        /// Heard and screened, but not stored: the disk was full.
        case notStored
    }

    public var kind: Kind
    /// Hops of the track before it; `CallRecorder` fills it in.
    public package(set) var hop: Int
    /// At 16 kHz, from the start of the leg.
    public var startSample: Int
    public var sampleCount: Int
    /// The same in frames of the line's own rate; nil where the line has no part in it.
    public var startFrame: Int?
    public var frameCount: Int?
    /// The line's rate from here on, in Hz.
    public var sampleRate: Int?

    public init(
        _ kind: Kind, hop: Int = 0, startSample: Int, sampleCount: Int = 0, startFrame: Int? = nil, frameCount: Int? = nil,
        sampleRate: Int? = nil
    ) {
        self.kind = kind
        self.hop = hop
        self.startSample = startSample
        self.sampleCount = sampleCount
        self.startFrame = startFrame
        self.frameCount = frameCount
        self.sampleRate = sampleRate
    }
}
