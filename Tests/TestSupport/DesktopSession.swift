import Foundation

/// A D-Bus session of its own with a notification daemon on it; gone with this value.
public final class DesktopSession {
    public struct Notification: Decodable, Sendable, Equatable {
        public var app: String
        public var replaces: Int
        public var number: Int
        public var summary: String
        public var body: String
        /// 0 low, 1 normal, 2 critical.
        public var urgency: Int
    }

    public let bus: String
    private let folder: URL
    private var children: [Process] = []

    public init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "falsetto-desktop-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        bus = "unix:path=\(folder.path)/bus"
        // A configuration of its own: the session's may start other services.
        let configuration = """
            <busconfig><type>session</type><listen>\(bus)</listen>
            <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
            """
        try Data(configuration.utf8).write(to: folder.appending(path: "bus.conf"))
        try run(["dbus-daemon", "--nofork", "--print-address", "--config-file=\(folder.path)/bus.conf"])
        // Debian's Python, which has Debian's modules.
        try run([
            "/usr/bin/python3", Bundle.module.url(forResource: "notification-daemon", withExtension: "py")!.path, bus,
            folder.path
                + "/notifications",
        ])
    }

    /// Starts a child and waits for its first line.
    private func run(_ words: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        children.append(process)
        if pipe.fileHandleForReading.availableData.isEmpty { throw CocoaError(.executableLoad) }
    }

    /// In the order in which they came.
    public func notifications() throws -> [Notification] {
        let text = try String(contentsOf: folder.appending(path: "notifications"), encoding: .utf8)
        return try text.split(separator: "\n").map { try JSONDecoder().decode(Notification.self, from: Data($0.utf8)) }
    }

    deinit {
        for process in children.reversed() {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: folder)
    }
}
