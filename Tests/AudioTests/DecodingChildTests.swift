import Glibc
import Testing

@testable import Audio

/// The decoding child, played by scripts that misbehave.
@Suite("The decoding child")
struct DecodingChildTests {
    let folder = TemporaryFolder()
    var recording: String { folder.write(Array("#!AMR\n".utf8) + [UInt8](repeating: 0x3C, count: 100), to: "call.amr") }

    /// The header of an AU stream of float32: one channel, 8 kHz, length unknown.
    static let header = #"printf '.snd\000\000\000\030\377\377\377\377\000\000\000\006\000\000\037\100\000\000\000\001'"#
    /// One sample: 0.5.
    static let half = #"printf '\077\000\000\000'"#

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
        let script = #"\#(Self.header); printf '\077'; sleep 0.02; printf '\000\000'; sleep 0.02; printf '\000\277\000\000\000\077'"#
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
            recording, .childFailed, says: "gave no sound for 1.5 s", options: options("while :; do echo working >&2; sleep 0.01; done", hangSeconds: 1.5))
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
        expectFailure(recording, .childFailed, says: "ffmpeg cannot decode", options: options("printf .snd"))
        expectFailure(recording, .childFailed, says: "cannot be run", options: DecodingOptions(ffmpegPath: folder.path + "/none"))
    }

    @Test("A child that fails after good sound leaves the sound and a warning")
    func failsLater() throws {
        let read = try WholeRecording(recording, options: options("\(Self.header); \(Self.half); echo broken frame >&2; exit 3"))
        #expect(read.channels == [[0.5]])
        #expect(read.warnings == ["damaged: ffmpeg stopped after 0 s (broken frame); what came before it was read"])
    }

    @Test("A flood on its standard error neither blocks it nor fills our memory")
    func flood() throws {
        let read = try WholeRecording(recording, options: options("\(Self.header); head -c 3000000 /dev/zero | tr '\\0' x >&2; \(Self.half)"))
        #expect(read.channels == [[0.5]])
    }

    @Test("Impossible rates and channels from the child are refused")
    func limits() {
        let manyChannels = Self.header.replacing(#"\000\000\000\001'"#, with: #"\000\000\000\021'"#)
        expectFailure(recording, .limit, says: "17 channels", options: options("\(manyChannels); head -c 10000 /dev/zero"))
        let slow = Self.header.replacing(#"\037\100"#, with: #"\000\001"#)
        expectFailure(recording, .limit, says: "1 samples a second", options: options("\(slow); head -c 10000 /dev/zero"))
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
