import CSndfile
import Glibc
import Testing

@testable import Audio

/// A folder of its own for one test, removed with everything in it when dropped.
final class TemporaryFolder {
    let path: String

    init() {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/falsetto-test-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    deinit { _ = run("/bin/rm", ["-rf", path]) }

    func write(_ bytes: [UInt8], to name: String) -> String {
        let file = path + "/" + name
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        precondition(descriptor >= 0 && Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
        return file
    }

    func write(_ text: String, to name: String) -> String { write(Array(text.utf8), to: name) }

    func script(_ text: String, name: String) -> String {
        let file = write("#!/bin/sh\n" + text + "\n", to: name)
        chmod(file, 0o755)
        return file
    }
}

/// Starts a program with its errors thrown away and its output too, unless `output` is given; 0 when it cannot be started.
func start(_ program: String, _ arguments: [String], output: Int32? = nil) -> pid_t {
    let all: [String] = [program] + arguments
    var words: [UnsafeMutablePointer<CChar>?] = all.map { strdup($0) }
    words.append(nil)
    defer { words.forEach { free($0) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    if let output {
        posix_spawn_file_actions_adddup2(&actions, output, 1)
    } else {
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    }
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var process: pid_t = 0
    return posix_spawn(&process, program, &actions, nil, &words, environ) == 0 ? process : 0
}

/// Runs a program to its end with its output thrown away; its exit status.
@discardableResult
func run(_ program: String, _ arguments: [String]) -> Int32 {
    let process = start(program, arguments)
    guard process > 0 else { return 127 }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
}

func installedFFmpeg() -> String? { ["/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg"].first { access($0, X_OK) == 0 } }

/// A sine of `frequency` Hz at half of full scale.
func tone(_ frequency: Double, seconds: Double, rate: Int) -> [Float] {
    (0..<Int(seconds * Double(rate))).map { Float(0.5 * sin(2 * .pi * frequency * Double($0) / Double(rate))) }
}

/// White noise at a quarter of full scale, the same each time.
func noise(_ count: Int, seed: UInt64 = 1) -> [Float] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max) * 0.25
    }
}

func interleave(_ channels: [[Float]]) -> [Float] {
    (0..<channels[0].count).flatMap { index in channels.map { $0[index] } }
}

/// A 16-bit PCM WAV whose header may say whatever a test wants it to.
func wav(
    _ channels: [[Float]], rate: Int, saysChannels: Int? = nil, saysRate: Int? = nil, saysDataBytes: UInt32? = nil
) -> [UInt8] {
    let data = interleave(channels).flatMap { little(UInt16(bitPattern: Int16($0 * 32_767)), 2) }
    let says = saysChannels ?? channels.count
    let saysRate = saysRate ?? rate
    let length = saysDataBytes ?? UInt32(data.count)
    let format = little(1, 2) + little(says, 2) + little(saysRate, 4) + little(saysRate * says * 2, 4) + little(says * 2, 2) + little(16, 2)
    return Array("RIFF".utf8) + little(Int(length) + 36, 4) + Array("WAVEfmt ".utf8) + little(16, 4) + format + Array("data".utf8) + little(length, 4)
        + data
}

/// A float WAV, one channel.
func floatWAV(_ samples: [Float], rate: Int) -> [UInt8] {
    let data = samples.flatMap { little($0.bitPattern, 4) }
    let format = little(3, 2) + little(1, 2) + little(rate, 4) + little(rate * 4, 4) + little(4, 2) + little(32, 2)
    return Array("RIFF".utf8) + little(data.count + 36, 4) + Array("WAVEfmt ".utf8) + little(16, 4) + format + Array("data".utf8)
        + little(data.count, 4) + data
}

func little(_ value: some BinaryInteger, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}

/// Writes a file with libsndfile in any format it can write.
func writeWithLibsndfile(_ channels: [[Float]], rate: Int, format: Int, to path: String) {
    var info = SF_INFO()
    info.samplerate = Int32(rate)
    info.channels = Int32(channels.count)
    info.format = Int32(truncatingIfNeeded: format)
    guard let handle = sf_open(path, Int32(SFM_WRITE), &info) else { fatalError(String(cString: sf_strerror(nil))) }
    let samples = interleave(channels)
    // libsndfile's Vorbis encoder overflows its stack on one huge write.
    let step = 4000 * channels.count
    samples.withUnsafeBufferPointer { buffer in
        for start in stride(from: 0, to: samples.count, by: step) {
            let frames = min(step, samples.count - start) / channels.count
            precondition(sf_writef_float(handle, buffer.baseAddress! + start, sf_count_t(frames)) == frames)
        }
    }
    sf_close(handle)
}

/// Everything in a recording, and what the reader said at its end.
struct WholeRecording {
    var channels: [[Float]]
    var sampleRate: Int
    var warnings: [String]
    var description: String
    var expectedFrameCount: Int?
    var unheard: UnheardSound?
    var gaps: [Gap] = []
    /// Of sound and gaps together.
    var frames = 0

    struct Gap: Equatable {
        var at: Int
        var frames: Int
        var kind: RecordingGap
    }

    init(_ path: String, raw: RawFormat? = nil, options: DecodingOptions = DecodingOptions(), blockFrames: Int = 1000) throws(AudioError) {
        var reader = try RecordingReader(path: path, raw: raw, options: options)
        try self.init(&reader, blockFrames: blockFrames)
    }

    init(_ reader: inout RecordingReader, blockFrames: Int = 1000) throws(AudioError) {
        channels = [[Float]](repeating: [], count: reader.channelCount)
        var block: [[Float]] = []
        reading: while true {
            switch try reader.next(upTo: blockFrames, into: &block) {
            case .sound(let count):
                for channel in channels.indices { channels[channel] += block[channel] }
                frames += count
            case .gap(let count, let kind):
                gaps.append(Gap(at: frames, frames: count, kind: kind))
                frames += count
            case .end: break reading
            }
        }
        unheard = reader.unheard
        sampleRate = reader.sampleRate
        warnings = reader.warnings
        description = reader.containerDescription
        expectedFrameCount = reader.expectedFrameCount
    }
}

/// The frequency of a clean tone, from its upward zero crossings.
func frequency(of samples: [Float], rate: Int) -> Double {
    let middle = Array(samples[samples.count / 4..<samples.count * 3 / 4])
    let crossings = zip(middle, middle.dropFirst()).count { $0 < 0 && $1 >= 0 }
    return Double(crossings) * Double(rate) / Double(middle.count)
}

/// The error that opening and reading `path` to its end ends with; nil when it can be read.
func failure(_ path: String, raw: RawFormat? = nil, options: DecodingOptions = DecodingOptions()) -> AudioError? {
    do throws(AudioError) {
        _ = try WholeRecording(path, raw: raw, options: options)
        return nil
    } catch {
        return error
    }
}

/// Says aloud that a test could not run here.
func skip(_ reason: String) { print("SKIPPED: \(reason)") }
