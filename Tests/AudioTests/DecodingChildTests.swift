import Glibc
import Testing

@testable import Audio

/// The decoding child, played by scripts that misbehave.
@Suite("The decoding child")
struct DecodingChildTests {
    let folder = TemporaryFolder()
    var recording: String { folder.write(Array("#!AMR\n".utf8) + [UInt8](repeating: 0x3C, count: 100), to: "call.amr") }

    /// The start of a Matroska stream of float32 as ffmpeg writes it, up to its first block; its lengths unknown.
    static func header(rate: Double = 8000, channels: UInt8 = 1) -> String {
        let audio = [0xB5, 0x88] + little(rate.bitPattern, 8).reversed() + [0x9F, 0x81, channels]
        let track = [0xE1, 0x80 | UInt8(audio.count)] + audio
        let tracks = [0xAE, 0x80 | UInt8(track.count)] + track
        let unknown: [UInt8] = [0x01] + [UInt8](repeating: 0xFF, count: 7)
        return print(
            [0x18, 0x53, 0x80, 0x67] + unknown + [0x16, 0x54, 0xAE, 0x6B, 0x80 | UInt8(tracks.count)] + tracks + [0x1F, 0x43, 0xB6, 0x75] + unknown
                + [0xE7, 0x81, 0])
    }
    static let header = header()

    /// A block of samples, at so many milliseconds.
    static func block(_ samples: [Float], at milliseconds: Int = 0) -> [UInt8] {
        [
            0xA3, 0x40 | UInt8((4 + samples.count * 4) >> 8), UInt8((4 + samples.count * 4) & 0xFF), 0x81, UInt8(milliseconds >> 8),
            UInt8(milliseconds & 0xFF), 0x80,
        ]
            + samples.flatMap { little($0.bitPattern, 4) }
    }

    /// One sample: 0.5.
    static let half = print(block([0.5]))

    /// The command of a shell that writes these bytes.
    static func print(_ bytes: [UInt8]) -> String {
        "printf '" + bytes.map { byte in "\\" + [6, 3, 0].map { String(byte >> $0 & 7) }.joined() }.joined() + "'"
    }

    func options(_ script: String, hangSeconds: Double = 20) -> DecodingOptions {
        DecodingOptions(ffmpegPath: folder.script(script, name: "ffmpeg"), hangSeconds: hangSeconds)
    }

    @Test("Without ffmpeg one line says what to install")
    func missing() {
        expectFailure(recording, .missingTool, says: "apt-get install ffmpeg", options: DecodingOptions(searchPath: "/nonexistent:" + folder.path))
        expectFailure(
            folder.write([1, 2, 3], to: "a.g722"), .missingTool, says: "apt-get install ffmpeg", options: DecodingOptions(searchPath: ""))
    }

    @Test("ffmpeg is found through the search path, whatever it is")
    func searchPath() throws {
        _ = folder.script("\(Self.header); \(Self.half); \(Self.half)", name: "ffmpeg")
        let read = try WholeRecording(recording, options: DecodingOptions(searchPath: "/nonexistent:" + folder.path))
        #expect(read.channels == [[0.5, 0.5]])
        #expect(read.sampleRate == 8000)
    }

    @Test("Samples cut in two by the pipe are put together")
    func cutSamples() throws {
        let bytes = Self.block([0.5, -0.5])
        let script = ([Self.header] + [0..<1, 1..<5, 5..<9, 9..<13, 13..<bytes.count].map { Self.print(Array(bytes[$0])) }).joined(
            separator: "; sleep 0.02; ")
        #expect(try WholeRecording(recording, options: options(script)).channels == [[0.5, -0.5]])
    }

    @Test("A child that never gives sound is ended, with all it started")
    func hangs() throws {
        let marker = folder.path + "/pid"
        expectFailure(
            recording, .childFailed, says: "ffmpeg gave no sound for 1.5 s and was ended",
            options: options("sleep 1000 & echo $! > \(marker); wait", hangSeconds: 1.5))
        try expectEnded(marker)
    }

