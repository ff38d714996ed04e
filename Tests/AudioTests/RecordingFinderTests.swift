import Glibc
import Testing

@testable import Audio

@Suite("Finding recordings")
struct RecordingFinderTests {
    let folder = TemporaryFolder()
    let sound = wav([noise(100)], rate: 8000)

    func found(_ paths: String...) -> (names: [String], problems: [AudioError]) {
        var finder = RecordingFinder()
        for path in paths { finder.add(path: path) }
        return (finder.paths.map { $0.replacing(folder.path + "/", with: "") }, finder.problems)
    }

    @Test("A folder is walked by name, without what is hidden or no recording")
    func directory() {
        mkdir(folder.path + "/b", 0o755)
        mkdir(folder.path + "/.hidden", 0o755)
        for name in ["c.wav", "a.wav", "b/2", "b/1.ulaw", ".secret.wav", ".hidden/a.wav", "Z.FLAC"] { _ = folder.write(sound, to: name) }
        _ = folder.write("text", to: "notes.txt")
        mkfifo(folder.path + "/fifo.wav", 0o600)
        #expect(found(folder.path).names == ["Z.FLAC", "a.wav", "b/1.ulaw", "b/2", "c.wav"])
        #expect(found(folder.path).problems.isEmpty)
    }

    @Test("What is no recording is named; what has a suffix of sound is taken, readable or not")
    func passedOver() {
        for name in ["a.pcm", "b.ulw", "c.alw", "d.raw", "e.vox", "f.g729", "g.mp2", "h.ac3", "i.ilbc", "j.sln16", "k.mp3"] {
            _ = folder.write([1, 2, 3], to: name)
        }
        _ = folder.write("text", to: "notes.txt")
        _ = folder.write([0, 1, 2], to: "tool")
        _ = folder.write("hidden", to: ".profile")
        var finder = RecordingFinder()
        finder.add(path: folder.path)
        #expect(
            finder.paths.map { $0.replacing(folder.path + "/", with: "") } == [
                "a.pcm", "b.ulw", "c.alw", "d.raw", "e.vox", "f.g729", "g.mp2", "h.ac3", "i.ilbc", "j.sln16", "k.mp3",
            ])
        #expect(finder.passedOver == ["notes.txt", "tool"].map { folder.path + "/" + $0 })
    }

    @Test("A manifest in UTF-16, with semicolons or in Latin-1 is told as such")
    func foreignManifests() {
        let rows = "path,label\na.wav,human\n"
        let wide: [UInt8] = rows.utf16.flatMap { little($0, 2) as [UInt8] }
        let reversed: [UInt8] = rows.utf16.flatMap { (little($0, 2) as [UInt8]).reversed() }
        let cases: [([UInt8], String)] = [
            ([0xFF, 0xFE] + wide, "UTF-16"), (wide, "UTF-16"), ([0xFE, 0xFF] + reversed, "UTF-16"),
            (Array("path;label\na.wav;human\n".utf8), "semicolons"), (Array("label\tpath\nhuman\ta.wav\n".utf8), "tabs"),
            (Array("path,label\na.wav,human\n\u{FC}".utf8.dropLast(2)) + [0xFC, 0x2C, 0x0A], "line 3: this is not UTF-8"),
            (sound, "this is a recording"),
        ]
        for (bytes, words) in cases {
            var finder = RecordingFinder()
            let error = #expect(throws: AudioError.self) { try finder.add(manifest: folder.write(bytes, to: "list.csv")) }
            #expect(error?.kind == .usage && error?.problem.contains(words) == true, "\(error as Any)")
        }
    }

    @Test("Links that lead in circles end, and a folder is walked once")
    func loops() {
        mkdir(folder.path + "/a", 0o755)
        _ = folder.write(sound, to: "a/x.wav")
        symlink("..", folder.path + "/a/up")
        symlink("a", folder.path + "/b")
        #expect(found(folder.path).names == ["a/x.wav"])
    }

    @Test("A dangling link to a recording is a problem, and the walk goes on")
    func dangling() {
        symlink("gone.wav", folder.path + "/a.wav")
        symlink("gone", folder.path + "/a")
        _ = folder.write(sound, to: "b.wav")
        let (names, problems) = found(folder.path)
        #expect(names == ["b.wav"])
        #expect(problems.map(\.description) == [folder.path + "/a.wav: this symbolic link points to nothing"])
    }

    @Test("Files and - are taken as given, each once, in the order given")
    func explicit() {
        let text = folder.write("text", to: "notes.txt")
        #expect(found(text, "-", folder.path + "/missing.wav", text, "-").names == ["notes.txt", "-", "missing.wav"])
    }

    @Test("A manifest has a path a line, below its own folder or a root")
    func lines() throws {
        let manifest = folder.write("\u{FEFF}a.wav\r\n\r\n  b c.wav \n/abs/d.wav\n#e,f.wav\n", to: "list")
        var finder = RecordingFinder()
        try finder.add(manifest: manifest)
        #expect(finder.paths == [folder.path + "/a.wav", folder.path + "/b c.wav", "/abs/d.wav", folder.path + "/#e,f.wav"])
        var rooted = RecordingFinder()
        try rooted.add(manifest: manifest, root: "/corpus/")
        #expect(rooted.paths == ["/corpus/a.wav", "/corpus/b c.wav", "/abs/d.wav", "/corpus/#e,f.wav"])
    }

    @Test("A CSV manifest has its paths in the column path, quoted or not")
    func csv() throws {
        let manifest = folder.write(
            "label,path,language\nhuman,a.wav,en\nsynthetic,\"b, \"\"the\"\" second.wav\",de\nhuman,\"c\nd.wav\",fr\n", to: "list.csv")
        var finder = RecordingFinder()
        try finder.add(manifest: manifest, root: "/r")
        #expect(finder.paths == ["/r/a.wav", "/r/b, \"the\" second.wav", "/r/c\nd.wav"])
    }

    @Test("A manifest that is missing, empty or a recording is an error")
    func badManifests() {
        for (path, kind) in [
            (folder.path + "/none", AudioError.Kind.notFound), (folder.write("\n \n", to: "blank"), .usage),
            (folder.write(sound, to: "a.wav"), .usage),
            (folder.write("path,label\n", to: "headless.csv"), .usage),
        ] {
            var finder = RecordingFinder()
            let error = #expect(throws: AudioError.self) { try finder.add(manifest: path) }
            #expect(error?.kind == kind)
        }
    }
}
