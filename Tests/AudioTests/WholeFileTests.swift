import CSndfile
import Glibc
import Testing

@testable import Audio

/// Whatever is in a file is heard, or it is said how much was not.
@Suite("A recording is read to the end of its bytes")
struct WholeFileTests {
    let folder = TemporaryFolder()
    /// No ffmpeg: only this process decodes.
    let alone = DecodingOptions(searchPath: "/nonexistent")

    /// Encodes with the real ffmpeg; nil where there is none or it lacks the encoder.
    func encode(_ name: String, _ samples: [Float], rate: Int, _ options: [String]) -> [UInt8]? {
        guard let ffmpeg = installedFFmpeg() else {
            skip("\(name): ffmpeg is not installed")
            return nil
        }
        let source = folder.write(wav([samples], rate: rate), to: "source.wav")
        let path = folder.path + "/" + name
        guard run(ffmpeg, ["-nostdin", "-y", "-i", source] + options + [path]) == 0 else {
            skip("\(name): this ffmpeg cannot encode it")
            return nil
        }
        return FileBytes(path)
    }

    func expected(_ samples: [Float]) -> [Float] { samples.map { Float(Int16($0 * 32_767)) / 32_768 } }

    @Test("A WAV behind an MP3 is heard after it, not lost in it")
    func waveBehindMP3() throws {
        guard let mp3 = encode("a.mp3", tone(440, seconds: 3, rate: 16_000), rate: 16_000, ["-c:a", "libmp3lame", "-b:a", "32k"]) else { return }
        let path = folder.write(mp3 + wav([tone(880, seconds: 2, rate: 16_000)], rate: 16_000), to: "both.mp3")
        let read = try WholeRecording(path)
        let heard = read.channels[0]
        #expect(
            abs(heard.count - 5 * 16_000) < 3200 && read.warnings.contains("the file holds 2 recordings one behind the other; they are read in turn"))
        #expect(abs(frequency(of: Array(heard[8_000..<40_000]), rate: 16_000) - 440) < 3)
        #expect(abs(frequency(of: Array(heard.suffix(24_000)), rate: 16_000) - 880) < 3)
    }

    @Test(
        "A WAV behind another container is heard after it, and nothing is called truncated",
        arguments: [
            ("a.ogg", ["-c:a", "libvorbis"]), ("a.m4a", ["-c:a", "aac"]), ("a.mka", ["-c:a", "flac"]), ("a.au", ["-c:a", "pcm_mulaw"]),
            ("a.wma", ["-c:a", "wmav2"]), ("a.flac", ["-c:a", "flac"]),
        ])
    func waveBehindOthers(name: String, options: [String]) throws {
        guard let first = encode(name, tone(440, seconds: 3, rate: 16_000), rate: 16_000, options) else { return }
        let path = folder.write(first + wav([tone(880, seconds: 2, rate: 16_000)], rate: 16_000), to: "both")
        let read = try WholeRecording(path)
        let heard = read.channels[0]
        #expect(abs(heard.count - 5 * 16_000) < 3200, "\(heard.count)")
        #expect(read.warnings == ["the file holds 2 recordings one behind the other; they are read in turn"], "\(read.warnings)")
        #expect(abs(frequency(of: Array(heard.suffix(24_000)), rate: 16_000) - 880) < 3)
    }

    @Test("Frames that go on at another rate are another recording, and their time is right", arguments: ["libmp3lame", "aac"])
    func otherFrameRate(coder: String) throws {
        let name = coder == "aac" ? "a.aac" : "a.mp3"
        let samples = noise(8000 * 4)
        guard let slow = encode(name, samples, rate: 8000, ["-c:a", coder, "-ar", "8000", "-b:a", "16k"]),
            let fast = encode(name, samples, rate: 8000, ["-c:a", coder, "-ar", "16000", "-b:a", "32k"])
        else { return }
        let read = try WholeRecording(folder.write(slow + slow + fast, to: "rates"))
        #expect(abs(read.channels[0].count - 12 * 8000) < 8000 && abs(read.frames - 12 * 8000) < 8000, "\(read.channels[0].count) \(read.frames)")
        #expect(read.unheard == nil && read.warnings.contains { $0.contains("is at 16000 Hz; it is heard at the first's 8000") }, "\(read.warnings)")
    }

    @Test("MP3 and AAC frames one behind the other are both heard")
    func otherFrames() throws {
        let samples = noise(16_000 * 4)
        guard let layer = encode("a.mp3", samples, rate: 16_000, ["-c:a", "libmp3lame", "-b:a", "32k"]),
            let adts = encode("a.aac", samples, rate: 16_000, ["-c:a", "aac", "-b:a", "32k"])
        else { return }
        for bytes in [layer + adts, adts + layer] {
            let read = try WholeRecording(folder.write(bytes, to: "frames"))
            #expect(abs(read.frames - 8 * 16_000) < 8000 && read.gaps.isEmpty, "\(read.frames) \(read.warnings)")
        }
    }

    @Test("An Ogg that ends within a page is called truncated, and a whole one is not")
    func cutOgg() throws {
        guard let bytes = encode("a.opus", noise(16_000 * 8), rate: 16_000, ["-c:a", "libopus"]) else { return }
        #expect(try WholeRecording(folder.write(bytes, to: "whole")).warnings.isEmpty)
        let cut = try WholeRecording(folder.write(Array(bytes.prefix(bytes.count * 2 / 3)), to: "cut"))
        #expect(cut.warnings == ["truncated: the file ends before its header says; what is there was read"], "\(cut.warnings)")
    }

    // MARK: WAV

    @Test("WAV files one behind the other are heard in turn, to the last sample")
    func joinedWaves() throws {
        let (a, b, c) = (noise(5000), noise(7001, seed: 2), noise(900, seed: 3))
        let read = try WholeRecording(folder.write(wav([a], rate: 8000) + wav([b], rate: 8000) + wav([c], rate: 8000), to: "abc.wav"), options: alone)
        #expect(read.channels == [expected(a + b + c)])
        #expect(read.warnings == ["the file holds 3 recordings one behind the other; they are read in turn"] && read.unheard == nil)
    }

    @Test("Two data chunks in one WAV are both heard, and chunks around them are not")
    func twoDataChunks() throws {
        let (a, b) = (noise(3000), noise(4000, seed: 2))
        let list = Array("LIST".utf8) + little(8, 4) + Array("INFOabcd".utf8)
        let behind = Array(wav([b], rate: 8000)[36...])
        let read = try WholeRecording(folder.write(wav([a], rate: 8000) + list + behind + list, to: "two.wav"), options: alone)
        #expect(read.channels == [expected(a + b)])
    }

    @Test("A WAV of unknown length ends where the next one begins")
    func joinedPipes() throws {
        let (a, b) = (noise(3000), noise(4000, seed: 2))
        let bytes = wav([a], rate: 8000, saysDataBytes: .max) + wav([b], rate: 8000, saysDataBytes: .max)
        #expect(try WholeRecording(folder.write(bytes, to: "pipes.wav"), options: alone).channels == [expected(a + b)])
    }

    @Test("A joined WAV of another rate is heard at the first's, at its pitch and for its time", arguments: [(8000, 16_000), (48_000, 8000)])
    func otherRate(first: Int, second: Int) throws {
        let (a, b) = (noise(first), [tone(880, seconds: 3, rate: second), tone(330, seconds: 3, rate: second)])
        let bytes = wav([a, a], rate: first) + wav(b, rate: second)
        let read = try WholeRecording(folder.write(bytes, to: "rates.wav"), options: alone)
        #expect(abs(read.frames - 4 * first) <= 1 && read.gaps.isEmpty && read.unheard == nil, "\(read.frames) \(read.warnings)")
        for (channel, hertz) in zip(read.channels, [880.0, 330]) {
            #expect(Array(channel.prefix(first)) == expected(a))
            #expect(abs(frequency(of: Array(channel.suffix(2 * first)), rate: first) - hertz) < 3)
        }
        #expect(read.warnings.contains("part 2 of 2 is at \(second) Hz; it is heard at the first's \(first)"), "\(read.warnings)")
    }

    @Test("A gap in sound of another rate keeps its time, and what stood before it comes out before it")
    func gapAtAnotherRate() throws {
        let source = ResampledSource(Pieces([.sound(frames: 800), .gap(frames: 4000, .notSent), .sound(frames: 1600), .end]), to: 16_000)
        var (pieces, buffer) = ([SourcePiece](), [Float](repeating: 0, count: 512))
        while pieces.last != .end {
            pieces.append(try buffer.withUnsafeMutableBufferPointer { buffer throws(AudioError) in try source.read(into: buffer) })
        }
        let gap = try #require(pieces.firstIndex(of: .gap(frames: 8000, .notSent)))
        func frames(_ pieces: ArraySlice<SourcePiece>) -> Int { pieces.reduce(0) { if case .sound(let frames) = $1 { $0 + frames } else { $0 } } }
        #expect(abs(frames(pieces[..<gap]) - 1600) <= 1 && abs(frames(pieces[(gap + 1)...]) - 3200) <= 1, "\(pieces)")
        #expect(pieces.allSatisfy { if case .sound(let frames) = $0 { frames <= 256 } else { true } })
    }

    /// Sound of two channels at 8 kHz that says what it is told to.
    private final class Pieces: SampleSource {
        let (channelCount, sampleRate, containerDescription, warnings) = (2, 8000, "", [String]())
        let (expectedFrameCount, unheard): (Int?, UnheardSound?) = (nil, nil)
        private var pieces: [SourcePiece]

        init(_ pieces: [SourcePiece]) { self.pieces = pieces }

        func read(into buffer: UnsafeMutableBufferPointer<Float>) -> SourcePiece { pieces.removeFirst() }
    }

    @Test("A joined WAV of another number of channels is not heard; how much is said, and time goes on over it")
    func otherChannels() throws {
        let (a, b) = (noise(8000), noise(16_000 * 3, seed: 2))
        let read = try WholeRecording(folder.write(wav([a], rate: 8000) + wav([b, b], rate: 16_000), to: "rates.wav"), options: alone)
        #expect(read.channels == [expected(a)] && read.frames == 8000 + 3 * 8000)
        #expect(read.unheard == UnheardSound(seconds: 3))
        #expect(read.warnings.contains { $0.hasPrefix("part 2 of 2 was not heard, about 3.0 s") }, "\(read.warnings)")
    }

    @Test(
        "Lengths that mean \"not known yet\" are no promise",
        arguments: [
            0x7FFF_0000, 0x7FFF_F000, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0024, 0xFFFF_0000, 0xFFFF_FFDB, 0xFFFF_FFFF,
        ] as [UInt32])
    func openLengths(claim: UInt32) throws {
        let samples = noise(8000)
        let read = try WholeRecording(folder.write(wav([samples], rate: 8000, saysDataBytes: claim), to: "open.wav"), options: alone)
        #expect(read.channels == [expected(samples)] && read.warnings.isEmpty)
        #expect(read.expectedFrameCount == 8000)
    }

    @Test("RF64 whose 64-bit lengths were never filled in, or are wrong, is as long as its data", arguments: [0, -1, 1 << 62, 16_000] as [Int64])
    func unfilledRF64(claim: Int64) throws {
        let samples = noise(8000)
        let plain = wav([samples], rate: 8000, saysDataBytes: .max)
        let ds64 = Array("ds64".utf8) + little(28, 4) + little(claim, 8) + little(claim, 8) + little(0, 8) + little(0, 4)
        let bytes = Array("RF64".utf8) + little(-1, 4) + Array("WAVE".utf8) + ds64 + plain[12...]
        let read = try WholeRecording(folder.write(bytes, to: "open.rf64"), options: alone)
        #expect(read.channels == [expected(samples)])
        #expect(read.warnings == (claim == 0 ? ["the header was never completed; everything behind it is taken as sound"] : []), "\(read.warnings)")
    }

    @Test("What is appended to a WAV and is none is not heard, and said so")
    func appended() throws {
        let samples = noise(3000)
        let bytes = wav([samples], rate: 8000)
        let read = try WholeRecording(
            folder.write(bytes + [0xFF, 0xFB, 0x90, 0] + [UInt8](repeating: 0, count: 9000), to: "more.wav"), options: alone)
        #expect(read.channels == [expected(samples)] && read.unheard == UnheardSound(seconds: nil))
        #expect(read.warnings == ["9004 bytes behind the sound are no part of it and were not heard"])
        #expect(try WholeRecording(folder.write(bytes + [UInt8](repeating: 0, count: 100), to: "padded.wav"), options: alone).unheard == nil)
    }

    @Test(
        "Containers of libsndfile one behind the other are heard in turn",
        arguments: [
            ("ab.caf", Int(SF_FORMAT_CAF)), ("ab.w64", Int(SF_FORMAT_W64)), ("ab.aiff", Int(SF_FORMAT_AIFF)), ("ab.voc", Int(SF_FORMAT_VOC)),
            ("ab.sph", Int(SF_FORMAT_NIST)),
        ])
    func joinedContainers(name: String, format: Int) throws {
        let (a, b) = (noise(4000), noise(6000, seed: 2))
        let bytes = [a, b].flatMap { samples in
            let path = folder.path + "/part"
            writeWithLibsndfile([samples], rate: 8000, format: format | Int(SF_FORMAT_PCM_16), to: path)
            return FileBytes(path)
        }
        let read = try WholeRecording(folder.write(bytes, to: name), options: alone)
        #expect(read.channels[0].count == 10_000 && read.unheard == nil, "\(read.channels[0].count) \(read.warnings)")
    }

    @Test(
        "A film or a WebM that is cut off is called truncated, and a whole one is not",
        arguments: [
            ("a.m4a", ["-c:a", "aac", "-movflags", "faststart"]), ("a.webm", ["-c:a", "libopus"]), ("a.mka", ["-c:a", "flac"]),
        ])
    func cutOff(name: String, options: [String]) throws {
        guard let bytes = encode(name, noise(16_000 * 8), rate: 16_000, options) else { return }
        #expect(try WholeRecording(folder.write(bytes, to: "whole")).warnings.isEmpty)
        let cut = try WholeRecording(folder.write(Array(bytes.prefix(bytes.count * 2 / 3)), to: "cut"))
        #expect(cut.warnings.contains { $0.hasPrefix("truncated: the header promises 8.0 s, ") }, "\(cut.warnings)")
    }

    @Test("The header shown to libsndfile says what is there, also beyond 32 bits")
    func header() {
        let format = little(1, 2) + little(1, 2) + little(8000, 4) + little(16_000, 4) + little(2, 2) + little(16, 2)
        let short = WaveLayout.Part(format: format, range: 44..<1044).header
        #expect(short.count == 44 && short[40...] == little(1000, 4)[...])
        let long = WaveLayout.Part(format: format, range: 44..<5_000_000_044).header
        #expect(long.starts(with: Array("RF64".utf8)) && long[28..<36] == little(5_000_000_000, 8)[...])
    }

    // MARK: FLAC, AU

    @Test("FLAC files one behind the other are heard in turn")
    func joinedFLAC() throws {
        let (a, b) = (noise(20_000), noise(30_000, seed: 2))
        let bytes = [a, b].flatMap { samples in
            let path = folder.path + "/part.flac"
            writeWithLibsndfile([samples], rate: 8000, format: Int(SF_FORMAT_FLAC) | Int(SF_FORMAT_PCM_16), to: path)
            return FileBytes(path)
        }
        let read = try WholeRecording(folder.write(bytes, to: "ab.flac"), options: alone)
        #expect(read.channels[0].count == 50_000 && read.unheard == nil)
    }

    @Test("AU files one behind the other are heard in turn")
    func joinedAU() throws {
        let (a, b) = (noise(2000), noise(3000, seed: 2))
        let read = try WholeRecording(folder.write(au([a], rate: 8000) + au([b], rate: 8000), to: "ab.au"), options: alone)
        #expect(read.channels == [expected(a + b)])
    }

    @Test("FLAC from a pipe has no length, and that is no fault")
    func openFLAC() throws {
        let path = folder.path + "/whole.flac"
        writeWithLibsndfile([noise(96_000)], rate: 8000, format: Int(SF_FORMAT_FLAC) | Int(SF_FORMAT_PCM_16), to: path)
        var bytes = FileBytes(path)
        bytes[21] &= 0xF0
        bytes.replaceSubrange(22..<26, with: [0, 0, 0, 0])
        let read = try WholeRecording(folder.write(bytes, to: "pipe.flac"))
        #expect(read.channels[0].count == 96_000 && read.warnings.isEmpty && read.expectedFrameCount == nil, "\(read.warnings)")
    }

    @Test("Where libsndfile stops at damage, ffmpeg reads on; without it the rest is said not to be heard")
    func secondDecoder() throws {
        guard installedFFmpeg() != nil else { return skip("the second decoder: ffmpeg is not installed") }
        let path = folder.path + "/whole.flac"
        writeWithLibsndfile([noise(480_000)], rate: 8000, format: Int(SF_FORMAT_FLAC) | Int(SF_FORMAT_PCM_16), to: path)
        var bytes = FileBytes(path)
        // Long enough for libFLAC to give up.
        for index in bytes.count / 4..<bytes.count / 2 { bytes[index] = UInt8(truncatingIfNeeded: index &* 2_654_435_761 >> 11) }
        let damaged = folder.write(bytes, to: "damaged.flac")
        let whole = try WholeRecording(damaged)
        #expect(whole.frames > 330_000, "\(whole.frames)")
        let short = try WholeRecording(damaged, options: alone)
        #expect(short.frames == 480_000 && short.unheard == nil || short.unheard != nil, "\(short.frames) \(short.warnings)")
    }

    // MARK: MP3

    @Test("MP3 of variable bit rate without a table is heard to its end", arguments: [["-q:a", "9", "-write_xing", "0"], ["-q:a", "7"]])
    func variableMP3(options: [String]) throws {
        // Silence first: an estimate from its small frames is far too long, from loud ones far too short.
        let samples = noise(44_100 * 4) + [Float](repeating: 0, count: 44_100 * 30) + noise(44_100 * 4, seed: 3)
        guard let bytes = encode("a.mp3", samples, rate: 44_100, ["-c:a", "libmp3lame"] + options) else { return }
        let read = try WholeRecording(folder.write(bytes, to: "vbr"))
        #expect(abs(read.frames - samples.count) < 4500, "\(read.frames)")
        #expect(read.description == "MP3, mp3")
    }

    @Test("MP3s one behind the other, behind junk or cut in mid-frame are heard whole")
    func awkwardMP3() throws {
        let samples = noise(16_000 * 5)
        guard let bytes = encode("a.mp3", samples, rate: 16_000, ["-c:a", "libmp3lame", "-b:a", "32k"]) else { return }
        let joined = try WholeRecording(folder.write(bytes + bytes, to: "joined"))
        #expect(abs(joined.frames - 2 * samples.count) < 4000, "\(joined.frames)")
        let junk = try WholeRecording(folder.write(Array("a line of some sender ....".utf8) + bytes, to: "junk"))
        #expect(
            abs(junk.frames - samples.count) < 3000 && junk.warnings == ["it begins with something other than MP3"], "\(junk.frames) \(junk.warnings)"
        )
        let cut = try WholeRecording(folder.write(Array(bytes[2000...]), to: "cut"))
        #expect(abs(cut.frames - samples.count + 8000) < 3000, "\(cut.frames)")
    }

    @Test("MPEG audio of layer II is known by its content")
    func layerTwo() throws {
        let samples = noise(16_000 * 3)
        guard let bytes = encode("a.mp2", samples, rate: 16_000, ["-c:a", "mp2", "-b:a", "64k"]) else { return }
        let read = try WholeRecording(folder.write(bytes, to: "two"))
        #expect(abs(read.frames - samples.count) < 3000 && read.description == "MP2, mp2")
    }

    @Test(
        "Frame lengths of all layers agree with ISO 11172-3",
        arguments: [
            (0xFF, 0xFB, 0x90, 417), (0xFF, 0xFB, 0x92, 418), (0xFF, 0xF3, 0x40, 104), (0xFF, 0xFD, 0xA4, 576), (0xFF, 0xFF, 0x94, 288),
        ] as [(UInt8, UInt8, UInt8, Int)])
    func frameLengths(first: UInt8, second: UInt8, third: UInt8, length: Int) {
        let frame = [first, second, third] + [UInt8](repeating: 0, count: length - 3)
        #expect(MPEGAudioHeader.startsChain(frame + frame + frame, as: .layer))
        #expect(!MPEGAudioHeader.startsChain(frame + [0] + frame + frame, as: .layer))
    }

    // MARK: Ogg, MP4, AMR

    @Test("The links of a chained Ogg are heard in turn", arguments: ["libopus", "libvorbis", "libspeex", "flac"])
    func chained(coder: String) throws {
        let (a, b) = (noise(16_000 * 3), noise(16_000 * 4, seed: 2))
        guard let first = encode("a.ogg", a, rate: 16_000, ["-c:a", coder]), let second = encode("b.ogg", b, rate: 16_000, ["-c:a", coder]) else {
            return
        }
        let read = try WholeRecording(folder.write(first + second, to: "chain"))
        #expect(abs(Double(read.frames) / Double(read.sampleRate) - 7) < 0.1, "\(read.frames)")
        #expect(read.gaps.isEmpty && read.unheard == nil)
    }

    @Test("M4A files and AMR files one behind the other are heard in turn")
    func joinedOthers() throws {
        let samples = noise(16_000 * 3)
        guard let movie = encode("a.m4a", samples, rate: 16_000, ["-c:a", "aac"]) else { return }
        let movies = try WholeRecording(folder.write(movie + movie, to: "movies"))
        #expect(abs(movies.frames - 6 * 16_000) < 5000 && movies.unheard == nil, "\(movies.frames)")
        let voice = Array("#!AMR\n".utf8) + AMRTests.speech(100)
        #expect(try WholeRecording(folder.write(voice + voice, to: "voices")).frames == 32_000)
    }
}

