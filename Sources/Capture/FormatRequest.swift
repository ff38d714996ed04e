import Audio
import Text

/// What to ask a device for; what is nil is chosen by what the device can do.
public struct FormatRequest: Sendable, Equatable {
    /// In Hz; nil for 16 kHz where the device takes it, else its nearest higher rate, else its highest.
    public var sampleRate: Int?
    /// Nil for one channel, else as few as the device can do.
    public var channelCount: Int?
    /// Nil for the first of S16, S32, float that the device can do.
    public var encoding: SampleEncoding?

    public init(sampleRate: Int? = nil, channelCount: Int? = nil, encoding: SampleEncoding? = nil) {
        self.sampleRate = sampleRate
        self.channelCount = channelCount
        self.encoding = encoding
    }

    /// The rate that the classifier hears at.
    static let preferredRate = ScreeningRate.hertz
    /// How much the device's buffer is to hold, in microseconds: the time that a reader may be late.
    static let bufferMicroseconds = 200_000

    /// How long a period is to last with a buffer of some length, in microseconds.
    ///
    /// A period is the delay that capturing adds at most, and each wakes two threads: at 40 ms an alert came some 30 ms later than at 10 ms
    /// (`falsetto benchmark`), a small part of a hop, and a call costs a third of the wakes. Of a short buffer three quarters stay for a late reader.
    package static func periodMicroseconds(ofBuffer microseconds: Int) -> Int { min(40_000, microseconds / 4) }
}
