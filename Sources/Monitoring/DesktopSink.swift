import Foundation
import Synchronization

/// Shows alerts as notifications of the desktop (org.freedesktop.Notifications, Desktop Notifications Specification 1.2) by libnotify's own
/// program, `notify-send`: urgent while a voice alerts, and what comes later of the same leg replaces what is shown instead of standing beside it.
///
/// Smaller than D-Bus in this process (libsystemd's sd-bus is variadic C, and no Swift package of it is at hand), and a desktop that hangs is a
/// child that is killed.
final class DesktopSink: EventSink {
    static let program = "notify-send"
    /// An alert older than this is shown to nobody: the call is over, and a warning of it would be taken for one of the next.
    static let freshSeconds = 600.0

    private let bus: String?
    private let timeoutSeconds: Double
    private let clock: @Sendable () -> Date
    /// The desktop's numbers of what is shown, by call and leg.
    private let shown = Mutex<[String: String]>([:])

    init(bus: String?, timeoutSeconds: Double, clock: @escaping @Sendable () -> Date = { Date() }) {
        self.bus = bus
        self.timeoutSeconds = timeoutSeconds
        self.clock = clock
    }

    private struct Event: Decodable {
        var event: String
        var at: String
        var call: String?
        var leg: String?
        var message: String?
        var advice: String?
        var words: String?
    }

    func deliver(_ payload: String) async throws(SinkFailure) {
        guard let event = try? JSONDecoder().decode(Event.self, from: Data(payload.utf8))
        else { throw SinkFailure("desktop: an event that cannot be read") }
        let at = try? Date(event.at, strategy: .iso8601.year().month().day().timeZone(separator: .omitted).time(includingFractionalSeconds: true))
        if let at, clock().timeIntervalSince(at) > Self.freshSeconds { return }
        let isAlarm = event.event == "alertRaised"
        let title: String
        switch event.event {
        case "alertRaised": title = event.message ?? "Machine-made voice"
        case "alertEnded": title = "The machine-made voice is not heard any more"
        case "disclosed": title = "The voice said that it is a machine's"
        case "callStarted": title = "A call is screened"
        case "callEnded": title = "The call has ended"
        case "lineAway", "lineBack", "notice": title = event.words ?? (event.event == "lineBack" ? "The device is back" : "Falsetto")
        default: title = event.event
        }
        let body = [event.leg.map { "leg \($0)" }, isAlarm ? event.advice : nil].compactMap { $0 }.joined(separator: ": ")
        let place = event.call.map { "\($0) \(event.leg ?? "")" }
        var words = [
            Self.program, "--app-name=Falsetto", "--urgency=\(isAlarm ? "critical" : event.event == "alertEnded" ? "normal" : "low")",
            "--icon=dialog-warning", "--print-id",
        ]
        if let place, let number = shown.withLock({ $0[place] }) { words.append("--replace-id=\(number)") }
        // Its text is marked up in the specification, so what would be markup is written out.
        words += ["--", title, body.replacing("&", with: "&amp;").replacing("<", with: "&lt;")]
        let said = try await SinkProgram(
            words: words, timeoutSeconds: timeoutSeconds, environment: bus.map { ["DBUS_SESSION_BUS_ADDRESS": $0] } ?? [:]
        ).run().trimmingCharacters(in: .whitespacesAndNewlines)
        guard let place else { return }
        shown.withLock { shown in
            shown[place] = UInt32(said) == nil || event.event == "callEnded" ? nil : said
            // Calls whose end no sink was told of.
            if shown.count > 1000 { shown.removeAll() }
        }
    }
}
