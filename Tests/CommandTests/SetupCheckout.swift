import Foundation

/// A checkout of its own in a temporary folder (with a space in its name) whose `swift`, `apt-get`, `sudo`, `id` and
/// `dpkg-query` are stand-ins that write down how they were called. PATH holds these and the few real commands that the
/// scripts use, nothing else.
final class SetupCheckout {
    let folder: URL
    var root: URL { folder.appendingPathComponent("a checkout") }
    private var bin: URL { folder.appendingPathComponent("bin") }
    var environment: [String: String]

    struct Answer {
        var status: Int32
        var output: String
        var error: String
    }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("setup-\(UUID().uuidString)")
        environment = [
            "FAKE_LOG": folder.appendingPathComponent("log").path, "FAKE_UID": "0", "FAKE_SWIFT": "Swift version 6.3.1 (swift-6.3.1-RELEASE)",
        ]
        let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        for part in ["a checkout/Sources/falsetto", "bin", "elsewhere"] {
            try FileManager.default.createDirectory(at: folder.appendingPathComponent(part), withIntermediateDirectories: true)
        }
        environment["PATH"] = bin.path
        try FileManager.default.copyItem(at: project.appendingPathComponent("Tools"), to: root.appendingPathComponent("Tools"))
        try write("// package", to: "Package.swift")
        try write("print()", to: "Sources/falsetto/main.swift")
        try write("print()", to: "Sources/falsetto/other.swift")
        let real = [
            "bash", "env", "find", "flock", "readlink", "mkdir", "touch", "mv", "rm", "chmod", "cat", "git", "g++", "pkg-config", "script", "sh",
        ]
        for name in real { try link(name) }
        try fake("id", "echo $FAKE_UID")
        try fake("dpkg-query", "case \" $FAKE_MISSING \" in *\" ${@: -1} \"*) exit 1;; *) printf installed;; esac")
        try fake("apt-get", "echo \"apt-get $*\" >> \"$FAKE_LOG\"; echo apt-get speaks; exit ${FAKE_APT_STATUS:-0}")
        try fake("sudo", "echo \"sudo $*\" >> \"$FAKE_LOG\"")
        // Builds a program that says how it was called; what SwiftPM says on standard output must not reach the caller's.
        try fake(
            "swift",
            #"""
            [[ $1 == --version ]] && { echo "$FAKE_SWIFT"; exit; }
            echo "swift $1" >> "$FAKE_LOG"
            [[ -z ${FAKE_GATE-} ]] || exec 3< "$FAKE_GATE"
            echo "[1/2] Compiling"
            [[ -z ${FAKE_GATE-} ]] || cat <&3 > /dev/null
            [[ -z ${FAKE_EDIT-} ]] || until touch "$FAKE_EDIT"; [[ $FAKE_EDIT -nt ${FAKE_EDIT%/Sources/*}/.build/falsetto.stamp.new ]]; do :; done
            [[ -z ${FAKE_BUILD_STATUS-} ]] || exit "$FAKE_BUILD_STATUS"
            while [[ $1 != --package-path && $# != 0 ]]; do shift; done
            [[ $# != 0 ]] || exit 0
            mkdir -p "$2/.build/release"
            printf '%s\n' '#!/usr/bin/env bash' 'printf "<%s>" "$@"; cat; exit ${PROGRAM_STATUS:-0}' > "$2/.build/release/falsetto"
            chmod +x "$2/.build/release/falsetto"
            """#)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ text: String, to path: String) throws {
        try text.write(to: root.appendingPathComponent(path), atomically: false, encoding: .utf8)
    }

    func fake(_ name: String, _ body: String) throws {
        let file = bin.appendingPathComponent(name)
        try "#!/usr/bin/env bash\n\(body)\n".write(to: file, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(at: bin.appendingPathComponent(name)) }

    func link(_ name: String) throws {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        guard let path = folders.map({ "\($0)/\(name)" }).first(where: FileManager.default.isExecutableFile(atPath:)) else {
            throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: name])
        }
        try FileManager.default.createSymbolicLink(atPath: bin.appendingPathComponent(name).path, withDestinationPath: path)
    }

    /// Makes everything older than now by an hour, the stamp by half an hour: what is edited next is newer than the stamp
    /// however coarse the file system's clock.
    func age() throws {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasPrefix("Sources") } + ["Sources", "Package.swift"]
        for path in paths { try date(path, secondsAgo: 3600) }
        try date(".build/falsetto.stamp", secondsAgo: 1800)
    }

    func date(_ path: String, secondsAgo: Double) throws {
        let date = Date(timeIntervalSinceNow: -secondsAgo)
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: root.appendingPathComponent(path).path)
    }

    /// How the stand-ins were called, in order, and forgets it.
    func calls() throws -> [String] {
        let log = folder.appendingPathComponent("log")
        defer { try? FileManager.default.removeItem(at: log) }
        return ((try? String(contentsOf: log, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    func start(_ command: [String], input: String = "", error: Pipe? = nil) throws -> (process: Process, answer: () throws -> Answer) {
        let process = Process()
        process.executableURL = bin.appendingPathComponent("env")
        process.arguments = command
        process.environment = environment
        process.currentDirectoryURL = folder.appendingPathComponent("elsewhere")
        let name = UUID().uuidString
        let files = ["in", "out", "err"].map { folder.appendingPathComponent("\(name).\($0)") }
        for file in files { try (file == files[0] ? input : "").write(to: file, atomically: false, encoding: .utf8) }
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try error ?? FileHandle(forWritingTo: files[2])
        try process.run()
        return (
            process,
            {
                process.waitUntilExit()
                return Answer(
                    status: process.terminationStatus, output: try String(contentsOf: files[1], encoding: .utf8),
                    error: try String(contentsOf: files[2], encoding: .utf8))
            }
        )
    }

    /// Runs `Tools/falsetto` to its end.
    func falsetto(_ arguments: [String] = [], input: String = "") throws -> Answer {
        try start([root.appendingPathComponent("Tools/falsetto").path] + arguments, input: input).answer()
    }
}
