import Calls
import Foundation
import Reporting
import Testing

@testable import Monitoring

/// What listens at a datagram socket, in place of the system's log.
private final class Receiver {
    let path = NSTemporaryDirectory() + "falsetto-log-\(UUID().uuidString.prefix(8))"
    private let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)

    init() throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        try #require(status == 0)
    }

    /// The datagram that waits; nil where none does.
    func next() -> String? {
        var buffer = [UInt8](repeating: 0, count: 300_000)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    deinit {
        close(descriptor)
        unlink(path)
    }
}

@Suite("The system's log as a sink") struct SyslogTests {
    private func event(_ kind: CallEvent.Kind, leg: String? = "far") -> CallEvent {
        CallEvent(
            id: "0d1e2f3a-0000-4000-8000-000000000001", call: "8e9b1kpbhsx5", leg: leg, at: Date(timeIntervalSince1970: 1_800_000_000.5), kind: kind)
    }

    @Test("An event is one datagram by RFC 5424: priority, time, structured data, and the JSON as it is")
    func message() async throws {
        let receiver = try Receiver()
        let sink = SinkSettings(name: "log", target: .syslog(receiver.path)).open()
        let payload = event(.disclosed(atSeconds: 1)).jsonLine
        try await sink.deliver(payload)
        let text = try #require(receiver.next())
        #expect(
            text == "<30>1 2027-01-15T08:00:00.500Z - falsetto \(getpid()) disclosed "
                + "[falsetto@32473 id=\"0d1e2f3a-0000-4000-8000-000000000001\" call=\"8e9b1kpbhsx5\" leg=\"far\"] " + payload)
        #expect(receiver.next() == nil)
    }

    @Test("An alert is a warning; a value cannot end the structured data")
    func escaping() {
        let payload = #"{"event":"alertRaised","id":"a","at":"2027-01-15T08:00:00.500Z","call":"c","leg":"a\"] \\x"}"#
        let text = SyslogSink.message(payload, process: 7)
        #expect(text.hasPrefix(#"<28>1 2027-01-15T08:00:00.500Z - falsetto 7 alertRaised [falsetto@32473 id="a" call="c" leg="a\"\] \\x"] {"#))
    }

    @Test("Nobody there is a failure that is tried again; too long for the socket is sent without its text")
    func failures() async throws {
        await #expect(throws: SinkFailure.self) { try await SyslogSink(path: "/nowhere/log").deliver("{}") }
        await #expect(throws: SinkFailure.self) { try await SyslogSink(path: String(repeating: "x", count: 200)).deliver("{}") }
        let receiver = try Receiver()
        try await SyslogSink(path: receiver.path).deliver(event(.notice(String(repeating: "x", count: 1_000_000))).jsonLine)
        let text = try #require(receiver.next())
        #expect(text.hasSuffix("leg=\"far\"]") && text.contains(" notice [falsetto@32473 id="))
    }

    @Test("It is read from the configuration, with the usual socket where none is named")
    func configuration() throws {
        let text = "[[sink]]\nname = \"a\"\ntype = \"syslog\"\n[[sink]]\nname = \"b\"\ntype = \"syslog\"\nsocket = \"/run/log\"\n"
        let sinks = try Configuration(text: text, name: "c.toml").sinks
        #expect(sinks.map(\.target) == [.syslog("/dev/log"), .syslog("/run/log")])
    }
}
