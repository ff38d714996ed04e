import Audio

/// An open line of sound: what the reading thread needs to know of a device, so that a stand-in can take a card's place.
///
/// All of it is called on the reading thread alone.
public protocol PCMStream: ~Copyable, SendableMetatype {
    var format: SampleFormat { get }
    /// Frames that arrive at a time; a good size to read.
    var periodFrames: Int { get }
    /// Whether it runs on by itself and loses what is not read in time. A file does not: it waits for its reader.
    var isLive: Bool { get }

    /// Waits until something can be read.
    mutating func wait(milliseconds: Int) -> Readiness
    /// Reads up to `buffer.count / format.bytesPerFrame` frames. Called until it returns `.nothing`.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Reading
}

public enum Readiness: Sendable, Equatable {
    case ready
    /// Nothing came in that time.
    case nothing
}

/// What one read brought.
public enum Reading: Sendable, Equatable {
    case frames(Int)
    case nothing
    /// So many frames came in and were overwritten before they were read; the stream runs on.
    case overwritten(Int)
    /// The stream stopped and was started again: what was lost, the clock must say.
    case restarted(GapCause)
    case gone(CaptureError)
}

/// Why samples are missing.
public enum GapCause: String, Sendable, Codable, CaseIterable {
    /// The device's own buffer ran over.
    case overrun
    /// The ring between the reading thread and the screener was full.
    case dropped
    /// The machine slept.
    case suspended
    /// The device was unplugged, or its sound server went away.
    case deviceGone
    /// The device was there and delivered nothing.
    case noData
    /// Screening was paused: nothing was heard.
    case paused
}
