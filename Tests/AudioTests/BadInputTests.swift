import CSndfile
import Foundation
import Glibc
import Testing
import Text

@testable import Audio

/// Every error is held to its kind and to being one line that names the path.
func expectFailure(
    _ path: String, _ kind: AudioError.Kind, says words: String, raw: RawFormat? = nil, options: DecodingOptions = DecodingOptions(),
    at location: SourceLocation = #_sourceLocation
) {
    guard let error = failure(path, raw: raw, options: options) else {
        Issue.record("it could be read", sourceLocation: location)
        return
    }
    #expect(error.kind == kind, "\(error)", sourceLocation: location)
    #expect(error.description.contains(words), "\(error)", sourceLocation: location)
    #expect(error.description.hasPrefix(path.escapedForTerminal + ": "), sourceLocation: location)
    #expect(!error.description.contains { $0.isNewline }, sourceLocation: location)
}

@Suite("Bad input")
struct BadInputTests {
    let folder = TemporaryFolder()
    /// No ffmpeg, so that each verdict is this program's own.
    let alone = DecodingOptions(searchPath: "/nonexistent")

    @Test("An empty file is an error")
    func empty() {
        expectFailure(folder.write([UInt8](), to: "empty.wav"), .empty, says: "the file is empty")
        expectFailure(folder.write([UInt8](), to: "empty.ulaw"), .empty, says: "the file is empty")
    }

    @Test("A header without sound is an error")
    func headerOnly() {
        let whole = wav([[]], rate: 8000)
        expectFailure(folder.write(whole, to: "header.wav"), .noAudio, says: "no sound behind it", options: alone)
        let flac = folder.path + "/header.flac"
        writeWithLibsndfile([noise(8000)], rate: 8000, format: Int(SF_FORMAT_FLAC) | Int(SF_FORMAT_PCM_16), to: flac)
        let bytes = FileBytes(flac)
        var end = 4, isLast = false
        while !isLast {
            isLast = bytes[end] & 0x80 != 0
            end += 4 + Int(bytes[end + 1]) << 16 + Int(bytes[end + 2]) << 8 + Int(bytes[end + 3])
        }
        expectFailure(folder.write(Array(bytes[..<end]), to: "header.flac"), .noAudio, says: "no sound behind it", options: alone)
    }

    @Test("A header that ends before the sound begins is an error", arguments: [4, 12, 20, 30, 43])
    func cutHeader(count: Int) {
        let error = failure(folder.write(Array(wav([noise(100)], rate: 8000).prefix(count)), to: "cut.wav"), options: alone)
        let kind = error?.kind
        #expect(kind == .damagedHeader || kind == .noAudio || (count == 4 && kind == .notAudio), "\(error as Any)")
    }

    @Test("A truncated WAV is read as far as it goes, with a warning that says how far")
    func truncated() throws {
        let bytes = wav([noise(8000 * 12)], rate: 8000, saysDataBytes: 3600 * 16_000)
        let recording = try WholeRecording(folder.write(bytes, to: "cut.wav"))
        #expect(recording.channels[0].count == 8000 * 12)
        #expect(recording.warnings == ["truncated: the header promises 3600 s, 12.0 s are there"])
    }

    @Test("A truncated FLAC is read as far as it goes, with a warning")
    func truncatedFLAC() throws {
        let path = folder.path + "/whole.flac"
        writeWithLibsndfile([noise(80_000)], rate: 8000, format: Int(SF_FORMAT_FLAC) | Int(SF_FORMAT_PCM_16), to: path)
        let bytes = FileBytes(path)
        let recording = try WholeRecording(folder.write(Array(bytes.prefix(bytes.count / 2)), to: "cut.flac"))
        #expect((30_000...45_000).contains(recording.channels[0].count))
        #expect(recording.warnings.count == 1)
        #expect(recording.warnings[0].contains("truncated") || recording.warnings[0].contains("damaged"), "\(recording.warnings)")
    }

    @Test("A FLAC that promises more than it holds, and ends cleanly, is read with a warning")
    func overstatedFLAC() throws {
        let path = folder.path + "/whole.flac"
        writeWithLibsndfile([noise(96_000)], rate: 8000, format: Int(SF_FORMAT_FLAC) | Int(SF_FORMAT_PCM_16), to: path)
        var bytes = FileBytes(path)
        // STREAMINFO's count of samples: the last 32 of its 36 bits.
        bytes.replaceSubrange(22..<26, with: little(8000 * 3600, 4).reversed())
        let recording = try WholeRecording(folder.write(bytes, to: "overstated.flac"))
        #expect(recording.channels[0].count == 96_000)
        #expect(recording.warnings == ["truncated: the header promises 3600 s, 12.0 s are there"])
    }

