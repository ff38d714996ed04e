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
    /// How long a period lasts and how much the device's buffer holds, in microseconds. A period is the delay that capturing adds; the
    /// buffer is the time that a reader may be late.
    static let periodMicroseconds: UInt32 = 10_000
    static let bufferMicroseconds: UInt32 = 200_000
}
