import Foundation
import Testing

@Suite struct SetupCommandTests {
    let checkout: SetupCheckout

    init() throws { checkout = try SetupCheckout() }

    // MARK: Swift

    @Test func withoutSwiftItSaysInOneLineWhichAndWhere() throws {
        try checkout.remove("swift")
        let answer = try checkout.falsetto(["analyze", "call.wav"])
        #expect(answer.status == 69)
        #expect(answer.output == "")
        #expect(answer.error.split(separator: "\n").count == 1)
        #expect(answer.error.contains("Swift 6.3") && answer.error.contains("swift.org/install"))
        #expect(try checkout.calls() == [])
    }

    @Test(arguments: ["python-swiftclient 4.2.0", "Swift version 6.2.3 (swift-6.2.3-RELEASE)", "Swift version 5.10", ""])
    func anotherSwiftIsRefused(version: String) throws {
        checkout.environment["FAKE_SWIFT"] = version
        let answer = try checkout.falsetto()
        #expect(answer.status == 69)
        #expect(answer.error.split(separator: "\n").count == 1)
        #expect(answer.error.contains("Swift 6.3") && answer.error.contains("swift.org/install"))
        #expect(try checkout.calls() == [])
    }

    @Test(arguments: ["Swift version 6.3 (swift-6.3-RELEASE)", "Apple Swift version 6.10.1", "Swift version 7.0-dev"])
    func swiftSixThreeOrLaterBuilds(version: String) throws {
        checkout.environment["FAKE_SWIFT"] = version
        #expect(try checkout.falsetto().status == 0)
        #expect(try checkout.calls() == ["swift build"])
    }

    // MARK: help

    @Test(arguments: [["--help"], ["demo", "--help"], ["analyze", "-h"]])
    func helpInstallsAndBuildsNothing(words: [String]) throws {
        checkout.environment["FAKE_MISSING"] = "libsoxr-dev"
        let answer = try checkout.falsetto(words)
        #expect(answer.status == 0 && answer.output.contains("Tools/falsetto --version"))
        let test = try checkout.start([checkout.root.appendingPathComponent("Tools/test").path, "--help"]).answer()
        #expect(test.status == 0 && test.output.contains("ARGUMENTS OF swift test"))
        #expect(try checkout.calls() == [])
    }

    @Test func helpOfEveryToolNeedsNothing() throws {
        for name in ["sed", "dirname"] { try checkout.link(name) }
        // It may be a script itself that needs more than is linked here.
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        try checkout.fake("python3", "PATH='\(path)' exec python3 \"$@\"")
        let every = FileManager.default.enumerator(at: checkout.root.appending(path: "Tools"), includingPropertiesForKeys: [.isRegularFileKey])
        var asked = 0
        for case let file as URL in every! where FileManager.default.isExecutableFile(atPath: file.path) {
            let isFile = try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true
            guard isFile else { continue }
            let answer = try checkout.start([file.path, "--help"]).answer()
            #expect(answer.status == 0 && answer.error.isEmpty && answer.output.contains(/[Uu]sage|Tools\//), "\(file.path): \(answer)")
            asked += 1
        }
        #expect(asked > 15)
        #expect(try checkout.calls() == [])
    }

    @Test func aBuildFolderOfAnotherPlaceIsOneLine() throws {
        _ = try checkout.falsetto()
        try Data("/somewhere/else\n".utf8).write(to: checkout.root.appendingPathComponent(".build/falsetto.place"))
        try FileManager.default.removeItem(at: checkout.root.appendingPathComponent(".build/release/falsetto"))
        let answer = try checkout.falsetto()
        #expect(answer.status == 70 && answer.error.split(separator: "\n").count == 1)
        #expect(answer.error.contains("was made in /somewhere/else") && answer.error.contains("rm -rf"))
        for name in ["ffmpeg", "sox", "espeak-ng", "flite", "python3", "setpriv", "openssl", "dbus-daemon", "notify-send"] {
            try checkout.fake(name, "")
        }
        let test = try checkout.start([checkout.root.appendingPathComponent("Tools/test").path]).answer()
        #expect(test.status == 70 && test.error.contains("was made in /somewhere/else"))
        #expect(try checkout.calls() == ["swift build"])
    }

    // MARK: packages

