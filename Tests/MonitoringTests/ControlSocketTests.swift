import Foundation
import Testing

@testable import Monitoring

@Suite("The control socket") struct ControlSocketTests {
    private func place() -> ControlSocketPath { ControlSocketPath(path: NSTemporaryDirectory() + "fc-\(UUID().uuidString.prefix(8))/control.sock") }

    private func ask(_ place: ControlSocketPath, _ request: ControlRequest) async throws -> ControlReply {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try ControlClient(place, patienceSeconds: 300).ask(request) }) }.start()
        }
    }

    @Test("A request goes over as it is and its answer comes back; the socket is its owner's only and goes when it is stopped")
    func roundTrip() async throws {
        let place = place()
        let socket = try ControlSocket(place) { request in ControlReply(call: "a", isPaused: false, words: "\(request)") }
        let mode = try FileManager.default.attributesOfItem(atPath: place.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        for request in [ControlRequest.start(id: "x", party: "p"), .start(id: nil, party: nil), .end, .disclose, .pause, .resume, .status] {
            #expect(try await ask(place, request).words == "\(request)")
        }
        socket.stop()
        #expect(!FileManager.default.fileExists(atPath: place.path))
    }

    @Test("Nobody listening is one clear line")
    func absent() async {
        do {
            _ = try await ask(place(), .status)
            Issue.record("answered")
        } catch let error as ControlError {
            #expect(error.kind == .absent && error.description.contains("falsetto listen"))
        } catch { Issue.record("\(error)") }
    }

    @Test("A path that no socket can have is refused with what to do")
    func longPath() {
        #expect(throws: ControlError.self) {
            _ = try ControlSocket(ControlSocketPath(path: "/tmp/" + String(repeating: "x", count: 200))) { _ in .refused("") }
        }
    }

    @Test("What a dead daemon left is replaced")
    func stale() throws {
        let place = place()
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: place.path).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: place.path))
        try ControlSocket(place) { _ in .refused("") }.stop()
    }
}