/// RFC 4867: frames of 20 ms. The encoder is rarely there, so the frames are made here, at 12.2 kbit/s (mode 7, 31 bytes).
@Suite("AMR and time")
struct AMRTests {
    let folder = TemporaryFolder()

    static func speech(_ count: UInt64) -> [UInt8] {
        (0..<count).flatMap { [0x3C] + noise(31, seed: $0 + 1).map { UInt8(truncatingIfNeeded: Int($0 * 4000)) } }
    }

    @Test("What a sender with DTX left out is a gap that is held against nobody, at its end too")
    func dtx() throws {
        guard installedFFmpeg() != nil else { return skip("AMR: ffmpeg is not installed") }
        // A comfort noise frame every eighth, nothing between them.
        let silence = (0..<100).flatMap { index -> [UInt8] in index % 8 == 0 ? [0x44, 1, 2, 3, 4, 5] : [0x7C] }
        let bytes = Array("#!AMR\n".utf8) + Self.speech(100) + silence + Self.speech(50) + silence
        let read = try WholeRecording(folder.write(bytes, to: "dtx.amr"))
        #expect(read.frames == 350 * 160)
        // A decoder that knows DTX gives comfort noise, and there is no gap then.
        if !read.gaps.isEmpty {
            #expect(read.gaps == [.init(at: 16_000, frames: 16_000, kind: .notSent), .init(at: 40_000, frames: 16_000, kind: .notSent)])
            #expect(read.warnings == ["4.0 s of its time were never recorded or sent"])
        }
    }

