import Foundation
import Testing

/// What Tools/package is made of. The package itself is tried by `Tools/package --test`, which takes a whole Debian and some minutes.
@Suite("Tools/package") struct PackageTests {
    private func sh(_ script: String, _ arguments: [String] = []) throws -> (output: String, code: Int32) {
        let run = try Program.run(["bash", "-c", script, "bash"] + arguments, tool: URL(fileURLWithPath: "/usr/bin/env"))
        return (run.output + run.complaint, run.code)
    }

    /// Commands below `above` that the help shows, each with the names of its options.
    private func commands(_ command: [String: Any], above: String = "") -> [String: [String]] {
        let name = above + (command["commandName"] as? String ?? "")
        let options = (command["arguments"] as? [[String: Any]] ?? []).filter { $0["shouldDisplay"] as? Bool == true }
            .flatMap { $0["names"] as? [[String: Any]] ?? [] }.compactMap { $0["kind"] as? String == "long" ? $0["name"] as? String : nil }
        var found = [name: options]
        for child in command["subcommands"] as? [[String: Any]] ?? []
        where child["commandName"] as? String != "help" && child["shouldDisplay"] as? Bool == true {
            found.merge(commands(child, above: name + "-")) { first, _ in first }
        }
        return found
    }

    @Test("Every command has a man page with all its options, and no page has an error")
    func manual() throws {
        let scratch = try Scratch()
        let dump = try Program.run(["--experimental-dump-help"])
        let help = try #require((dump.json as? [String: Any])?["command"] as? [String: Any])
        let described = try scratch.write(Data(dump.output.utf8), "help.json")
        let manual = Program.project.appending(path: "Tools/packaging/manual.py").path
        let made = try sh("python3 -B \"$1\" --version 0.1.0 --date 2026-01-31 \"$2\" < \"$3\"", [manual, scratch.path("man"), described])
        #expect(made.code == 0, "\(made.output)")
        let expected = commands(help)
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: scratch.path("man"))) == Set(expected.keys.map { $0 + ".1" }))
        for (name, options) in expected {
            let page = try String(contentsOfFile: scratch.path("man/\(name).1"), encoding: .utf8)
            for option in options { #expect(page.contains("\\-\\-" + option.replacingOccurrences(of: "-", with: "\\-")), "\(name): --\(option)") }
            for section in ["NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS", "SEE ALSO"] {
                #expect(page.contains(".SH \(section)\n"), "\(name): \(section)")
            }
        }
        let analyze = try String(contentsOfFile: scratch.path("man/falsetto-analyze.1"), encoding: .utf8)
        #expect(analyze.contains(".nf\nfalsetto analyze call.wav\nfalsetto analyze \\-\\-leg far=right"))
        guard try sh("command -v mandoc").code == 0 else {
            print("skipped: mandoc is not installed; the pages' syntax was not checked")
            return
        }
        let checked = try sh("mandoc -T lint -W warning \"$1\"/*.1", [scratch.path("man")])
        #expect(checked.code == 0, "\(checked.output)")
    }

    @Test("A program that needs the Swift runtime, an unknown option and a folder without a program are refused in one line")
    func refusals() throws {
        let package = Program.project.appending(path: "Tools/package").path
        let scratch = try Scratch()
        for arguments in [["--colour"], ["--out", "/proc/nowhere"], ["--build", scratch.url.path]] {
            let run = try sh("cd \"$1\" && shift && exec \"$@\"", [scratch.url.path, package] + arguments)
            #expect(run.code == 64 && run.output.split(separator: "\n").count == 1, "\(run.output)")
        }
        #expect(try sh("exec \"$@\"", [package, "--help"]).output.contains("EXAMPLES"))
        guard try sh("command -v objdump dpkg-shlibdeps").code == 0,
            try sh("objdump -p \"$1\" | grep -q 'NEEDED.*libswift'", [Program.url.path]).code == 0
        else { return }
        let run = try sh("cd \"$1\" && exec \"$2\" --build \"$3\"", [scratch.url.path, package, Program.url.deletingLastPathComponent().path])
        #expect(run.code == 64 && run.output.contains("--static-swift-stdlib"), "\(run.output)")
    }

    @Test("The configuration that is installed is one that Falsetto reads, as it is and with its comments taken off")
    func configuration() throws {
        let scratch = try Scratch()
        let text = try String(contentsOf: Program.project.appending(path: "Tools/packaging/config.toml"), encoding: .utf8)
        let whole = text.split(separator: "\n").map { $0.hasPrefix("#") && !$0.hasPrefix("# ") ? String($0.dropFirst()) : String($0) }
            .filter { !$0.hasPrefix("devices") && !$0.hasPrefix("listen =") && !$0.hasPrefix("type = \"audiosocket\"") }
        // Without device and with an incomplete trunk it is refused, but for those and nothing else.
        for (name, words) in [("as-it-is", text), ("uncommented", whole.joined(separator: "\n"))] {
            let path = try scratch.write(Data(words.utf8), "\(name).toml")
            let run = try Program.run(
                ["listen", "--config", path, "--output", "none"],
                environment: ["XDG_STATE_HOME": scratch.path(name), "XDG_RUNTIME_DIR": scratch.url.path])
            #expect([64, 78].contains(run.code) && !run.complaint.contains("unknown"), "\(name): \(run.complaint)")
            if name == "uncommented" {
                #expect(run.complaint.contains("trunk"), "\(run.complaint)")
                for key in ["consent", "retention", "sink", "call-days"] { #expect(!run.complaint.contains(key), "\(run.complaint)") }
            }
        }
    }

    @Test("What a unit runs is there in the smallest system: the program itself, or a shell")
    func unitsNeedNothing() throws {
        for name in ["falsetto.service", "falsetto-user.service"] {
            let unit = try String(contentsOf: Program.project.appending(path: "Tools/units/\(name)"), encoding: .utf8)
            let runs = unit.split(separator: "\n").filter { $0.hasPrefix("Exec") }.compactMap { $0.split(separator: "=", maxSplits: 1).last }
            #expect(runs.count == 2, "\(name): \(runs)")
            for run in runs { #expect(run.hasPrefix("@BIN@ ") || run.hasPrefix("/bin/sh -c "), "\(name): \(run)") }
        }
    }

    @Test("The try under systemd says how it is used, and in one line that it is skipped where podman is missing")
    func bootIsSkippedAloud() throws {
        let boot = Program.project.appending(path: "Tools/packaging/boot").path
        let help = try sh("exec \"$@\"", [boot, "--help"])
        #expect(help.code == 0 && help.output.contains("EXAMPLE"), "\(help.output)")
        #expect(try sh("exec \"$@\"", [boot, "/nowhere.deb"]).code == 64)
        // Some folder's worth of commands, and no more.
        let scratch = try Scratch()
        let linked = try sh("mkdir \"$1\" && for c in bash env readlink sed id; do ln -s \"$(command -v $c)\" \"$1/$c\"; done", [scratch.path("bin")])
        #expect(linked.code == 0, "\(linked.output)")
        let package = try scratch.write(Data(), "falsetto.deb")
        let skipped = try sh("PATH=$1 exec \"$2\" \"$3\"", [scratch.path("bin"), boot, package])
        #expect(getuid() != 0 || skipped.output.contains("podman"), "\(skipped.output)")
        #expect(skipped.code == 69 && skipped.output.contains("SKIPPED") && skipped.output.split(separator: "\n").count == 1, "\(skipped.output)")
    }
}
