/// What the decoding child may be and do. The defaults suit every caller but tests and unusual machines.
public struct DecodingOptions: Sendable, Equatable {
    /// The ffmpeg to run; nil for the first one in the search path.
    public var ffmpegPath: String?
    /// A child that gives no sound for this long while sound is waited for is ended.
    public var hangSeconds: Double
    /// Folders to look for ffmpeg in, separated by colons; nil for the environment's PATH.
    public var searchPath: String?

    public init(ffmpegPath: String? = nil, hangSeconds: Double = 8, searchPath: String? = nil) {
        self.ffmpegPath = ffmpegPath
        self.hangSeconds = hangSeconds
        self.searchPath = searchPath
    }
}