    @Test("A complete AMR is not called truncated, whatever its bit rate does")
    func complete() throws {
        guard installedFFmpeg() != nil else { return skip("AMR: ffmpeg is not installed") }
        let slow = (0..<200).flatMap { _ in [0x04] + [UInt8](repeating: 0x55, count: 12) }
        let read = try WholeRecording(folder.write(Array("#!AMR\n".utf8) + slow + Self.speech(20), to: "vary.amr"))
        #expect(read.warnings.isEmpty && read.frames == 220 * 160, "\(read.warnings)")
    }
}

/// Time on the line, of containers that state it.
@Suite("Gaps in recordings")
struct RecordedGapTests {
    let folder = TemporaryFolder()

    private func make(_ name: String, _ options: [String]) -> String? {
        guard let ffmpeg = installedFFmpeg() else {
            skip("\(name): ffmpeg is not installed")
            return nil
        }
        let source = folder.write(wav([noise(16_000 * 10)], rate: 16_000), to: "source.wav")
        let path = folder.path + "/" + name
        guard run(ffmpeg, ["-nostdin", "-y", "-i", source] + options + [path]) == 0 else {
            skip("\(name): this ffmpeg cannot make it")
            return nil
        }
        return path
    }

    @Test("Sound taken out of the middle stays a gap of its length", arguments: [("a.webm", "libopus"), ("a.mka", "libvorbis")])
    func holes(name: String, coder: String) throws {
        guard let whole = make("whole.mka", ["-c:a", coder]),
            // Packets between 3 and 5 s are dropped; the others keep their time.
            let path = make(name, ["-i", whole, "-map", "1:a", "-c:a", "copy", "-copyts", "-bsf:a", "noise=drop='between(pts*tb,3,5)'"])
        else { return }
        let read = try WholeRecording(path)
        #expect(abs(Double(read.frames) / Double(read.sampleRate) - 10) < 0.2)
        try #require(read.gaps.count == 1, "\(read.gaps)")
        #expect(abs(Double(read.gaps[0].at) / Double(read.sampleRate) - 3) < 0.1 && read.gaps[0].kind == .lost)
        #expect(abs(Double(read.gaps[0].frames) / Double(read.sampleRate) - 2) < 0.1)
        #expect(!read.warnings.contains { $0.contains("truncated") }, "\(read.warnings)")
    }

