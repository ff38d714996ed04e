import Foundation
import Testing

@Suite("falsetto serve") struct ServeTests {
    @Test(
        "Every command has help with an example",
        arguments: [
            "serve", "serve run", "serve user", "serve user add", "serve user list", "serve user remove", "serve allow", "serve allow add",
            "serve allow list", "serve allow remove", "serve release",
        ])
    func help(command: String) throws {
        let run = try Program.run(command.split(separator: " ").map(String.init) + ["--help"])
        #expect(run.code == 0 && run.output.contains("EXAMPLE") && run.output.contains("  falsetto serve"))
    }

    @Test("The first user is made before the first call, with a password that is worth something, and shown without it")
    func users() throws {
        let calls = try StoredCalls(count: 0)
        func add(_ words: [String], _ password: String) throws -> Program.Run {
            try calls.run(["serve", "user", "add"] + words, input: Data((password + "\n").utf8))
        }
        #expect(try calls.run(["serve", "user", "list"]).output == "There is no account yet.\n")
        let weak = try add(["mk", "--role", "admin"], "short")
        #expect(weak.code == 64 && weak.complaint.contains("12 to 128 characters") && weak.complaint.split(separator: "\n").count == 1)
        #expect(try add(["mk", "--role", "king"], "a good long password").code == 64)
        #expect(try add(["mk", "--role", "admin"], "a good long password").output == "mk is admin.\n")
        let token = try calls.run(["serve", "user", "add", "robot", "--token", "--format", "json"]).json as? [String: String]
        #expect(token?["role"] == "viewer" && (token?["token"]?.count ?? 0) >= 40)
        let list = try calls.run(["serve", "user", "list", "--format", "json"])
        #expect(list.records.compactMap { $0["name"] as? String } == ["mk", "robot"] && !list.output.contains("scrypt"))
        #expect(try calls.run(["serve", "user", "remove", "robot"]).code == 0 && calls.run(["serve", "user", "remove", "robot"]).code == 64)
        let mode = try FileManager.default.attributesOfItem(atPath: calls.database)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("Known voices are put on the list and taken off it; a number is read from standard input and shown as a digest only")
    func allow() throws {
        let calls = try StoredCalls(count: 0)
        #expect(try calls.run(["serve", "allow", "list"]).output == "No voice is known yet.\n")
        #expect(try calls.run(["serve", "allow", "add", "--line", "bot desk", "--note", "ours"]).output == "line bot desk is known from here on.\n")
        let added = try calls.run(["serve", "allow", "add", "--caller", "-", "--format", "json"], input: Data("+49 30 901820\n".utf8))
        let digest = try #require((added.json as? [String: String])?["key"])
        #expect(digest.count == 12 && !added.output.contains("901820"))
        let list = try calls.run(["serve", "allow", "list"])
        #expect(list.output == "line bot desk  ours\ncaller \(digest)  \n" && list.complaint.isEmpty)
        for wrong in [["add"], ["add", "--line", "a", "--caller", "b"], ["remove"], ["add", "--line", ""]] {
            #expect(try calls.run(["serve", "allow"] + wrong).code == 64, "\(wrong)")
        }
        #expect(try calls.run(["serve", "allow", "remove", "--caller", "0049-30-901820"]).code == 0)
        #expect(try calls.run(["serve", "allow", "remove", "--line", "bot desk", "--format", "json"]).output.contains("\"removed\":\"bot desk\""))
        #expect(try calls.run(["serve", "allow", "remove", "--digest", digest]).complaint.contains("there is no caller"))
        #expect(try calls.run(["serve", "allow", "list", "--format", "json"]).output == "[]\n")
    }

    @Test("It serves on the loopback address, says where, lets no stranger in, and ends cleanly when it is told to")
    func serves() throws {
        let calls = try StoredCalls(count: 1)
        let process = Process()
        process.executableURL = Program.url
        process.arguments = ["serve", "--port", "0", "--format", "json"]
        process.environment = ProcessInfo.processInfo.environment.merging([
            "XDG_STATE_HOME": URL(fileURLWithPath: calls.state).deletingLastPathComponent().path
        ]) { $1 }
        let (out, errors) = (Pipe(), Pipe())
        process.standardOutput = out
        process.standardError = errors
        try process.run()
        defer { if process.isRunning { process.terminate() } }
        let line = String(decoding: out.fileHandleForReading.availableData, as: UTF8.self)
        let address = try #require(line.firstMatch(of: /"address":"(http:\/\/127\.0\.0\.1:\d+\/)"/)?.1, "\(line)")
        func status(_ path: String) throws -> String {
            let curl = try Program.tool(
                "/usr/bin/python3",
                [
                    "-c",
                    """
                    import sys, urllib.request, urllib.error
                    try: print(urllib.request.urlopen(sys.argv[1]).status)
                    except urllib.error.HTTPError as error: print(error.code)
                    """, "\(address)\(path)",
                ])
            return curl.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        #expect(try status("sign-in") == "200" && status("api/v1/calls") == "401" && status("api/v1/openapi.json") == "200")
        process.terminate()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(
            String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).contains("falsetto serve user add NAME --role admin"))
        for wrong in [["--port", "70000"], ["--trust-header", "no header"], ["--most-recording", "0"]] {
            #expect(try calls.run(["serve"] + wrong).code == 64, "\(wrong)")
        }
    }
}

extension Program {
    /// Runs another program of this machine and gives what it prints.
    static func tool(_ path: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let out = Pipe()
        process.standardOutput = out
        try process.run()
        let data = out.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
