import Foundation

/// Sends an event to the system's log by its local datagram socket: RFC 5424 with structured data (section 6), one datagram an event.
///
/// The message is the event's JSON; what to filter by (event, id, call, leg) is structured data too. Delivered means that the socket took
/// it: the protocol has no answer.
struct SyslogSink: EventSink {
    let path: String

    /// Where Linux systems listen.
    static let standardPath = "/dev/log"
    /// Of a name that has no number of its own: RFC 5612 keeps this one for examples.
    private static let enterprise = "falsetto@32473"
    /// Facility `daemon`.
    private static let facility = 3

    func deliver(_ payload: String) async throws(SinkFailure) {
        let whole = Self.message(payload, process: getpid())
        switch send(whole) {
        case 0: return
        // Longer than the socket takes: who it concerns is in the structured data, and the store has the rest.
        case EMSGSIZE where send(Self.message(payload, process: getpid(), withText: false)) == 0: return
        case let code: throw SinkFailure("\(path): \(unsafe String(cString: strerror(code)))")
        }
    }

    private struct Event: Decodable {
        var event: String
        var id: String
        var at: String
        var call: String?
        var leg: String?
    }

    /// - Parameter payload: the event's JSON.
    static func message(_ payload: String, process: Int32, withText: Bool = true) -> String {
        let event = try? JSONDecoder().decode(Event.self, from: Data(payload.utf8))
        // Warning for an alert, informational for the rest.
        let severity = event?.event == "alertRaised" ? 4 : 6
        let data = [("id", event?.id), ("call", event?.call), ("leg", event?.leg)].compactMap { name, value in
            value.map { " \(name)=\"\(escaped($0))\"" }
        }
        let head = "<\(facility * 8 + severity)>1 \(event?.at ?? "-") - falsetto \(process) \(event?.event ?? "-") [\(enterprise)\(data.joined())]"
        return withText ? head + " " + payload : head
    }

    /// Section 6.3.3.
    private static func escaped(_ value: String) -> String {
        String(value.flatMap { "\"\\]".contains($0) ? ["\\", $0] : [$0] })
    }

    /// The system's error number; 0 when it was taken.
    private func send(_ message: String) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard name.count < room else { return ENAMETOOLONG }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        let bytes = Array(message.utf8)
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let count = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, size)
            }
        }
        return count < 0 ? errno : 0
    }
}
