import Alerting
import Audio
import Crypto
import Foundation
import Text

/// What a recording is, for whoever has to find the very one again that a result is of.
public struct RecordingFacts: Sendable, Equatable {
    /// Over the file's bytes, 64 hexadecimal digits; nil for what cannot be read a second time.
    public var sha256: String?
    /// Container and encoding in one line, such as `WAV (Microsoft), U-Law`.
    public var codec: String
    /// In Hz.
    public var sampleRate: Int
    public var channels: Int

    public init(sha256: String?, codec: String, sampleRate: Int, channels: Int) {
        self.sha256 = sha256
        self.codec = codec
        self.sampleRate = sampleRate
        self.channels = channels
    }

    /// The SHA-256 of a file's bytes; nil when it is no regular file or cannot be read to its end.
    public static func sha256(ofFile path: String) -> String? {
        // Asked of the file itself: the copy of standard input has no name that a link could be followed to.
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, let file = FileHandle(forReadingAtPath: path) else { return nil }
        var hash = SHA256()
        do {
            while let block = try file.read(upToCount: 1 << 20), !block.isEmpty { hash.update(data: block) }
        } catch { return nil }
        return hash.finalize().hexadecimal
    }
}

extension RecordingSource {
    /// Of what was read; of standard input, of the bytes that came.
    var sha256: String? {
        switch self {
        case .path(let path, _): RecordingFacts.sha256(ofFile: path)
        case .standardInput(let spool, _): RecordingFacts.sha256(ofFile: spool.path)
        }
    }

    /// One channel of the recording as a WAV that a page can play, in line time: gaps are silence.
    ///
    /// - Parameters:
    ///   - channel: from 0.
    ///   - limitBytes: of the WAV.
    /// - Returns: nil where it would be larger.
    /// - Throws: `AudioError`, as reading does.
    public func playable(channel: Int, limitBytes: Int) throws(AudioError) -> [UInt8]? {
        var reader = try open()
        // What is above 16 kHz nobody screens, and pages are large enough.
        let rate = min(reader.sampleRate, LegTime.sampleRate)
        var resampler = try Resampler(from: reader.sampleRate, to: rate)
        var samples: [Float] = []
        var block: [[Float]] = []
        reading: while true {
            switch try reader.next(upTo: 16_384, into: &block) {
            case .sound: resampler.push(block[channel], into: &samples)
            case .gap(let frames, _): resampler.push([Float](repeating: 0, count: frames), into: &samples)
            case .end: break reading
            }
            if 2 * samples.count > limitBytes { return nil }
        }
        resampler.finish(into: &samples)
        return PCMWave.bytes(samples, sampleRate: rate)
    }
}
