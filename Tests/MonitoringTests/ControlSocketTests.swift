import Foundation
import Synchronization
import Testing

@testable import Monitoring

@Suite("The control socket") struct ControlSocketTests {
    private func place() -> ControlSocketPath { ControlSocketPath(path: NSTemporaryDirectory() + "fc-\(UUID().uuidString.prefix(8))/control.sock") }

    private func ask(_ place: ControlSocketPath, _ request: ControlRequest) async throws -> ControlReply {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try ControlClient(place, patienceSeconds: 1200).ask(request) }) }.start()
        }
    }

    @Test("A request goes over as it is and its answer comes back; the socket is its owner's only and goes when it is stopped")
    func roundTrip() async throws {
        let place = place()
        let socket = try ControlSocket(place) { request in ControlReply(call: "a", isPaused: false, words: "\(request)") }
        let mode = try FileManager.default.attributesOfItem(atPath: place.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        for request in [
            ControlRequest.start(id: "x", party: "p"), .start(id: nil, party: nil), .end, .disclose(call: nil), .disclose(call: "x"), .pause, .resume,
            .status,
        ] {
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
        #expect { _ = try ControlSocket(ControlSocketPath(path: "/tmp/" + String(repeating: "x", count: 200))) { _ in .refused("") } } throws: {
            ($0 as? ControlError)?.kind == .usage
        }
    }

    @Test("A socket that a dead daemon left is replaced; anything else that stands there is not")
    func stale() throws {
        let place = place()
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: place.path).deletingLastPathComponent(), withIntermediateDirectories: true)
        var address = try ControlSocket.address(place.path)
        let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(left, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        close(left)
        #expect(bound == 0)
        try ControlSocket(place) { _ in .refused("") }.stop()
        try Data("mine".utf8).write(to: URL(fileURLWithPath: place.path))
        #expect { _ = try ControlSocket(place) { _ in .refused("") } } throws: { ($0 as? ControlError)?.kind == .usage }
        #expect(try Data(contentsOf: URL(fileURLWithPath: place.path)) == Data("mine".utf8))
    }

    @Test("Who sends a byte now and then, and no line, does not keep the others from being heard")
    func trickle() async throws {
        let place = place()
        let socket = try ControlSocket(place) { request in ControlReply(call: nil, isPaused: false, words: "\(request)") }
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = try ControlSocket.address(place.path)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        #expect(connected == 0)
        let ends = Atomic<Bool>(false)
        // Waiting is what this client does: a byte each 50 ms, until the other has its answer.
        let trickling = Thread { while !ends.load(ordering: .relaxed), send(descriptor, " ", 1, Int32(MSG_NOSIGNAL)) == 1 { usleep(50_000) } }
        trickling.start()
        let begun = ContinuousClock.now
        #expect(try await ask(place, .status).words == "status")
        #expect(ContinuousClock.now - begun < .seconds(600))
        ends.store(true, ordering: .relaxed)
        socket.stop()
    }
}
