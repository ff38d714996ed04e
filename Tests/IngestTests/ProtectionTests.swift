import Foundation
import TestSupport
import Testing

@testable import Ingest

/// Certificates of an authority of its own, made by openssl; and openssl as a client, which shares no code with the server.
private final class Authority {
    let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "falsetto-authority-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        try run(["req", "-x509", "-subj", "/CN=authority", "-days", "2", "-keyout", "ca.key", "-out", "ca.pem"] + key)
        for name in ["server", "client"] {
            try run(
                [
                    "req", "-x509", "-subj", "/CN=\(name)", "-days", "2", "-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "\(name).key", "-out",
                    "\(name).pem",
                ] + key)
        }
        try run(["req", "-x509", "-subj", "/CN=stranger", "-days", "2", "-keyout", "stranger.key", "-out", "stranger.pem"] + key)
    }

    func path(_ name: String) -> String { folder + "/" + name }

    private func openssl(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardError = FileHandle.nullDevice
        return process
    }

    private func run(_ arguments: [String]) throws {
        let process = openssl(arguments)
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments)")
    }

    /// Sends bytes over TLS and gives what came back until the other side closed.
    func send(_ bytes: [UInt8], port: Int, certificate: String? = nil) throws -> String {
        let process = openssl(
            ["s_client", "-quiet", "-connect", "127.0.0.1:\(port)", "-CAfile", "ca.pem", "-verify_return_error"]
                + (certificate.map { ["-cert", "\($0).pem", "-key", "\($0).key"] } ?? []))
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        try? input.fileHandleForWriting.write(contentsOf: Data(bytes))
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
        return String(decoding: answer, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}

@Suite("Who may come in") struct ProtectionTests {
    private func trunk(_ kind: Trunk.Kind, _ address: String = "127.0.0.1:0", _ change: (inout Trunk) -> Void = { _ in }) throws -> Trunk {
        var trunk = Trunk(name: "t", kind: kind, address: try #require(ListenAddress(address)))
        change(&trunk)
        return trunk
    }

    @Test("Beyond this machine it takes encryption and peers that are known, and one line says what is missing")
    func exposure() throws {
        func refusal(_ kind: Trunk.Kind, _ change: (inout Trunk) -> Void) throws -> String? { try trunk(kind, "0.0.0.0:0", change).exposure }
        func tls(_ trunk: inout Trunk) { (trunk.protection.certificate, trunk.protection.key) = ("c", "k") }
        #expect(try refusal(.websocket) { _ in }?.contains("give tls-certificate and tls-key, and token-file") == true)
        #expect(try refusal(.websocket) { tls(&$0) } != nil && refusal(.websocket) { $0.protection.tokens = "t" } != nil)
        #expect(
            try refusal(.websocket) {
                tls(&$0); $0.protection.tokens = "t"
            } == nil)
        #expect(
            try refusal(.websocket) {
                tls(&$0); $0.protection.signatureKeys = "s"
            } == nil)
        #expect(
            try refusal(.audiosocket) {
                tls(&$0); $0.protection.clientAuthority = "a"
            } == nil)
        #expect(
            try refusal(.audiosocket) {
                tls(&$0); $0.protection.tokens = "t"
            }?.contains("carries no token") == true)
        #expect(try refusal(.rtp) { _ in }?.contains("unprotected") == true && refusal(.rtp) { $0.isUnprotected = true } == nil)
        #expect(try refusal(.rtp) { tls(&$0) }?.contains("neither encrypted") == true)
        let error = #expect(throws: IngestError.self) { try IngestServer([trunk(.websocket, "0.0.0.0:0")], taker: Notebook()) { _ in } }
        #expect(error?.description.hasPrefix("trunk t: 0.0.0.0:0 is reached by other machines") == true && error?.description.contains("\n") == false)
    }

    @Test("TLS and a token: a WebSocket call comes whole through openssl; without either it is none")
    func webSocket() throws {
        let authority = try Authority()
        try "0123456789abcdef".write(toFile: authority.path("token"), atomically: true, encoding: .utf8)
        let notebook = Notebook()
        let server = try IngestServer(
            [
                trunk(.websocket) {
                    ($0.protection.certificate, $0.protection.key) = (authority.path("server.pem"), authority.path("server.key"))
                    $0.protection.tokens = authority.path("token")
                    $0.limits.firstSoundSeconds = 5
                }
            ], taker: notebook, threads: 2
        ) { _ in }
        let port = server.ports[0]
        let frames =
            WebSocketCaller.frame(1, Array(#"{"callSid":"a","sampleRate":8000,"mixType":"mono"}"#.utf8)) + WebSocketCaller.frame(2, [1, 2, 3, 4])
            + WebSocketCaller.frame(8, [3, 0xe8])
        let good = try authority.send(Array(WebSocketCaller.request(port: port, target: "/0123456789abcdef").utf8) + frames, port: port)
        #expect(good.hasPrefix("HTTP/1.1 101 "))
        #expect(try authority.send(Array(WebSocketCaller.request(port: port).utf8), port: port).hasPrefix("HTTP/1.1 401 "))
        let plain = try AudioSocketCaller(port: port)
        plain.send(Array(WebSocketCaller.request(port: port, target: "/0123456789abcdef").utf8))
        #expect(!plain.answer().contains("101"))
        server.stop()
        #expect(notebook.pages.map(\.sound) == [[[1, 2, 3, 4]]] && notebook.pages[0].ending == .hungUp)
    }

    @Test("Certificates on both sides: AudioSocket is heard from a client of the authority, and from no other")
    func mutual() throws {
        let authority = try Authority()
        let notebook = Notebook()
        let server = try IngestServer(
            [
                trunk(.audiosocket) {
                    ($0.protection.certificate, $0.protection.key) = (authority.path("server.pem"), authority.path("server.key"))
                    $0.protection.clientAuthority = authority.path("ca.pem")
                    $0.limits.firstSoundSeconds = 2
                }
            ], taker: notebook, threads: 2
        ) { _ in }
        let call = [1, 0, 16] + [UInt8](repeating: 7, count: 16) + [0x10, 0, 4, 1, 2, 3, 4, 0, 0, 0]
        for certificate in [nil, "stranger", "client"] { _ = try authority.send(call, port: server.ports[0], certificate: certificate) }
        // A handshake that stands still is let go as a call that does not begin.
        let half = try AudioSocketCaller(port: server.ports[0])
        half.send([0x16, 3, 1, 2])
        #expect(half.sawClose())
        server.stop()
        #expect(notebook.pages.map(\.sound) == [[[1, 2, 3, 4]]])
    }

    @Test("Files that hold no certificate, key or secret are one line that names them")
    func files() throws {
        let authority = try Authority()
        func words(_ change: (inout Trunk) -> Void) throws -> String {
            let error = #expect(throws: IngestError.self) { try IngestServer([trunk(.websocket, "127.0.0.1:0", change)], taker: Notebook()) { _ in } }
            return error?.description ?? ""
        }
        #expect(try words { $0.protection.certificate = "/nonexistent.pem" }.contains("go together"))
        #expect(
            try words { ($0.protection.certificate, $0.protection.key) = ("/nonexistent.pem", authority.path("server.key")) }.contains(
                "/nonexistent.pem: cannot be read"))
        #expect(
            try words { ($0.protection.certificate, $0.protection.key) = (authority.path("server.pem"), authority.path("client.key")) }.contains(
                "belong together"))
        try "key secret\n".write(toFile: authority.path("keys"), atomically: true, encoding: .utf8)
        #expect(try words { $0.protection.signatureKeys = authority.path("keys") }.contains("client secret of at least 16 bytes"))
    }
}
