import Glibc
import Testing
import Text

@testable import Audio

@Suite("Bad paths")
struct BadPathTests {
    let folder = TemporaryFolder()

    @Test("What is not there, dangles, loops or lies below a file is not found")
    func notFound() {
        expectFailure(folder.path + "/no.wav", .notFound, says: "no such file")
        symlink("nowhere.wav", folder.path + "/dangling.wav")
        expectFailure(folder.path + "/dangling.wav", .notFound, says: "symbolic link points to nothing")
        symlink("loop.wav", folder.path + "/loop.wav")
        expectFailure(folder.path + "/loop.wav", .notFound, says: "leads back to itself")
        let file = folder.write("x", to: "file")
        expectFailure(file + "/a.wav", .notFound, says: "Not a directory")
    }

    @Test("Directories, FIFOs and devices are refused without being opened")
    func notRegular() {
        expectFailure(folder.path, .notRegular, says: "a directory")
        let fifo = folder.path + "/line.wav"
        mkfifo(fifo, 0o600)
        // Were it opened, the test would hang here: nobody writes into it.
        expectFailure(fifo, .notRegular, says: "a FIFO")
        expectFailure("/dev/zero", .notRegular, says: "a device")
        expectFailure("/dev/null", .notRegular, says: "a device")
    }

    @Test("A link to a recording is the recording")
    func link() throws {
        _ = folder.write(wav([noise(100)], rate: 8000), to: "a.wav")
        symlink("a.wav", folder.path + "/b.wav")
        #expect(try WholeRecording(folder.path + "/b.wav").channels[0].count == 100)
    }

    @Test(
        "Paths with spaces, newlines, emoji and dashes are read",
        arguments: ["my call.wav", "a\nb.wav", "☎️ 🎙️.wav", "-i.wav", "%s'\"`$x.wav", "http:x.wav"])
    func strangeNames(name: String) throws {
        #expect(try WholeRecording(folder.write(wav([noise(100)], rate: 8000), to: name)).channels[0].count == 100)
    }

    @Test("No path and no message draws on the terminal")
    func escapes() {
        let error = failure(folder.path + "/\u{1B}[31mred\n\u{202E}vaw.wav")
        #expect(error?.description.contains("\\u{1B}[31mred\\n\\u{202E}vaw.wav: no such file") == true, "\(error as Any)")
        #expect("tab\there \u{9B}\u{7F}".escapedForTerminal == "tab\\there \\u{9B}\\u{7F}")
        #expect("my call ☎️.wav".escapedForTerminal == "my call ☎️.wav")
    }

    @Test("An unreadable file and an unreadable folder are told as such, and the search goes on")
    func permission() throws {
        guard geteuid() == 0 else { return skip("the permission test needs root, who becomes nobody for it") }
        let bytes = wav([noise(100)], rate: 8000)
        chmod(folder.path, 0o755)
        mkdir(folder.path + "/closed", 0o755)
        let inside = folder.write(bytes, to: "closed/a.wav")
        let secret = folder.write(bytes, to: "b.wav")
        let open = folder.write(bytes, to: "c.wav")
        chmod(secret, 0o000)
        chmod(folder.path + "/closed", 0o000)
        defer { chmod(folder.path + "/closed", 0o755) }

        // Only this thread becomes nobody, so the other tests go on as root.
        let nobody: UInt32 = 65_534
        setFileSystemUser(nobody)
        defer { setFileSystemUser(0) }
        #expect(setFileSystemUser(nobody) == Int32(nobody))
        expectFailure(secret, .permission, says: "no permission to read it")
        expectFailure(inside, .permission, says: "no permission to read it")
        var finder = RecordingFinder()
        finder.add(path: folder.path)
        #expect(finder.paths == [secret, open])
        #expect(finder.problems.map(\.kind) == [.permission])
        #expect(finder.problems.first?.path == folder.path + "/closed")
    }
}

/// Sets the file-system user of the calling thread (setfsuid(2)) and returns what it was before. Root who becomes another
/// user so loses the right to read everything. Swift's C library module leaves the function out, hence the look-up by name.
@discardableResult
func setFileSystemUser(_ user: UInt32) -> Int32 {
    typealias SetFSUID = @convention(c) (UInt32) -> Int32
    return unsafeBitCast(dlsym(nil, "setfsuid"), to: SetFSUID.self)(user)
}
