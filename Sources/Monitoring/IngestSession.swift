import Ingest
import Store

/// The telephone systems' part of a session: the hub that takes their calls, the trunks that they come by, the stream on standard input.
final class IngestSession: Sendable {
    private let hub: IngestHub
    private let server: IngestServer?
    private let stream: StreamSource?
    private let say: @Sendable (String) -> Void

    /// - Returns: nil where the settings name neither a trunk nor a stream.
    init?(
        _ settings: SessionSettings, store: Store, board: AllowBoard, emit: @escaping @Sendable (MonitorItem) -> Void,
        queue: BoundedQueue<MonitorItem>,
        say: @escaping @Sendable (String) -> Void, streamEnded: @escaping @Sendable () -> Void
    ) throws {
        guard !settings.trunks.isEmpty || settings.stream != nil else { return nil }
        var policies = settings.trunkPolicies
        if let stream = settings.stream { policies[SessionSettings.Stream.name] = stream.policy }
        let hub = IngestHub(
            settings: .init(policies: policies, options: settings.options, screening: settings.screening, mostCalls: settings.mostCalls),
            names: try Self.names(store), board: board, clock: store.clock, emit: emit)
        self.hub = hub
        self.say = say
        server = settings.trunks.isEmpty ? nil : try IngestServer(settings.trunks, taker: hub, say: say)
        for (trunk, port) in zip(settings.trunks, server?.ports ?? []) { say(Self.words(trunk, port)) }
        stream = settings.stream.map { stream in
            StreamSource(
                descriptor: stream.descriptor, format: stream.format, legs: stream.legs, trunk: SessionSettings.Stream.name, taker: hub,
                mayRead: { queue.hasRoom }
            ) { problem in
                if let problem { say("standard input: \(problem)") }
                streamEnded()
            }
        }
    }

    /// A disk without room for the key ends no listening: the calls of this run are then named with one that is kept nowhere.
    private static func names(_ store: Store) throws(StoreError) -> CallNames {
        do throws(StoreError) { return try CallNames(makingAt: store.folder.callNamesKey) } catch {
            guard error.kind == .full || store.trouble?.kind == .full else { throw error }
            return .ofThisRun()
        }
    }

    private static func words(_ trunk: Trunk, _ port: Int) -> String {
        "trunk \(trunk.name): \(trunk.kind.rawValue) at \(trunk.address.host), port \(port)"
    }

    /// For the calls that begin from here on; a trunk that is gone ends with its calls. Where none was at the start, none is opened before the next.
    func change(to new: SessionSettings.Reloaded) {
        hub.change { settings in
            settings.options = new.options
            settings.screening = new.screening
            if new.trunks != nil, server != nil {
                settings.policies = new.trunkPolicies
            } else {
                for (name, policy) in new.trunkPolicies where settings.policies[name] != nil { settings.policies[name] = policy }
            }
        }
        guard let trunks = new.trunks, let server else { return }
        for (trunk, port) in server.change(to: trunks) { say(Self.words(trunk, port)) }
    }

    /// Why it would not hear a new call.
    var hindrances: [String] {
        (hub.isPaused ? ["paused: nothing is heard"] : []) + (hub.hasRoom ? [] : ["the most calls are on: \(hub.count)"])
    }

    /// What concerns the telephone systems' calls; nil for what is the devices' alone.
    func answer(_ request: ControlRequest, asking thread: ListeningThread?) async -> ControlReply? {
        switch request {
        case .pause, .resume:
            hub.isPaused = request == .pause
            if let thread { return await thread.ask(request) }
            return ControlReply(
                call: nil, isPaused: hub.isPaused, words: hub.isPaused ? "nothing is heard until `falsetto call resume`" : "it hears again")
        case .status:
            let running = hub.running
            guard var reply = await thread?.ask(request) else {
                return ControlReply(call: nil, isPaused: running.isPaused, words: running.words, trunks: running)
            }
            reply.words += "; on the trunks \(running.words)"
            reply.trunks = running
            return reply
        case .disclose(let call):
            // Without a name it is the device's call, where one is listened to.
            if call == nil, let thread, hub.count == 0 { return await thread.ask(request) }
            return hub.disclose(call) ?? (thread != nil ? nil : .refused("no such call is on"))
        case .start, .end:
            return thread == nil ? .refused("the telephone system begins and ends its calls; there is no device here to do it for") : nil
        }
    }

    func stop() {
        stream?.stop()
        server?.stop()
    }
}