    @Test("A child that hangs after good sound is ended, and the error comes where the sound stops")
    func hangsLater() throws {
        let marker = folder.path + "/pid"
        let script = "\(Self.header); \(Self.half); sleep 1000 & echo $! > \(marker); wait"
        var reader = try RecordingReader(path: recording, options: options(script, hangSeconds: 1.5))
        var block: [[Float]] = []
        let error = #expect(throws: AudioError.self) { try drain(&reader, &block) }
        #expect(error?.kind == .childFailed)
        try expectEnded(marker)
    }

    @Test("A child that chatters without giving sound hangs all the same")
    func chatters() {
        expectFailure(
            recording, .childFailed, says: "gave no sound for 1.5 s",
            options: options("while :; do echo working >&2; sleep 0.01; done", hangSeconds: 1.5))
    }

    @Test("A child is ended when its reader is dropped")
    func dropped() throws {
        let marker = folder.path + "/pid"
        // It writes no more after its ten samples, so the closed pipe alone would never end it.
        let ten = [String](repeating: Self.half, count: 10).joined(separator: "; ")
        let script = "\(Self.header); sleep 1000 & echo $! > \(marker); \(ten); wait"
        do {
            var reader = try RecordingReader(path: recording, options: options(script))
            var block: [[Float]] = []
            #expect(try reader.read(upTo: 10, into: &block) == 10)
        }
        try expectEnded(marker)
    }