    @Test("What an Opus sender with DTX left out is a gap that is held against nobody; packets missing from sound are lost")
    func unsentOpus() throws {
        guard let ffmpeg = installedFFmpeg() else { return skip("Opus with DTX: ffmpeg is not installed") }
        let quiet = noise(16_000 * 4, seed: 7).map { $0 * 0.001 }
        let source = folder.write(wav([noise(16_000 * 4) + quiet + noise(16_000 * 4, seed: 3)], rate: 16_000), to: "source.wav")
        let whole = folder.path + "/whole.mka"
        guard run(ffmpeg, ["-nostdin", "-y", "-i", source, "-c:a", "libopus", "-frame_duration", "20", whole]) == 0 else {
            return skip("Opus with DTX: this ffmpeg cannot make it")
        }
        // Of packets of 20 ms, one in 20 is sent while nothing is said.
        for (name, first, kind) in [("dtx.webm", 220, RecordingGap.notSent), ("lost.webm", 60, .lost)] {
            let path = folder.path + "/" + name
            let drop = "noise=drop='between(n,\(first),\(first + 158))*gt(mod(n,20),0)'"
            try #require(run(ffmpeg, ["-nostdin", "-y", "-i", whole, "-c:a", "copy", "-copyts", "-bsf:a", drop, path]) == 0)
            let read = try WholeRecording(path)
            #expect(abs(Double(read.frames) / Double(read.sampleRate) - 12) < 0.1)
            #expect(read.gaps.count == 8 && read.gaps.allSatisfy { $0.kind == kind }, "\(name): \(read.gaps)")
        }
    }