    @Test("A WAV that claims 4 GB is as long as its data", arguments: [UInt32.max, 0xFFFF_FFF0, 0xEFFF_FFFE, 0x7FFF_F800])
    func fourGigabytes(claim: UInt32) throws {
        let recording = try WholeRecording(folder.write(wav([noise(8000)], rate: 8000, saysDataBytes: claim), to: "4gb.wav"))
        #expect(recording.channels[0].count == 8000)
        #expect(recording.expectedFrameCount ?? 8000 == 8000)
        // 0xEFFFFFFE is a plain lie; the others are what programs write that do not know the length yet.
        #expect(recording.warnings.count == (claim == 0xEFFF_FFFE ? 1 : 0), "\(recording.warnings)")
    }

    @Test("A WAV whose header was never filled in is read to its end")
    func unfilled() throws {
        let samples = noise(8000)
        let recording = try WholeRecording(folder.write(wav([samples, samples], rate: 8000, saysDataBytes: 0), to: "open.wav"))
        let expected = samples.map { Float(Int16($0 * 32_767)) / 32_768 }
        #expect(recording.channels == [expected, expected])
        #expect(recording.warnings == ["the header was never completed; everything behind it is taken as sound"])
    }

    @Test("A chunk behind empty data is not taken for sound")
    func emptyDataThenChunk() {
        let bytes = wav([[]], rate: 8000) + Array("LIST".utf8) + little(8, 4) + Array("INFOabcd".utf8)
        expectFailure(folder.write(bytes, to: "list.wav"), .noAudio, says: "no sound behind it", options: alone)
    }

    @Test("An Ogg that claims 2^63 frames is as long as its sound")
    func endlessOgg() throws {
        let path = folder.path + "/a.ogg"
        writeWithLibsndfile([noise(32_000)], rate: 16_000, format: Int(SF_FORMAT_OGG) | Int(SF_FORMAT_VORBIS), to: path)
        for claim: Int64 in [.max, .max - 100_000, 1 << 50] {
            var bytes = FileBytes(path)
            OggPages.setLastGranule(claim, in: &bytes)
            let recording = try WholeRecording(folder.write(bytes, to: "endless.ogg"))
            #expect(abs(recording.channels[0].count - 32_000) < 4000)
            #expect(recording.expectedFrameCount == nil || recording.expectedFrameCount! < 40_000)
        }
    }

    @Test("Text is called text, whatever its name", arguments: ["notes.wav", "notes", "notes.mp3"])
    func text(name: String) {
        expectFailure(folder.write("Call from the bank,\nwrite down the number.\n", to: name), .notAudio, says: "this is text")
    }

    @Test("Random bytes are no recording, and the message says how to read a raw file")
    func randomBytes() {
        let bytes = noise(5000).map { UInt8(truncatingIfNeeded: Int($0 * 30_000)) }
        expectFailure(folder.write([1, 2, 3] + bytes, to: "line.bin"), .notAudio, says: "--raw ulaw:8000:1")
    }

    @Test("Impossible channel counts are refused with the limit", arguments: [0, 9, 17, 65_535])
    func channelCounts(count: Int) {
        let bytes = wav([noise(1700)], rate: 8000, saysChannels: count)
        expectFailure(folder.write(bytes, to: "a.wav"), .limit, says: "\(count) channels; recordings of 1 to 8 channels", options: alone)
        let path = folder.write(au([noise(1700)], rate: 8000, saysChannels: count), to: "a.au")
        expectFailure(path, .limit, says: "\(count) channels", options: alone)
    }

    @Test("Impossible rates are refused with the limit", arguments: [0, 1, 7999, 192_001, 384_000])
    func rates(rate: Int) {
        let bytes = wav([noise(1700)], rate: 8000, saysRate: rate)
        expectFailure(folder.write(bytes, to: "a.wav"), .limit, says: "\(rate) samples a second; rates of 8000 to 192000 Hz", options: alone)
    }

    @Test("The limits hold for containers whose header only libsndfile reads")
    func limitsBehindLibsndfile() {
        let fast = folder.path + "/fast.caf"
        writeWithLibsndfile([noise(1000)], rate: 384_000, format: Int(SF_FORMAT_CAF) | Int(SF_FORMAT_PCM_16), to: fast)
        expectFailure(fast, .limit, says: "384000 samples a second")
        let many = folder.path + "/many.w64"
        writeWithLibsndfile([[Float]](repeating: noise(100), count: 17), rate: 8000, format: Int(SF_FORMAT_W64) | Int(SF_FORMAT_PCM_16), to: many)
        expectFailure(many, .limit, says: "17 channels")
    }

    @Test("The limits themselves are read")
    func atTheLimits() throws {
        #expect(try WholeRecording(folder.write(wav([noise(1000)], rate: 192_000), to: "a.wav")).sampleRate == 192_000)
        let eight = (0..<8).map { noise(500, seed: UInt64($0)) }
        #expect(try WholeRecording(folder.write(wav(eight, rate: 8000), to: "b.wav")).channels.count == 8)
    }

