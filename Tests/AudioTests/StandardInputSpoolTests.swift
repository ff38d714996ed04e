import CSndfile
import Glibc
import Testing

@testable import Audio

@Suite("Standard input")
struct StandardInputSpoolTests {
    let folder = TemporaryFolder()

    /// A descriptor that yields `bytes` as a pipe does, in pieces and without seeking.
    func pipe(_ bytes: [UInt8]) -> (end: FileHandle, writer: pid_t) {
        let path = folder.write(bytes, to: "piped")
        var ends: [Int32] = [0, 0]
        Glibc.pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let writer = start("/bin/cat", [path], output: ends[1])
        close(ends[1])
        return (FileHandle(owning: ends[0]), writer)
    }

    func spool(_ bytes: [UInt8], limitBytes: Int = 1 << 30) throws(AudioError) -> StandardInputSpool {
        let (end, writer) = pipe(bytes)
        defer { waitpid(writer, nil, 0) }
        return try withExtendedLifetime(end) { () throws(AudioError) in
            try StandardInputSpool(descriptor: end.descriptor, limitBytes: limitBytes, directory: folder.path)
        }
    }

    @Test("A piped CAF, which needs seeking, is read, and twice")
    func seeking() throws {
        let path = folder.path + "/a.caf"
        writeWithLibsndfile([noise(100_000)], rate: 8000, format: Int(SF_FORMAT_CAF) | Int(SF_FORMAT_PCM_16), to: path)
        let spool = try spool(FileBytes(path))
        #expect(spool.byteCount == FileBytes(path).count)
        for _ in 0..<2 {
            var reader = try RecordingReader(spool: spool)
            #expect(try WholeRecording(&reader).channels[0].count == 100_000)
        }
    }

    @Test("A piped recording goes to ffmpeg where ffmpeg is needed")
    func throughFFmpeg() throws {
        guard let ffmpeg = installedFFmpeg() else { return skip("the piped M4A: ffmpeg is not installed") }
        let source = folder.write(wav([tone(440, seconds: 1, rate: 16_000)], rate: 16_000), to: "a.wav")
        run(ffmpeg, ["-nostdin", "-i", source, "-c:a", "aac", folder.path + "/a.m4a"])
        let spool = try spool(FileBytes(folder.path + "/a.m4a"))
        var reader = try RecordingReader(spool: spool)
        #expect(abs(frequency(of: try WholeRecording(&reader).channels[0], rate: 16_000) - 440) < 3)
    }

    @Test("The copy has no name in the folder")
    func nameless() throws {
        let spool = try spool(wav([noise(100)], rate: 8000))
        var finder = RecordingFinder()
        finder.add(path: folder.path)
        #expect(finder.paths == [folder.path + "/piped"])
        var status = stat()
        let copy = try spool.reopened()
        withExtendedLifetime(copy) { _ = fstat(copy.descriptor, &status) }
        #expect(status.st_nlink == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test("More than the limit is an error that names it; the limit itself is not")
    func limit() throws {
        let bytes = wav([noise(478)], rate: 8000)
        #expect(bytes.count == 1000)
        #expect(try spool(bytes, limitBytes: 1000).byteCount == 1000)
        let error = #expect(throws: AudioError.self) { try spool(bytes, limitBytes: 999) }
        #expect(error?.kind == .limit)
        #expect(error?.description == "-: standard input is longer than the limit of 999 bytes; save it to a file and give its path")
    }

    @Test("Nothing on standard input is an error")
    func empty() {
        let error = #expect(throws: AudioError.self) { try spool([]) }
        #expect(error?.description == "-: standard input is empty")
    }

    @Test("A full disk gives one clear line")
    func full() {
        let input = open(folder.write(wav([noise(100)], rate: 8000), to: "a.wav"), O_RDONLY)
        defer { close(input) }
        let full = FileHandle(owning: open("/dev/full", O_WRONLY))
        let error = #expect(throws: AudioError.self) {
            try StandardInputSpool(descriptor: input, limitBytes: 1 << 20, file: full, directory: "/somewhere")
        }
        #expect(error?.kind == .diskFull)
        #expect(error?.description.hasPrefix("-: no room left in /somewhere for a copy of standard input; set TMPDIR") == true)
    }

    @Test("A folder that cannot take the copy gives one clear line")
    func noFolder() {
        let error = #expect(throws: AudioError.self) { try StandardInputSpool(descriptor: 0, limitBytes: 1, directory: folder.path + "/none") }
        #expect(error?.kind == .io)
        #expect(error?.description.contains("set TMPDIR to a folder that can be written") == true)
    }
}