    @Test("Only a short gap behind quiet is silence that was not sent")
    func unsentSilence() {
        func holds(gap: Double, behind packets: [(power: Double, count: Int)]) -> Bool {
            var silence = UnsentSilence()
            for (power, count) in packets { for _ in 0..<count { silence.add(power: power, seconds: 0.02) } }
            return silence.holds(gapSeconds: gap)
        }
        let speech = (power: 0.01, count: 50)
        #expect(holds(gap: 0.38, behind: [speech, (1e-5, 10)]))
        #expect(!holds(gap: 0.38, behind: [speech]) && !holds(gap: 0.02, behind: [speech, (1e-5, 5)]))
        #expect(!holds(gap: 0.02, behind: [speech, (1e-4, 20)]))
        #expect(!holds(gap: 0.5, behind: [speech, (1e-5, 10)]))
        // A call may begin with silence.
        #expect(holds(gap: 0.38, behind: [(0, 10)]) && !holds(gap: 0.38, behind: [(1e-5, 10)]))
        // Between two gaps one packet of background noise comes.
        var silence = UnsentSilence()
        for power in [Double](repeating: 0.01, count: 50) + [Double](repeating: 1e-6, count: 10) { silence.add(power: power, seconds: 0.02) }
        for _ in 0..<20 {
            let isUnsent = silence.holds(gapSeconds: 0.4)
            #expect(isUnsent)
            silence.add(power: 1e-6, seconds: 0.02)
        }
    }

