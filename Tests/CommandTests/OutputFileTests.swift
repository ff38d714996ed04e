import Foundation
import Testing

@testable import falsetto

@Suite("Files that commands write") struct OutputFileTests {
    private func call(_ scratch: Scratch, _ name: String = "call.wav") throws -> String { try scratch.write(wav([silence(seconds: 1)]), name) }

    @Test("An output that is an input is refused, under any name, and the input is untouched")
    func inputs() throws {
        let scratch = try Scratch()
        let path = try call(scratch)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        try FileManager.default.createSymbolicLink(atPath: scratch.path("link.html"), withDestinationPath: "call.wav")
        try FileManager.default.linkItem(atPath: path, toPath: scratch.path("hard.html"))
        for (option, output) in [
            ("--report", path), ("--labels", path), ("--report", scratch.path("link.html")), ("--report", scratch.path("hard.html")),
            ("--report", scratch.url.path + "/./call.wav"),
        ] {
            for input in [path, scratch.url.path] {
                let run = try Program.run(["analyze", option, output, input])
                #expect(run.code == 64 && run.output.isEmpty && run.complaint.contains("is one of the inputs"), "\(output): \(run.complaint)")
            }
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        let manifest = try scratch.write(Data("path,label\ncall.wav,human\ncall2.wav,synthetic\n".utf8), "m.csv")
        _ = try call(scratch, "call2.wav")
        for arguments in [
            ["evaluate", "--manifest", manifest, "--scores", manifest], ["evaluate", "--manifest", manifest, "--scores", path],
            ["tune", "--manifest", manifest, "--out", manifest], ["tune", "--manifest", manifest, "--report", path],
        ] {
            let run = try Program.run(arguments)
            #expect(run.code == 64 && run.complaint.contains("is one of the inputs"), "\(run.complaint)")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        let policy = try scratch.write(Data("{}".utf8), "p.json")
        let check = try Program.run(["policy", "check", "--accept", policy, policy])
        #expect(check.code == 64 && check.complaint.contains("is one of the inputs"))
        let twice = try Program.run(["analyze", "--report", scratch.path("x"), "--labels", scratch.url.path + "/./x", path])
        #expect(twice.code == 64 && twice.complaint.contains("two results"))
    }

    @Test("A link is written through to where it leads, and stays a link")
    func links() throws {
        let scratch = try Scratch()
        let path = try call(scratch)
        try FileManager.default.createDirectory(atPath: scratch.path("kept"), withIntermediateDirectories: false)
        try scratch.write(Data("old".utf8), "kept/page.html")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: scratch.path("kept/page.html"))
        try FileManager.default.createSymbolicLink(atPath: scratch.path("page"), withDestinationPath: "kept/page.html")
        try FileManager.default.createSymbolicLink(atPath: scratch.path("new"), withDestinationPath: "kept/new.html")
        for name in ["page", "new"] {
            #expect(try Program.run(["analyze", "--report", scratch.path(name), path]).code == 2)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch.path(name)) == "kept/\(name).html")
            #expect(try String(contentsOfFile: scratch.path("kept/\(name).html"), encoding: .utf8).contains("<svg"))
        }
        #expect(try FileManager.default.attributesOfItem(atPath: scratch.path("kept/page.html"))[.posixPermissions] as? Int == 0o640)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("kept")).sorted() == ["new.html", "page.html"])
    }

    @Test("FIFOs, devices and open descriptors are written into as they stand")
    func streams() throws {
        let scratch = try Scratch()
        let path = try call(scratch)
        #expect(mkfifo(scratch.path("pipe"), 0o600) == 0)
        // Open for both, so that neither side waits for the other; the text fits into the pipe.
        let descriptor = open(scratch.path("pipe"), O_RDWR)
        defer { close(descriptor) }
        #expect(try Program.run(["analyze", "--labels", scratch.path("pipe"), path]).code == 2)
        var status = stat()
        #expect(lstat(scratch.path("pipe"), &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
        #expect(try Program.run(["analyze", "--report", "/dev/null", path]).code == 2)
        #expect(lstat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
        let page = try Program.run(["analyze", "--format", "csv", "--report", "/dev/stdout", path])
        #expect(page.output.hasPrefix("path,") && page.output.contains("<svg"))
    }

    @Test("What cannot be written whole is not there: neither half a file nor a neighbour")
    func wholeOrNot() throws {
        let scratch = try Scratch()
        let full = try Program.run(["analyze", "--report", "/dev/full", try call(scratch)])
        #expect(full.code == 70 && full.complaint.contains("No space left"))
        try scratch.write(Data("kept".utf8), "old.html")
        // A file size limit of 0 stands for a full disk.
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"", Program.url.path, "analyze", "--report", scratch.path("old.html"),
            scratch.path("call.wav"),
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 70)
        #expect(try String(contentsOfFile: scratch.path("old.html"), encoding: .utf8) == "kept")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).sorted() == ["call.wav", "old.html"])
    }

    @Test("Folders, disks and links in circles are refused before the work begins")
    func refused() throws {
        let scratch = try Scratch()
        let path = try call(scratch)
        try FileManager.default.createSymbolicLink(atPath: scratch.path("a"), withDestinationPath: "b")
        try FileManager.default.createSymbolicLink(atPath: scratch.path("b"), withDestinationPath: "a")
        for (output, words) in [
            (scratch.url.path, "is a folder"), (scratch.path("a"), "back to itself"), (scratch.path("no/x"), "there is no folder"),
        ] {
            let run = try Program.run(["analyze", "--report", output, path])
            #expect(run.code == 64 && run.output.isEmpty && run.complaint.contains(words), "\(run.complaint)")
        }
    }
}