    @Test func rootInstallsWhatIsMissing() throws {
        checkout.environment["FAKE_MISSING"] = "libsoxr-dev libfftw3-dev"
        let answer = try checkout.falsetto(["x"])
        #expect(answer.status == 0)
        #expect(answer.output == "<x>")
        #expect(
            try checkout.calls() == [
                "apt-get update -q", "apt-get install -y -q --no-install-recommends libfftw3-dev libsoxr-dev", "swift build",
            ])
    }

    @Test func othersAreToldTheExactCommand() throws {
        checkout.environment["FAKE_MISSING"] = "libsoxr-dev"
        checkout.environment["FAKE_UID"] = "1000"
        // Standard input is no terminal: sudo is named, not called.
        let withSudo = try checkout.falsetto()
        #expect(withSudo.status == 69)
        #expect(!withSudo.error.contains("[y/N]"))
        #expect(withSudo.error.contains("sudo apt-get update && sudo apt-get install -y --no-install-recommends libsoxr-dev\n"))
        try checkout.remove("sudo")
        let without = try checkout.falsetto()
        #expect(without.status == 69)
        #expect(without.output == "")
        #expect(without.error.contains("as root run: apt-get update && apt-get install -y --no-install-recommends libsoxr-dev\n"))
        #expect(try checkout.calls() == [])
    }

    @Test func onATerminalSudoIsAskedForFirst() throws {
        checkout.environment["FAKE_MISSING"] = "libsoxr-dev"
        checkout.environment["FAKE_UID"] = "1000"
        let tool = checkout.root.appendingPathComponent("Tools/falsetto").path
        for (reply, status) in [("n", Int32(69)), ("y", 0)] {
            let answer = try checkout.start(["script", "-qec", "'\(tool)' x", "/dev/null"], input: "\(reply)\n").answer()
            #expect(answer.status == status)
            #expect(answer.output.contains("Install them with sudo now? [y/N]"))
            let calls = try checkout.calls()
            if reply == "n" {
                #expect(calls == [])
            } else {
                #expect(
                    calls == [
                        "sudo apt-get update -q",
                        "sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends libsoxr-dev", "swift build",
                    ])
            }
        }
    }

    @Test func aFailedInstallationEndsWithTheCommand() throws {
        checkout.environment["FAKE_MISSING"] = "libsoxr-dev"
        checkout.environment["FAKE_APT_STATUS"] = "100"
        let answer = try checkout.falsetto()
        #expect(answer.status == 69)
        #expect(answer.error.contains("could not install libsoxr-dev"))
        #expect(answer.error.contains("apt-get speaks"))
        #expect(try checkout.calls().last?.hasPrefix("apt-get install") == true)
    }

    @Test func theDemoNeedsASynthesizerAndSox() throws {
        _ = try checkout.falsetto()
        checkout.environment["FAKE_UID"] = "1000"
        let answer = try checkout.falsetto(["demo"])
        #expect(answer.status == 69)
        #expect(answer.error.contains("--no-install-recommends sox espeak-ng flite"))
        #expect(try checkout.falsetto(["analyze", "demo"]).status == 0)
    }

    @Test func theTestsEndWithSwiftTestsOwnStatus() throws {
        for name in ["ffmpeg", "sox", "espeak-ng", "flite", "python3", "setpriv", "openssl", "dbus-daemon", "notify-send"] {
            try checkout.fake(name, "")
        }
        try checkout.fake(
            "swift",
            "[[ $1 == --version ]] && { echo $FAKE_SWIFT; exit; }; echo \"swift $*\" >> $FAKE_LOG; echo closing line; [[ $1 == build ]] || exit 7")
        let answer = try checkout.start([checkout.root.appendingPathComponent("Tools/test").path, "--filter", "A B"]).answer()
        #expect(answer.status == 7)
        #expect(answer.output.hasSuffix("closing line\n"))
        #expect(try checkout.calls().filter { $0.hasPrefix("swift") } == ["swift build --build-tests", "swift test --skip-build --filter A B"])
    }

    @Test func theTestsOfThePagesAreSkippedAloudWhereThereIsNoBrowser() throws {
        for name in ["ffmpeg", "sox", "espeak-ng", "flite", "setpriv", "openssl", "dbus-daemon", "notify-send"] { try checkout.fake(name, "") }
        // What looks at the sources is another test's.
        for tool in ["rooms", "format"] { try checkout.write("#!/usr/bin/env bash\n", to: "Tools/\(tool)") }
        checkout.environment["FALSETTO_TRAINING_PYTHON"] = "python3"
        try checkout.fake("python3", "echo \"python3 $*\" >> $FAKE_LOG")
        try checkout.fake("swift", "[[ $1 == --version ]] && { echo $FAKE_SWIFT; exit; }; echo \"swift $*\" >> $FAKE_LOG; echo closing line")
        let answer = try checkout.start([checkout.root.appendingPathComponent("Tools/test").path]).answer()
        #expect(answer.status == 0 && answer.output.hasSuffix("closing line\n"), "\(answer)")
        #expect(answer.error.contains("there is no chromium") && answer.error.contains("SKIPPED: the pages in a real browser"))
        let calls = try checkout.calls()
        #expect(calls.contains { $0.hasPrefix("apt-get install") && $0.contains("chromium") })
        #expect(calls.contains { $0.contains("unittest discover") && $0.contains("Tools/python/tests") } && calls.last == "swift test --skip-build")
        // The client's tests fail: so does the whole, and the others run all the same.
        try checkout.fake("python3", "[[ $* != *unittest* ]]")
        let failed = try checkout.start([checkout.root.appendingPathComponent("Tools/test").path]).answer()
        #expect(
            failed.status == 1 && failed.output.hasSuffix("closing line\n") && failed.error.contains("failed before: the tests of the Python tools"))
    }

    // MARK: the stamp

    @Test func itBuildsOnceAndAgainAfterAnEdit() throws {
        #expect(try checkout.falsetto().status == 0)
        #expect(try checkout.calls() == ["swift build"])
        try checkout.age()
        #expect(try checkout.falsetto().error == "")
        #expect(try checkout.calls() == [])

        try checkout.write("print(1)", to: "Sources/falsetto/main.swift")
        #expect(try checkout.falsetto().status == 0)
        #expect(try checkout.calls() == ["swift build"])

        try checkout.age()
        try checkout.write("// another", to: "Package.swift")
        _ = try checkout.falsetto()
        #expect(try checkout.calls() == ["swift build"])

        try checkout.age()
        try FileManager.default.removeItem(at: checkout.root.appendingPathComponent("Sources/falsetto/other.swift"))
        _ = try checkout.falsetto()
        #expect(try checkout.calls() == ["swift build"])

        try checkout.age()
        try FileManager.default.removeItem(at: checkout.root.appendingPathComponent(".build/release/falsetto"))
        _ = try checkout.falsetto()
        #expect(try checkout.calls() == ["swift build"])
    }

    @Test func whatIsEditedDuringTheBuildIsBuiltNextTime() throws {
        checkout.environment["FAKE_EDIT"] = checkout.root.appendingPathComponent("Sources/falsetto/main.swift").path
        _ = try checkout.falsetto()
        _ = try checkout.falsetto()
        #expect(try checkout.calls() == ["swift build", "swift build"])
    }

    @Test func aFailedBuildIsTriedAgain() throws {
        checkout.environment["FAKE_BUILD_STATUS"] = "1"
        for _ in 1...2 {
            let answer = try checkout.falsetto()
            #expect(answer.status == 70)
            #expect(answer.output == "")
        }
        #expect(try checkout.calls() == ["swift build", "swift build"])
    }

    @Test func twoCallsAtOnceBuildOnce() throws {
        let gate = checkout.folder.appendingPathComponent("gate").path
        #expect(mkfifo(gate, 0o600) == 0)
        checkout.environment["FAKE_GATE"] = gate
        // Opened both ways, so that opening waits for nobody; the builds read it until it is closed.
        let opener = try #require(FileHandle(forUpdatingAtPath: gate))
        let tool = checkout.root.appendingPathComponent("Tools/falsetto").path
        /// What a call says until one of the words is among it, or it ends.
        func words(of pipe: Pipe, until ends: [String]) -> String {
            var said = ""
            while !ends.contains(where: said.contains) {
                let data = pipe.fileHandleForReading.availableData
                guard !data.isEmpty else { break }
                said += String(decoding: data, as: UTF8.self)
            }
            return said
        }
        let (firstWords, secondWords) = (Pipe(), Pipe())
        let first = try checkout.start([tool, "first"], error: firstWords)
        // The compiler speaks while the first call holds the lock.
        #expect(words(of: firstWords, until: ["Compiling"]).contains("Compiling"))
        let second = try checkout.start([tool, "second"], error: secondWords)
        let said = words(of: secondWords, until: ["waiting for it", "Compiling"])
        #expect(said.contains("another call is building; waiting for it"))
        try opener.close()
        #expect(try first.answer().output == "<first>")
        #expect(try second.answer().output == "<second>")
        #expect(try checkout.calls() == ["swift build"])
    }

    // MARK: handing on

    @Test func argumentsInputOutputAndStatusAreTheProgramsOwn() throws {
        checkout.environment["PROGRAM_STATUS"] = "3"
        let answer = try checkout.falsetto(["analyze", "two words", "", "*", "-"], input: "sound")
        #expect(answer.status == 3)
        #expect(answer.output == "<analyze><two words><><*><->sound")
        #expect(answer.error.contains("Compiling"))
    }

    @Test func aSymbolicLinkFindsItsCheckout() throws {
        let link = checkout.folder.appendingPathComponent("elsewhere/screen it").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "../a checkout/Tools/falsetto")
        let answer = try checkout.start([link, "x"]).answer()
        #expect(answer.status == 0)
        #expect(answer.output == "<x>")
    }
}
