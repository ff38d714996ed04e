import Testing

@testable import Audio

@Suite("Headerless files")
struct RawFormatTests {
    let folder = TemporaryFolder()

    @Test(
        "A raw format is read from text, with defaults",
        arguments: [
            ("ulaw", RawFormat(.ulaw, sampleRate: 8000)), ("ulaw:8000:1", RawFormat(.ulaw, sampleRate: 8000)),
            ("ALAW:16000", RawFormat(.alaw, sampleRate: 16_000)),
            ("s16le:48000:2", RawFormat(.s16le, sampleRate: 48_000, channelCount: 2)), ("gsm", RawFormat(.gsm)),
            ("g722", RawFormat(.g722, sampleRate: 16_000)),
        ])
    func parsing(text: String, expected: RawFormat) throws {
        #expect(try RawFormat(parsing: text) == expected)
    }

    @Test(
        "A bad raw format is refused with the part at fault",
        arguments: [
            ("mp3", "none of ulaw, alaw"), ("", "none of"), ("ulaw:abc", "rate"), ("ulaw:1", "rate"), ("ulaw:8000:0", "channels"),
            ("ulaw:8000:17", "channels"),
            ("ulaw:8000:1:1", "more than three"), ("g722:8000", "g722 is 16000 Hz"), ("gsm:8000:2", "one channel"), ("ulaw::1", "rate"),
        ])
    func refusals(text: String, words: String) {
        let error = #expect(throws: AudioError.self) { try RawFormat(parsing: text) }
        #expect(error?.kind == .usage)
        #expect(error?.description.contains(words) == true, "\(error as Any)")
    }

    @Test(
        "Asterisk's suffixes suggest their format, others nothing",
        arguments: [
            ("a/b.ulaw", RawFormat(.ulaw)), ("b.UL", RawFormat(.ulaw)), ("b.alaw", RawFormat(.alaw)), ("b.al", RawFormat(.alaw)),
            ("b.sln", RawFormat(.s16le)),
            ("b.sln8", RawFormat(.s16le)), ("b.sln16", RawFormat(.s16le, sampleRate: 16_000)), ("b.sln32", RawFormat(.s16le, sampleRate: 32_000)),
            ("b.sln48", RawFormat(.s16le, sampleRate: 48_000)), ("b.gsm", RawFormat(.gsm)), ("b.g722", RawFormat(.g722)), ("ulaw", nil),
            ("b.wav", nil), ("b.sln/c", nil),
            ("b.pcm", RawFormat(.ulaw)), ("b.ulw", RawFormat(.ulaw)), ("b.alw", RawFormat(.alaw)), ("b.raw", RawFormat(.s16le)),
            ("b.vox", RawFormat(.vox)),
            ("b.g729", RawFormat(.g729)), ("b.g723", RawFormat(.g723)), ("b.ilbc", nil),
        ])
    func suggestions(path: String, expected: RawFormat?) {
        #expect(RawFormat.suggested(forPath: path) == expected)
    }

    /// ITU-T G.711: 0xFF and 0x7F are zero, 0x80 is the largest positive code, 32124 of 32768.
    @Test("µ-law codes become the levels of G.711")
    func ulawLevels() throws {
        let path = folder.write([0xFF, 0x7F, 0x80, 0x00], to: "codes.ulaw")
        let recording = try WholeRecording(path)
        let largest: Float = 32_124 / 32_768
        let expected = [[0, 0, largest, -largest]]
        #expect(recording.channels == expected)
        #expect(recording.warnings == ["no header; taken as ulaw:8000:1 because of its suffix"])
    }

    /// ITU-T G.711: 0xD5 is the smallest positive code, 8 of 32768; 0xAA the largest, 32256.
    @Test("A-law codes become the levels of G.711, two channels apart")
    func alawLevels() throws {
        let recording = try WholeRecording(folder.write([0xD5, 0xAA, 0xD5, 0xAA], to: "a"), raw: RawFormat(.alaw, channelCount: 2))
        let smallest: Float = 8 / 32_768, largest: Float = 32_256 / 32_768
        let expected = [[smallest, smallest], [largest, largest]]
        #expect(recording.channels == expected)
    }

    @Test("Silence in µ-law is not taken for MPEG audio, though every bit is set")
    func silence() throws {
        let recording = try WholeRecording(folder.write([UInt8](repeating: 0xFF, count: 16_000), to: "silence.ulaw"))
        #expect(recording.channels[0].count == 16_000)
        #expect(recording.channels[0].allSatisfy { $0 == 0 })
    }

    @Test("Signed linear is read with its least significant byte first; half a sample at the end is dropped")
    func linear() throws {
        let recording = try WholeRecording(folder.write([0x00, 0x40, 0x00, 0xC0, 0x01], to: "a.sln16"))
        #expect(recording.sampleRate == 16_000)
        #expect(recording.channels == [[0.5, -0.5]])
    }

    @Test("A magic counts for more than a suffix, and --raw for more than a magic")
    func precedence() throws {
        let bytes = wav([noise(1000)], rate: 8000)
        let path = folder.write(bytes, to: "really-a-wav.gsm")
        #expect(try WholeRecording(path).channels[0].count == 1000)
        #expect(try WholeRecording(path, raw: RawFormat(.ulaw)).channels[0].count == bytes.count)
    }

    @Test("Raw GSM is 160 samples for 33 bytes")
    func gsm() throws {
        // A frame of silence as Asterisk's own codec_gsm has it in its example data begins with the nibble 0xD.
        let frame: [UInt8] = [0xD8, 0x20, 0xA2, 0xE1, 0x5A] + [UInt8](repeating: 0, count: 28)
        let recording = try WholeRecording(folder.write([[UInt8]](repeating: frame, count: 50).flatMap(\.self), to: "a.gsm"))
        #expect(recording.sampleRate == 8000)
        #expect(recording.channels[0].count == 8000)
    }
}
