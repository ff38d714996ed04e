import CSndfile
import Testing

@testable import Audio

@Suite("Containers that libsndfile reads")
struct ContainersTests {
    let folder = TemporaryFolder()

    @Test(
        "Each keeps its channels apart, its rate and its tones",
        arguments: [
            ("pcm.wav", Int(SF_FORMAT_WAV) | Int(SF_FORMAT_PCM_16), 8000),
            ("float.wav", Int(SF_FORMAT_WAV) | Int(SF_FORMAT_FLOAT), 16000),
            ("ulaw.wav", Int(SF_FORMAT_WAV) | Int(SF_FORMAT_ULAW), 8000),
            ("alaw.wav", Int(SF_FORMAT_WAV) | Int(SF_FORMAT_ALAW), 8000),
            ("call.flac", Int(SF_FORMAT_FLAC) | Int(SF_FORMAT_PCM_16), 44100),
            ("opus.ogg", Int(SF_FORMAT_OGG) | Int(SF_FORMAT_OPUS), 48000),
            ("vorbis.ogg", Int(SF_FORMAT_OGG) | Int(SF_FORMAT_VORBIS), 16000),
            ("call.mp3", Int(SF_FORMAT_MPEG) | Int(SF_FORMAT_MPEG_LAYER_III), 44100),
            ("call.au", Int(SF_FORMAT_AU) | Int(SF_FORMAT_ULAW), 8000),
            ("call.caf", Int(SF_FORMAT_CAF) | Int(SF_FORMAT_PCM_16), 22050),
            ("call.w64", Int(SF_FORMAT_W64) | Int(SF_FORMAT_PCM_16), 11025),
            ("call.rf64", Int(SF_FORMAT_RF64) | Int(SF_FORMAT_PCM_16), 192_000),
        ])
    func roundTrip(name: String, format: Int, rate: Int) throws {
        let path = folder.path + "/" + name
        let channels = [tone(440, seconds: 2, rate: rate), tone(1000, seconds: 2, rate: rate)]
        writeWithLibsndfile(channels, rate: rate, format: format, to: path)
        let recording = try WholeRecording(path)
        #expect(recording.sampleRate == rate)
        #expect(recording.channels.count == 2)
        #expect(abs(recording.channels[0].count - 2 * rate) <= rate / 10, "the length is that of the tone, give or take a codec's padding")
        #expect(abs(frequency(of: recording.channels[0], rate: rate) - 440) < 2)
        #expect(abs(frequency(of: recording.channels[1], rate: rate) - 1000) < 2)
        #expect(recording.warnings.isEmpty)
        let expected = try #require(recording.expectedFrameCount)
        #expect(abs(expected - 2 * rate) <= rate / 10)
    }

    @Test("GSM 6.10 in WAV is one channel at 8 kHz")
    func gsm() throws {
        let path = folder.path + "/gsm.wav"
        writeWithLibsndfile([tone(440, seconds: 2, rate: 8000)], rate: 8000, format: Int(SF_FORMAT_WAV) | Int(SF_FORMAT_GSM610), to: path)
        let recording = try WholeRecording(path)
        #expect(recording.sampleRate == 8000)
        #expect(abs(frequency(of: recording.channels[0], rate: 8000) - 440) < 2)
    }

    @Test("16-bit samples come out exactly, whatever the block size")
    func exact() throws {
        let samples = noise(10_000)
        let path = folder.write(wav([samples, samples.reversed()], rate: 8000), to: "a.wav")
        let expected = samples.map { Float(Int16($0 * 32_767)) / 32_768 }
        for blockFrames in [1, 160, 4096, 5000, 100_000] {
            let recording = try WholeRecording(path, blockFrames: blockFrames)
            #expect(recording.channels == [expected, expected.reversed()])
        }
    }

    @Test("A recording can be open twice, and each reader has its own place")
    func twice() throws {
        let path = folder.write(wav([noise(9000)], rate: 8000), to: "a.wav")
        var first = try RecordingReader(path: path)
        var block: [[Float]] = []
        #expect(try first.read(upTo: 5000, into: &block) == 5000)
        var second = try RecordingReader(path: path)
        #expect(try WholeRecording(&second).channels[0].count == 9000)
        #expect(try first.read(upTo: 5000, into: &block) == 4000)
        #expect(try first.read(upTo: 5000, into: &block) == 0)
        #expect(block == [[]])
        #expect(first.framesRead == 9000)
    }
}