    @Test("Lost pages of an Ogg stay a gap of their length")
    func lostPages() throws {
        guard let path = make("a.opus", ["-c:a", "libopus", "-page_duration", "100000"]) else { return }
        let bytes = FileBytes(path)
        let pages = OggPages.ranges(bytes)
        try #require(pages.count > 50)
        // Each holds a tenth of a second, behind two of headers.
        let kept = pages.prefix(32) + pages.dropFirst(52)
        let read = try WholeRecording(folder.write(kept.flatMap { bytes[$0] }, to: "lost"))
        try #require(read.gaps.count == 1, "\(read.gaps)")
        #expect(abs(read.gaps[0].at - 3 * 48_000) < 4800 && abs(read.gaps[0].frames - 2 * 48_000) < 4800, "\(read.gaps)")
        #expect(abs(read.frames - 10 * 48_000) < 9600)
    }

    @Test("A track that begins late begins late", arguments: [("a.m4a", "aac"), ("a.webm", "libopus")])
    func lateStart(name: String, coder: String) throws {
        guard let path = make(name, ["-c:a", coder, "-output_ts_offset", "7"]) else { return }
        let read = try WholeRecording(path)
        try #require(read.gaps.count == 1, "\(read.gaps)")
        #expect(read.gaps[0].at == 0 && read.gaps[0].kind == .notSent)
        #expect(abs(Double(read.gaps[0].frames) / Double(read.sampleRate) - 7) < 0.15)
        #expect(
            read.warnings == [
                "\(HeaderPromise.duration(Double(read.gaps[0].frames) / Double(read.sampleRate))) of its time were never recorded or sent"
            ])
    }

    @Test("Where times begin anywhere, the first is the beginning", arguments: ["a.ts", "a.mpg"])
    func anyStart(name: String) throws {
        guard let path = make(name, ["-c:a", "mp2", "-output_ts_offset", "100"]) else { return }
        let read = try WholeRecording(path)
        #expect(read.gaps.isEmpty && abs(Double(read.frames) / Double(read.sampleRate) - 10) < 0.2)
    }

    @Test("Jitter adds up to nothing, and absurd jumps are damage")
    func timeline() {
        var line = BlockTimeline(sampleRate: 8000, startsAtZero: true)
        for index in 0..<1000 { _ = line.add(milliseconds: index * 20 + [0, 12, -9, 14][index % 4], frames: 160) }
        #expect(line.frames == 160_000)
        #expect(line.add(milliseconds: 20_000 + 40, frames: 160) == 320)
        #expect(line.add(milliseconds: 1_000_000_000, frames: 160) == 0 && line.ignoredJumps == 1)
        #expect(line.add(milliseconds: 1_000_000_020 + 50, frames: 160) == 400)
        // A second link whose time starts anew.
        #expect(line.add(milliseconds: 0, frames: 160) == 0)
        #expect(line.add(milliseconds: 20, frames: 160) == 0)
        #expect(line.add(milliseconds: 140, frames: 160) == 800)
    }
}
