import CALSA
import Foundation

/// A short, quiet tone played through an ALSA PCM, for the ear of whoever holds the telephone.
///
/// Three pulses of 90 ms at 1 kHz, their edges of 8 ms without a click: heard beside a voice, over before it covers a word.
@safe public struct Tone: Sendable, Equatable {
    public static let sampleRate = 48_000
    static let hertz = 1000.0
    static let pulseSeconds = 0.09
    static let pauseSeconds = 0.07
    static let edgeSeconds = 0.008
    static let pulses = 3

    /// A PCM's name, as `default` or `plughw:1,0`.
    public var device: String
    /// Of the sine's root mean square, relative to that of a full-scale sine; never above `loudestDBFS`.
    public var levelDBFS: Double

    /// A tone in somebody's ear is never loud.
    public static let loudestDBFS = -12.0

    public init(device: String, levelDBFS: Double = -30) {
        self.device = device
        self.levelDBFS = min(levelDBFS, Self.loudestDBFS)
    }

    /// One channel, 16 bits.
    public var samples: [Int16] {
        let amplitude = 32_767 * pow(10, levelDBFS / 20)
        let rate = Double(Self.sampleRate)
        let (pulse, pause) = (Int(Self.pulseSeconds * rate), Int(Self.pauseSeconds * rate))
        let edge = Self.edgeSeconds * rate
        let one = (0..<pulse).map { index -> Int16 in
            let rise = min(1, Double(index) / edge, Double(pulse - 1 - index) / edge)
            return Int16((amplitude * 0.5 * (1 - cos(.pi * rise)) * sin(2 * .pi * Self.hertz * Double(index) / rate)).rounded())
        }
        let silence = [Int16](repeating: 0, count: pause)
        return (0..<Self.pulses).flatMap { one + ($0 < Self.pulses - 1 ? silence : []) }
    }

    /// Plays it and returns when it was heard. Waits for the device, about half a second.
    /// - Parameter configuration: libasound's, as text; nil for the system's.
    /// - Throws: `CaptureError`.
    public func play(configuration: String? = nil) throws(CaptureError) {
        ALSALibrary.listen()
        let handle = try PCMHandle(device: device, configuration: configuration, stream: SND_PCM_STREAM_PLAYBACK)
        // Opened without waiting, so that a busy device is said to be busy; from here on it may wait for the samples to go out.
        try unsafe checked(snd_pcm_nonblock(handle.pointer, 0), "play", device: device)
        try unsafe checked(
            snd_pcm_set_params(handle.pointer, SND_PCM_FORMAT_S16_LE, SND_PCM_ACCESS_RW_INTERLEAVED, 1, UInt32(Self.sampleRate), 1, 100_000), "play",
            device: device)
        var left = samples[...]
        while !left.isEmpty {
            let written = unsafe left.withUnsafeBytes { unsafe snd_pcm_writei(handle.pointer, $0.baseAddress, UInt(left.count)) }
            if written < 0 {
                // One that starved goes on; any other error is one.
                try unsafe checked(snd_pcm_recover(handle.pointer, Int32(written), 1), "play", device: device)
                continue
            }
            left = left.dropFirst(written)
        }
        try unsafe checked(snd_pcm_drain(handle.pointer), "play", device: device)
    }
}
