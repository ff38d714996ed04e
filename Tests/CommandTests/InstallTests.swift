import Foundation
import Testing

@Suite("Tools/install and the units") struct InstallTests {
    private func sh(_ arguments: [String], environment: [String: String] = [:]) throws -> Program.Run {
        try Program.run(arguments, tool: URL(fileURLWithPath: "/usr/bin/env"), environment: environment)
    }

    private func has(_ program: String) -> Bool { (try? sh(["which", program]).code) == 0 }

    @Test("What is installed needs nothing of the build folder")
    func install() throws {
        let scratch = try Scratch()
        let build = Program.url.deletingLastPathComponent().path
        let prefix = scratch.path("prefix")
        let run = try sh([Program.project.appending(path: "Tools/install").path, "--prefix", prefix, "--build", build])
        #expect(run.code == 0, "\(run.complaint)")
        for path in [
            "bin/falsetto", "share/bash-completion/completions/falsetto", "share/zsh/site-functions/_falsetto",
            "share/fish/vendor_completions.d/falsetto.fish", "lib/systemd/system/falsetto.service",
        ] { #expect(FileManager.default.fileExists(atPath: "\(prefix)/\(path)"), "\(path)") }
        let unit = try String(contentsOfFile: "\(prefix)/lib/systemd/system/falsetto.service", encoding: .utf8)
        #expect(unit.contains("ExecStart=\(prefix)/bin/falsetto listen") && !unit.contains("@BIN@"))

        // The program without its build folder: hidden under an empty file system, in a name space of its own.
        let call = try scratch.write(wav([voice(seconds: 4)]), "call.wav")
        guard try sh(["unshare", "-rm", "true"]).code == 0 else {
            print("skipped: without name spaces for users the build folder cannot be hidden from the program")
            return
        }
        let hidden = try sh([
            "unshare", "-rm", "sh", "-c",
            "mount -t tmpfs none '\(build)' && [ ! -e '\(build)/falsetto' ] && exec '\(prefix)/bin/falsetto' analyze --format json '\(call)'",
        ])
        #expect([0, 1, 2].contains(hidden.code) && hidden.records.count == 1, "\(hidden.complaint)")
        // The check can fail: without its resources it finds none.
        try FileManager.default.removeItem(atPath: "\(prefix)/lib/falsetto/falsetto_Classifier.resources")
        let bare = try sh([
            "unshare", "-rm", "sh", "-c", "mount -t tmpfs none '\(build)' && exec '\(prefix)/bin/falsetto' analyze --format json '\(call)'",
        ])
        #expect(bare.records.isEmpty)
    }

    @Test("Installed for a user, the unit is the user's")
    func user() throws {
        let scratch = try Scratch()
        let run = try sh(
            [Program.project.appending(path: "Tools/install").path, "--user", "--build", Program.url.deletingLastPathComponent().path],
            environment: ["HOME": scratch.url.path, "XDG_CONFIG_HOME": scratch.path("config")])
        #expect(run.code == 0, "\(run.complaint)")
        let unit = try String(contentsOfFile: scratch.path("config/systemd/user/falsetto.service"), encoding: .utf8)
        #expect(unit.contains("ExecStart=\(scratch.url.resolvingSymlinksInPath().path)/.local/bin/falsetto listen"))
    }

    @Test("What was installed is taken away, and nothing else")
    func uninstall() throws {
        let scratch = try Scratch()
        let prefix = scratch.path("prefix")
        let install = Program.project.appending(path: "Tools/install").path
        #expect(try sh([install, "--prefix", prefix, "--uninstall"]).code == 64)
        for file in ["share/bash-completion/completions/other", "bin/other", "lib/other/file"] {
            let url = URL(fileURLWithPath: "\(prefix)/\(file)")
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("not ours".utf8).write(to: url)
        }
        let before = try sh(["find", prefix, "!", "-type", "d"]).output
        #expect(try sh([install, "--prefix", prefix, "--build", Program.url.deletingLastPathComponent().path]).code == 0)
        #expect(try sh(["find", prefix, "!", "-type", "d"]).output.split(separator: "\n").count > 8)
        let run = try sh([install, "--prefix", prefix, "--uninstall"])
        #expect(run.code == 0 && run.complaint.contains("/var/lib/falsetto"), "\(run.complaint)")
        #expect(try sh(["find", prefix, "!", "-type", "d"]).output == before)
        #expect(try sh(["find", prefix, "-name", "falsetto*"]).output.isEmpty)
    }

    @Test("An unknown option, and a folder that cannot be written, are refused")
    func refusals() throws {
        let install = Program.project.appending(path: "Tools/install").path
        #expect(try sh([install, "--colour"]).code == 64)
        #expect(try sh([install, "--prefix", "/proc/nowhere", "--build", "/nonexistent"]).code == 64)
    }

    @Test("systemd finds nothing wrong with the units, and the system's is hardened")
    func units() throws {
        guard has("systemd-analyze") else {
            print("skipped: systemd-analyze is not installed")
            return
        }
        let scratch = try Scratch()
        for (name, options) in [("falsetto", [String]()), ("falsetto-user", ["--user"])] {
            let unit = try String(contentsOf: Program.project.appending(path: "Tools/units/\(name).service"), encoding: .utf8)
                .replacingOccurrences(of: "@BIN@", with: Program.url.path)
            let path = try scratch.write(Data(unit.utf8), "\(name).service")
            let verified = try sh(["systemd-analyze"] + options + ["verify", path], environment: ["XDG_RUNTIME_DIR": scratch.url.path])
            #expect(verified.code == 0 && verified.complaint.isEmpty, "\(verified.complaint)")
            // In tenths: 0 is safe, 100 is not. A user's unit cannot be shut in as a system's can.
            let threshold = name == "falsetto" ? "15" : "70"
            let security = try sh(
                ["systemd-analyze"] + options + ["security", "--offline=true", "--threshold=\(threshold)", path],
                environment: ["XDG_RUNTIME_DIR": scratch.url.path])
            #expect(security.code == 0, "\(security.output.suffix(200))\(security.complaint)")
        }
    }

    @Test("The system's unit reaches this machine alone, and systemd takes the pages' drop-ins that open it", arguments: ["packages", "alarms"])
    func dropIns(page: String) throws {
        guard has("systemd-analyze") else {
            print("skipped: systemd-analyze is not installed")
            return
        }
        let unit = try String(contentsOf: Program.project.appending(path: "Tools/units/falsetto.service"), encoding: .utf8)
        #expect(unit.contains("\nIPAddressDeny=any\nIPAddressAllow=localhost\n"))
        let text = try String(contentsOf: Program.project.appending(path: "docs/\(page).md"), encoding: .utf8)
        let begin = try #require(text.range(of: "```ini\n[Service]\n"))
        let end = try #require(text.range(of: "```", range: begin.upperBound..<text.endIndex))
        let scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch.path("falsetto.service.d"), withIntermediateDirectories: true)
        try scratch.write(Data(("[Service]\n" + text[begin.upperBound..<end.lowerBound]).utf8), "falsetto.service.d/override.conf")
        let path = try scratch.write(Data(unit.replacingOccurrences(of: "@BIN@", with: Program.url.path).utf8), "falsetto.service")
        let verified = try sh(["systemd-analyze", "verify", path])
        #expect(verified.code == 0 && verified.complaint.isEmpty, "\(verified.complaint)")
    }
}