    @Test("A child that fails before any sound is an error with its last words")
    func fails() {
        expectFailure(
            recording, .childFailed, says: "ffmpeg cannot decode this AMR file: bad\\u{1B}news",
            options: options(#"printf 'first\nbad\033news\n' >&2; exit 1"#))
        expectFailure(recording, .noAudio, says: "no sound behind it", options: options("\(Self.header)"))
        expectFailure(recording, .childFailed, says: "something other than the sound", options: options("head -c 100 /dev/zero"))
        expectFailure(recording, .childFailed, says: "ffmpeg cannot decode", options: options("printf '\\032'; exit 1"))
        expectFailure(recording, .childFailed, says: "cannot be run", options: DecodingOptions(ffmpegPath: folder.path + "/none"))
    }

    @Test("A child that fails after good sound leaves the sound and a warning")
    func failsLater() throws {
        let read = try WholeRecording(recording, options: options("\(Self.header); \(Self.half); echo broken frame >&2; exit 3"))
        #expect(read.channels == [[0.5]])
        #expect(read.warnings == ["damaged: ffmpeg stopped after 0 s (broken frame); what came before it was read, an unknown length was not"])
        #expect(read.unheard == UnheardSound(seconds: nil))
    }

    @Test("A flood on its standard error neither blocks it nor fills our memory")
    func flood() throws {
        let read = try WholeRecording(recording, options: options("\(Self.header); head -c 3000000 /dev/zero | tr '\\0' x >&2; \(Self.half)"))
        #expect(read.channels == [[0.5]])
    }

    @Test("Impossible rates and channels from the child are refused")
    func limits() {
        let block = Self.print(Self.block([Float](repeating: 0, count: 34)))
        expectFailure(recording, .limit, says: "17 channels", options: options("\(Self.header(channels: 17)); \(block)"))
        expectFailure(recording, .limit, says: "1 samples a second", options: options("\(Self.header(rate: 1)); \(block)"))
    }

    @Test("Blocks that come later than their samples say are behind a gap; those that come too early are appended")
    func gaps() throws {
        let tenth = [Float](repeating: 0.25, count: 800)
        let times = [0, 100, 250, 345, 440, 900]
        let script = ([Self.header] + times.map { Self.print(Self.block(tenth, at: $0)) }).joined(separator: "; ")
        let read = try WholeRecording(recording, options: options(script))
        // 50 ms are missing at 200; 345 and 440 are early by 5 and 10 ms, which is jitter; 900 is 350 ms behind the end of its forerunner.
        #expect(read.gaps == [.init(at: 1600, frames: 400, kind: .lost), .init(at: 4400, frames: 2800, kind: .lost)])
        #expect(read.channels[0].count == 4800 && read.frames == 8000)
        #expect(read.warnings.contains("0.4 s of its time hold no sound: lost or not decodable"))
    }

    @Test("A child gets no more memory, processor time, file size and processes than it needs")
    func childLimits() throws {
        let marker = folder.path + "/limits"
        let script = "\(Self.header); \(Self.half); cat /proc/self/limits > \(marker)"
        _ = try WholeRecording(recording, options: options(script))
        let lines = String(decoding: FileBytes(marker), as: UTF8.self).split(separator: "\n")
        func limit(_ name: String) throws -> Int {
            let line = try #require(lines.first { $0.hasPrefix(name) }, "\(name) is not limited")
            return try #require(Int(line.dropFirst(26).split(separator: " ")[0]), "\(line)")
        }
        #expect(try limit("Max data size") == 384 << 20)
        #expect(try limit("Max address space") == 4 << 30)
        #expect(try limit("Max cpu time") == 8)
        #expect(try limit("Max file size") <= 128 << 10)
        #expect(try limit("Max core file size") == 0)
        #expect(try limit("Max processes") > 64)
    }

    @Test("A child reaches no network")
    func network() throws {
        guard access("/bin/bash", X_OK) == 0 else { return skip("the network test needs bash, which opens sockets") }
        let marker = folder.path + "/network"
        // A datagram is sent to nobody in particular, so it goes through wherever it may be sent at all.
        let send = "(echo x > /dev/udp/127.0.0.1/9) && echo sent > \(marker)"
        #expect(run("/bin/bash", ["-c", send]) == 0)
        #expect(String(decoding: FileBytes(marker), as: UTF8.self) == "sent\n")
        unlink(marker)
        let script = "\(Self.header); \(Self.half); /bin/bash -c '\(send)' 2> /dev/null"
        _ = try WholeRecording(recording, options: options(script))
        #expect(access(marker, F_OK) != 0)
        // This program itself is not bound.
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        #expect(descriptor >= 0)
        close(descriptor)
    }

    @Test("A child that computes for ever is ended by its limit, and the sound before it is kept and called a part")
    func processorTime() throws {
        var limits = ChildLimits(forInputOf: 0)
        limits.processorSeconds = 1
        let child = try DecodingChild(
            program: folder.script("while :; do :; done", name: "busy"), arguments: [],
            input: FileHandle(readingRegularFile: recording, displayName: recording), displayName: recording, hangSeconds: 60, limits: limits)
        var bytes: [UInt8] = []
        #expect(try child.append(upTo: 10, to: &bytes) == 0)
        #expect([128 + SIGKILL, 128 + SIGXCPU].contains(child.finish().status))
    }

    private func drain(_ reader: inout RecordingReader, _ block: inout [[Float]]) throws(AudioError) {
        while try reader.read(upTo: 100, into: &block) > 0 {}
    }

    /// The process that the script named is gone, or dead and waiting for init to notice. A killed process may still need the
    /// processor to die, so it is given up to a thousand turns.
    private func expectEnded(_ marker: String, at location: SourceLocation = #_sourceLocation) throws {
        let pid = try #require(Int32(String(decoding: FileBytes(marker), as: UTF8.self).split(separator: "\n").first ?? ""), sourceLocation: location)
        for _ in 0..<1000 {
            guard let state = state(of: pid), state != "Z", state != "X" else { return }
            poll(nil, 0, 5)
        }
        Issue.record("process \(pid) lives on", sourceLocation: location)
    }

    /// Field 3 of /proc/PID/stat, a file without a length; nil when there is no such process.
    private func state(of pid: Int32) -> Character? {
        let descriptor = open("/proc/\(pid)/stat", O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 200)
        let count = max(0, read(descriptor, &bytes, bytes.count))
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: ")").last?.dropFirst().first
    }
}
