import Calls
import Capture
import Foundation
import Reporting
import Store
import Synchronization

/// A place that events go to, as the configuration names it.
public struct SinkSettings: Sendable, Equatable {
    public enum Target: Sendable, Equatable {
        /// A line of JSON an event, appended to a file.
        case file(String)
        /// A line of JSON an event, on standard output.
        case standardOutput
        /// A program run once an event, with the event on its standard input.
        case command([String])
        /// The system's log, by its local datagram socket.
        case syslog(String)
        /// A web address that each event is posted to.
        case webhook(WebhookSettings)
        /// A notification on the desktop of whoever sits at this machine; on the bus at an address, nil for the one of this session.
        case desktop(bus: String?)
        /// A short tone in the ear of whoever holds the telephone.
        case tone(Tone)
    }

    public var name: String
    public var target: Target
    /// Names of the events it is sent.
    public var events: Set<String>
    /// A delivery that takes longer has failed, and is tried again later.
    public var timeoutSeconds: Double

    public init(name: String, target: Target, events: Set<String> = Self.usualEvents, timeoutSeconds: Double = 10) {
        self.name = name
        self.target = target
        self.events = events
        self.timeoutSeconds = timeoutSeconds
    }

    /// Of sinks that stop a person in what they do: alerts alone.
    static let alarmEvents: Set<String> = ["alertRaised", "alertEnded"]

    public static let usualEvents: Set<String> = ["alertRaised", "alertEnded", "callStarted", "callEnded", "disclosed"]

    /// What can be seen to be wrong before the first event: a program or a folder that is not there. Nil where nothing is.
    ///
    /// Said, and not refused: the sink may come later, and what it missed waits for it in the store.
    public var problem: String? {
        let what: String? =
            switch target {
            case .standardOutput: nil
            case .file(let path):
                Self.isFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path) ? nil : "\(path): its folder is not there"
            case .command(let words): Self.isProgram(words[0]) ? nil : "\(words[0]): there is no such program that can be run"
            case .syslog(let path): FileManager.default.fileExists(atPath: path) ? nil : "\(path): there is no such socket"
            case .webhook(let webhook): webhook.problem
            case .desktop(let bus):
                !Self.isProgram(DesktopSink.program)
                    ? "\(DesktopSink.program): there is no such program that can be run; Debian has it in libnotify-bin"
                    : bus == nil && ProcessInfo.processInfo.environment["DBUS_SESSION_BUS_ADDRESS"] == nil
                        ? "it runs in no desktop session; name its bus: bus = \"unix:path=/run/user/1000/bus\"" : nil
            case .tone: nil
            }
        return what.map { "sink \(name): \($0); its events wait in the store until there is" }
    }

    private static func isProgram(_ name: String) -> Bool {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        let paths = name.contains("/") ? [name] : folders.map { "\($0)/\(name)" }
        return paths.contains { FileManager.default.isExecutableFile(atPath: $0) && !isFolder($0) }
    }

    private static func isFolder(_ path: String) -> Bool {
        var result: ObjCBool = false
        return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &result) && result.boolValue
    }
}

/// Who is sent what, and how sinks learn that something waits for them.
package final class SinkBoard: Sendable {
    /// One sink's bell and what the store could not take for it.
    package final class Post: Sendable {
        let settings: SinkSettings
        private let direct = Mutex<[SinkMessage]>([])
        let bell: AsyncStream<Void>
        private let ring: AsyncStream<Void>.Continuation

        init(_ settings: SinkSettings) {
            self.settings = settings
            (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        }

        /// Messages that are kept in memory while the disk is full; the oldest go first.
        static let mostDirect = 1000

        func wake() { ring.yield() }

        func put(_ message: SinkMessage) {
            direct.withLock { messages in
                if messages.count >= Self.mostDirect { messages.removeFirst() }
                messages.append(message)
            }
            ring.yield()
        }

        var firstDirect: SinkMessage? { direct.withLock { $0.first } }
        func removeDirect(_ message: SinkMessage) { direct.withLock { $0.removeAll { $0.event == message.event } } }
        private let closed = Atomic<Bool>(false)
        var isClosed: Bool { closed.load(ordering: .relaxed) }

        func close() {
            closed.store(true, ordering: .relaxed)
            ring.finish()
        }
    }

    private let posts = Mutex<[Post]>([])
    /// Posts that somebody must begin to serve; ends when the board is closed.
    let opened: AsyncStream<Post>
    private let opening: AsyncStream<Post>.Continuation

    package init(_ sinks: [SinkSettings]) {
        (opened, opening) = AsyncStream.makeStream()
        change(to: sinks)
    }

    package var all: [Post] { posts.withLock { $0 } }

    /// Other sinks from here on; those that stay as they are go on undisturbed.
    func change(to sinks: [SinkSettings]) {
        let (new, old) = posts.withLock { posts in
            let staying = posts.filter { sinks.contains($0.settings) }
            let old = posts.filter { !sinks.contains($0.settings) }
            let new = sinks.filter { settings in !staying.contains { $0.settings == settings } }.map(Post.init)
            posts = staying + new
            return (new, old)
        }
        for post in new { opening.yield(post) }
        for post in old { post.close() }
    }

    package func close() {
        opening.finish()
        for post in all { post.close() }
    }

    /// The messages that an event becomes, one a sink that wants it.
    func messages(of event: CallEvent) -> [SinkMessage] {
        let wanting = all.filter { $0.settings.events.contains(event.name) }
        guard !wanting.isEmpty else { return [] }
        let payload = event.jsonLine
        return wanting.map { SinkMessage(event: EventID(text: event.id), sink: $0.settings.name, payload: payload) }
    }

    func wake(_ messages: [SinkMessage]) {
        for post in all where messages.contains(where: { $0.sink == post.settings.name }) { post.wake() }
    }

    func deliverDirectly(_ messages: [SinkMessage]) {
        for post in all {
            for message in messages where message.sink == post.settings.name { post.put(message) }
        }
    }
}
