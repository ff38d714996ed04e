import CSndfile
import Glibc
import Testing

@testable import Audio

@Suite("Recordings that ffmpeg reads")
struct FFmpegTests {
    let folder = TemporaryFolder()

    /// Encodes a two-second tone, or two of them, with the real ffmpeg; nil where there is none or it lacks the encoder.
    func encode(_ name: String, channels: [[Float]], rate: Int, _ options: [String]) -> String? {
        guard let ffmpeg = installedFFmpeg() else {
            skip("\(name): ffmpeg is not installed")
            return nil
        }
        let source = folder.write(wav(channels, rate: rate), to: "source.wav")
        let path = folder.path + "/" + name
        guard run(ffmpeg, ["-nostdin", "-y", "-i", source] + options + [path]) == 0 else {
            skip("\(name): this ffmpeg cannot encode it")
            return nil
        }
        // The name says nothing: only the content may decide.
        let anonymous = folder.path + "/recording"
        rename(path, anonymous)
        return anonymous
    }

    @Test(
        "Each is known by its content and keeps rate, channels and tones",
        arguments: [
            ("a.m4a", ["-c:a", "aac"], 44_100, "MP4"), ("a.3gp", ["-c:a", "aac"], 16_000, "MP4"), ("a.aac", ["-c:a", "aac"], 44_100, "AAC"),
            ("a.webm", ["-c:a", "libopus"], 48_000, "WebM"), ("a.mka", ["-c:a", "flac"], 22_050, "WebM"),
            ("a.wma", ["-c:a", "wmav2"], 44_100, "WMA"),
            ("a.avi", ["-c:a", "pcm_s16le"], 8000, "AVI"), ("a.wv", [], 16_000, "WavPack"),
            ("v.mp4", ["-f", "lavfi", "-i", "color=c=black:s=64x64:d=2", "-map", "0:a", "-map", "1:v", "-c:a", "aac"], 44_100, "MP4"),
            ("a.ts", ["-c:a", "aac"], 44_100, "MPEG transport stream"),
        ] as [(String, [String], Int, String)])
    func formats(name: String, options: [String], rate: Int, container: String) throws {
        let channels = [tone(440, seconds: 2, rate: rate), tone(1000, seconds: 2, rate: rate)]
        guard let path = encode(name, channels: channels, rate: rate, options) else { return }
        let recording = try WholeRecording(path)
        #expect(recording.sampleRate == rate)
        #expect(recording.channels.count == 2)
        #expect(abs(recording.channels[0].count - 2 * rate) < rate / 5)
        #expect(abs(frequency(of: recording.channels[0], rate: rate) - 440) < 3)
        #expect(abs(frequency(of: recording.channels[1], rate: rate) - 1000) < 3)
        #expect(recording.description.hasPrefix(container))
        #expect(recording.warnings.isEmpty, "\(recording.warnings)")
    }

    /// The encoder of AMR is rarely there, so the frames are made here: RFC 4867, 12.2 kbit/s (mode 7), 31 bytes for 160 samples.
    @Test("AMR is known by its magic")
    func amr() throws {
        guard installedFFmpeg() != nil else { return skip("AMR: ffmpeg is not installed") }
        let frames = (0..<100).flatMap { [0x3C] + noise(31, seed: $0 + 1).map { UInt8(truncatingIfNeeded: Int($0 * 4000)) } }
        let recording = try WholeRecording(folder.write(Array("#!AMR\n".utf8) + frames, to: "call.wav"))
        #expect(recording.sampleRate == 8000)
        #expect(recording.channels.count == 1)
        #expect(recording.channels[0].count == 100 * 160)
        #expect(recording.description == "AMR, amr_nb")
    }

    @Test("Raw G.722 is 16 kHz, asked for or suggested by its suffix")
    func g722() throws {
        guard let path = encode("a.g722", channels: [tone(1000, seconds: 2, rate: 16_000)], rate: 16_000, ["-c:a", "g722"]) else { return }
        let asked = try WholeRecording(path, raw: RawFormat(.g722))
        rename(path, path + ".g722")
        let suggested = try WholeRecording(path + ".g722")
        for recording in [asked, suggested] {
            #expect(recording.sampleRate == 16_000)
            #expect(recording.channels[0].count == 32_000)
            #expect(abs(frequency(of: recording.channels[0], rate: 16_000) - 1000) < 2)
        }
    }