    @Test("What is not a number or infinite counts as silence and is counted; an absurd number is passed on")
    func nonFinite() throws {
        var samples = noise(10_000)
        samples[3] = .nan
        samples[5000] = .infinity
        samples[5001] = -.infinity
        samples[9999] = 1e30
        let recording = try WholeRecording(folder.write(floatWAV(samples, rate: 8000), to: "nan.wav"))
        for index in [3, 5000, 5001] { samples[index] = 0 }
        #expect(recording.channels[0] == samples)
        #expect(recording.warnings == ["3 samples were not finite numbers and count as silence"])
    }

    @Test("All zeros and a full-scale square wave are sound like any other")
    func extremes() throws {
        let zeros = try WholeRecording(folder.write(wav([[Float](repeating: 0, count: 8000)], rate: 8000), to: "zeros.wav"))
        #expect(zeros.channels == [[Float](repeating: 0, count: 8000)])
        let square = (0..<8000).map { Float($0 / 10 % 2 == 0 ? 1 : -1) }
        let read = try WholeRecording(folder.write(floatWAV(square, rate: 8000), to: "square.wav"))
        #expect(read.channels == [square])
        #expect(read.warnings.isEmpty)
    }

    @Test(
        "Seventeen thousand bytes of damage after a good start are survived",
        arguments: [
            ("d.flac", Int(SF_FORMAT_FLAC) | Int(SF_FORMAT_PCM_16)), ("d.ogg", Int(SF_FORMAT_OGG) | Int(SF_FORMAT_VORBIS)),
            ("d.opus", Int(SF_FORMAT_OGG) | Int(SF_FORMAT_OPUS)), ("d.mp3", Int(SF_FORMAT_MPEG) | Int(SF_FORMAT_MPEG_LAYER_III)),
        ])
    func damage(name: String, format: Int) throws {
        let path = folder.path + "/" + name
        writeWithLibsndfile([noise(480_000)], rate: 48_000, format: format, to: path)
        var bytes = FileBytes(path)
        let start = bytes.count / 2
        for index in start..<min(start + 17_000, bytes.count) { bytes[index] = UInt8(truncatingIfNeeded: index &* 2_654_435_761 >> 11) }
        let recording = try WholeRecording(folder.write(bytes, to: "bad-" + name))
        #expect(recording.channels[0].count > 150_000)
        #expect(recording.channels[0].allSatisfy { $0.isFinite })
    }
}

/// The whole of a small file.
func FileBytes(_ path: String) -> [UInt8] {
    let file = try! FileHandle(readingRegularFile: path, displayName: path)
    return file.bytes(at: 0, count: file.byteCount)
}

@Test("An AU header whose size overflows is an error, not a crash")
func overflowingHeader() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "falsetto-\(UUID().uuidString).au").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let header: [UInt8] =
        Array(".snd".utf8) + [0, 0, 0, 24, 0, 0, 1, 0, 0, 0, 0, 6] + [UInt8](repeating: 0xFF, count: 8) + [UInt8](repeating: 0, count: 64)
    try Data(header).write(to: URL(fileURLWithPath: path))
    #expect(throws: AudioError.self) { _ = try RecordingReader(path: path).channelCount }
}

/// An AU file of 16-bit PCM whose header may lie about its channels.
func au(_ channels: [[Float]], rate: Int, saysChannels: Int? = nil) -> [UInt8] {
    func big(_ value: Int) -> [UInt8] { little(value, 4).reversed() }
    let data = interleave(channels).flatMap { little(UInt16(bitPattern: Int16($0 * 32_767)), 2).reversed() }
    return Array(".snd".utf8) + big(24) + big(data.count) + big(3) + big(rate) + big(saysChannels ?? channels.count) + data
}

/// The pages of an Ogg file, as RFC 3533 lays them out.
enum OggPages {
    static func ranges(_ bytes: [UInt8]) -> [Range<Int>] {
        var (offset, result) = (0, [Range<Int>]())
        while offset + 27 <= bytes.count {
            let segments = Int(bytes[offset + 26])
            let length = 27 + segments + bytes[offset + 27..<offset + 27 + segments].reduce(0) { $0 + Int($1) }
            result.append(offset..<offset + length)
            offset += length
        }
        return result
    }

    static func setLastGranule(_ value: Int64, in bytes: inout [UInt8]) {
        var offset = 0, last = 0, length = 0
        while offset + 27 <= bytes.count {
            let segments = Int(bytes[offset + 26])
            length = 27 + segments + bytes[offset + 27..<offset + 27 + segments].reduce(0) { $0 + Int($1) }
            last = offset
            offset += length
        }
        bytes.replaceSubrange(last + 6..<last + 14, with: little(value, 8))
        bytes.replaceSubrange(last + 22..<last + 26, with: [0, 0, 0, 0])
        bytes.replaceSubrange(last + 22..<last + 26, with: little(checksum(bytes[last..<last + length]), 4))
    }

    /// CRC-32 with the polynomial 0x04C11DB7, not reflected, starting from 0.
    private static func checksum(_ page: ArraySlice<UInt8>) -> UInt32 {
        page.reduce(UInt32(0)) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte) << 24) { value, _ in value & 0x8000_0000 != 0 ? value << 1 ^ 0x04C1_1DB7 : value << 1 }
        }
    }
}
