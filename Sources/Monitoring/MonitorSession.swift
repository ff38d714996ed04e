import Audio
import Capture
import Dispatch
import Foundation
import Ingest
import Logging
import Reporting
import ServiceLifecycle
import Store
import Synchronization
import UnixSignals

/// Listens until it is told to end: lines, screening, storing, sinks and the control socket, each a service.
///
/// They end in the order that loses nothing: first no more words from outside, then the lines with the call that is on, then
/// storing what they left, then what the sinks still take.
public struct MonitorSession: Sendable {
    private let settings: SessionSettings
    private let store: Store
    private let key: AudioKey?
    private let display: BoundedQueue<MonitorItem>

    /// Hops and pieces of sound that may wait for the disk: some minutes of a call.
    private static let storingCapacity = 20_000

    /// - Parameters:
    ///   - store: opened for a daemon.
    ///   - key: seals the sound of calls that keep it.
    ///   - display: what is printed or drawn; closed when all has ended.
    public init(settings: SessionSettings, store: Store, key: AudioKey?, display: BoundedQueue<MonitorItem>) {
        self.settings = settings
        self.store = store
        self.key = key
        self.display = display
    }

    /// Runs until SIGTERM or SIGINT, until the stream has ended, or until the screening thread fails.
    /// - Throws: `CaptureError` when a device cannot be opened at the start, `IngestError`, `ControlError`, `StoreError`, `AudioError`.
    public func run() async throws {
        defer { display.close() }
        let arrived = DispatchSemaphore(value: 0)
        var lines: [CaptureLine] = []
        defer { for line in lines { line.stop() } }
        for line in settings.lines {
            lines.append(try CaptureLine.open(device: line.device, request: line.request) { arrived.signal() })
        }
        let formats = lines.map(\.format)
        let legs = lines.isEmpty ? [] : try settings.legs(formats)
        for (line, format) in zip(lines, formats) {
            say("\(line.name): \(format)\(line.isRealTime ? ", real-time priority" : "")")
        }

        let queue = BoundedQueue<MonitorItem>(capacity: Self.storingCapacity)
        let board = SinkBoard(settings.sinks)
        let screening = Mutex(settings.screening)
        let failure = Mutex<(any Error)?>(nil)
        let (failed, failing) = AsyncStream<Void>.makeStream()
        let clock = store.clock
        let metrics = settings.metrics.map { _ in MonitorMetrics(hopSeconds: settings.screening.hopSeconds, build: settings.build) }
        if let metrics { store.observeWrites { metrics.countWrite($0, failed: $1) } }
        let emit: @Sendable (MonitorItem) -> Void = { [display] item in
            metrics?.count(item)
            queue.put(item, mayBeDropped: item.mayBeDropped)
            if case .sound = item { return }
            display.put(item, mayBeDropped: item.mayBeDropped)
        }
        let allowed = AllowBoard()
        allowed.refresh(from: store)
        let storing = StoringThread(store: store, queue: queue, key: key, retention: settings.retention, sinks: board, say: say)
        let thread =
            lines.isEmpty
            ? nil
            : ListeningThread(lines: lines, arrived: arrived) { [settings] in
                try CallMonitor(
                    legs: legs, formats: formats, labels: settings.lines.map(\.label), options: settings.options,
                    setup: { screening.withLock { $0 } }, clock: clock, allows: { allowed.reason(line: $0, caller: $1) }, emit: emit)
            } failed: { error in
                failure.withLock { $0 = error }
                failing.yield()
            }
        let ingest: IngestSession?
        do {
            ingest = try IngestSession(settings, store: store, board: allowed, emit: emit, queue: queue, say: say, streamEnded: { failing.yield() })
        } catch {
            thread?.stop()
            storing.stop()
            throw error
        }
        let control: ControlSocket?
        do throws(ControlError) {
            control = try ControlSocket(settings.control) { [ingest] request in
                if let reply = await ingest?.answer(request, asking: thread) { return reply }
                return await thread?.ask(request) ?? .refused("no device is listened to")
            }
        } catch {
            // A disk without room for a name must not keep it from screening, unless only a word from outside could begin that.
            guard error.kind == .full, !settings.options.waitsToBeTold else {
                ingest?.stop()
                thread?.stop()
                storing.stop()
                throw error
            }
            say("\(error); it takes no words from `falsetto call`")
            control = nil
        }
        for sink in settings.sinks { if let problem = sink.problem { say(problem) } }
        let reload = settings.reload
        let captured = lines
        var services: [any Service] = [
            SinksService(board: board, store: store, say: say) { metrics?.countDelivery(to: $0, isDelivered: $1) },
            UntilShutdown { storing.stop() },
            UntilShutdown {
                for line in captured { line.stop() }
                thread?.stop()
            },
            UntilShutdown { ingest?.stop() },
            UntilShutdown { control?.stop() },
            ReloadService(say: say, ready: control == nil ? "it listens" : "it takes words at \(settings.control.path)") {
                var new = try reload()
                screening.withLock {
                    new.screening = new.screening.onModel(of: $0)
                    $0 = new.screening
                }
                thread?.change(new.options)
                ingest?.change(to: new)
                board.change(to: new.sinks)
                for sink in new.sinks { if let problem = sink.problem { say(problem) } }
            },
            FailureService(failed: failed),
            AllowListService(board: allowed, store: store),
        ]
        if let address = settings.metrics, let metrics {
            services.append(
                MetricsService(
                    address: address, metrics: metrics,
                    look: { [display] in
                        metrics.look(queues: [("storing", queue), ("display", display)], sinks: board.all.map(\.settings.name), store: store)
                        var health = Health()
                        if let trouble = store.trouble { health.hindrances.append("calls are screened and not stored: \(trouble)") }
                        if !queue.hasRoom { health.hindrances.append("storing is behind: \(queue.count) items wait") }
                        if let ingest { health.hindrances += ingest.hindrances }
                        return health
                    }, say: say))
        }
        var logger = Logger(label: "falsetto") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map {
                    .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup, failureTerminationBehavior: .gracefullyShutdownGroup)
                },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private func say(_ words: String) {
        display.put(.notice(words), mayBeDropped: false)
    }
}

/// A thing that runs by itself until the group ends, and is then stopped.
private struct UntilShutdown: Service {
    let stop: @Sendable () -> Void

    func run() async throws {
        try? await gracefulShutdown()
        // It waits for a thread, so not on one of the few that all tasks share.
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            Thread {
                stop()
                continuation.resume()
            }.start()
        }
    }
}

/// Reads the configuration again at SIGHUP.
private struct ReloadService: Service {
    let say: @Sendable (String) -> Void
    /// Said once SIGHUP is caught: before, it would end the program.
    let ready: String
    let reload: @Sendable () throws -> Void

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        say(ready)
        for await _ in signals.cancelOnGracefulShutdown() {
            do {
                try reload()
                say("the configuration was read again; it holds from the next call on")
            } catch { say("the configuration was read again and not taken, what was before holds: \(error)") }
        }
        try? await gracefulShutdown()
    }
}

/// Ends the group when the screening thread has failed or the stream has ended.
private struct FailureService: Service {
    let failed: AsyncStream<Void>

    func run() async throws {
        for await _ in failed.cancelOnGracefulShutdown() { return }
        try? await gracefulShutdown()
    }
}