    @Test("What libsndfile cannot decode in a known container goes to ffmpeg")
    func fallback() throws {
        guard let path = encode("a.wav", channels: [tone(1000, seconds: 2, rate: 16_000)], rate: 16_000, ["-c:a", "wmav2"]) else { return }
        let recording = try WholeRecording(path)
        #expect(abs(frequency(of: recording.channels[0], rate: 16_000) - 1000) < 3)
        expectFailure(path, .damagedHeader, says: "apt-get install ffmpeg", options: DecodingOptions(searchPath: "/nonexistent"))
    }

    @Test("Of several sound tracks the first is read, and it is said")
    func tracks() throws {
        let samples = tone(440, seconds: 2, rate: 16_000)
        guard let path = encode("a.mka", channels: [samples], rate: 16_000, ["-map", "0:a", "-map", "0:a", "-c:a", "flac"]) else { return }
        #expect(try WholeRecording(path).warnings == ["the file has 2 sound tracks; only the first is read"])
    }

    @Test("A video without sound is told as such")
    func silentVideo() {
        let options = ["-f", "lavfi", "-i", "color=c=black:s=64x64:d=1", "-map", "1:v"]
        guard let path = encode("v.mkv", channels: [noise(8000)], rate: 8000, options) else { return }
        expectFailure(path, .noAudio, says: "no sound track")
    }

    @Test("A truncated or damaged file gives what is there, or one line")
    func damaged() throws {
        guard let path = encode("a.aac", channels: [tone(440, seconds: 2, rate: 16_000)], rate: 16_000, ["-c:a", "aac"]) else { return }
        let bytes = FileBytes(path)
        let half = try WholeRecording(folder.write(Array(bytes.prefix(bytes.count / 2)), to: "half"))
        #expect((8_000...24_000).contains(half.channels[0].count))
        guard let movie = encode("a.m4a", channels: [tone(440, seconds: 2, rate: 16_000)], rate: 16_000, ["-c:a", "aac"]) else { return }
        let start = Array(FileBytes(movie).prefix(2000))
        expectFailure(folder.write(start, to: "cut.m4a"), .childFailed, says: "ffmpeg cannot decode")
    }

    @Test("A small WAV whose tag claims 2 GiB costs neither that memory nor ten seconds")
    func greedyTag() throws {
        guard installedFFmpeg() != nil else { return skip("the greedy tag: ffmpeg is not installed") }
        let format = little(0x45, 2) + little(1, 2) + little(8000, 4) + little(4000, 4) + little(1, 2) + little(4, 2) + little(0, 2)
        let tag = Array("LIST".utf8) + little(Int32.max, 4) + Array("INFOISFT".utf8) + little(Int32.max - 15, 4) + [UInt8](repeating: 0x78, count: 32)
        let bytes =
            Array("RIFF".utf8) + little(6000, 4) + Array("WAVEfmt ".utf8) + little(18, 4) + format + tag + Array("data".utf8) + little(4000, 4)
            + [UInt8](repeating: 0x11, count: 4000)
        let started = ContinuousClock.now
        _ = failure(folder.write(bytes, to: "greedy.wav"))
        #expect(ContinuousClock.now - started < .seconds(10))
        var usage = rusage()
        #expect(getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage) == 0)
        // Of the greediest child that has ended so far, in KiB. A child is counted with what its parent held when it began.
        var own = rusage()
        #expect(getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &own) == 0)
        #expect(usage.ru_maxrss < max(512 << 10, own.ru_maxrss + 1))
    }

    @Test("A file that names other files is not followed")
    func noReferences() {
        let secret = folder.write(wav([noise(8000)], rate: 8000), to: "secret.wav")
        let list = folder.write("#EXTM3U\n#EXTINF:1,\n\(secret)\n", to: "list.m4a")
        expectFailure(list, .notAudio, says: "this is text")
        let concat = folder.write("ffconcat version 1.0\nfile \(secret)\n", to: "list.mp4")
        expectFailure(concat, .notAudio, says: "this is text")
        let words = FFmpegDecoder.arguments(Container.identify(Array("....ftyp".utf8))!).joined(separator: " ")
        #expect(words.contains("-protocol_whitelist file,pipe -f mov -i"))
    }
}
