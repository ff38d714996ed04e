import Calls
import Dispatch
import Foundation
import Reporting
import Store
import Synchronization
import Testing

@testable import Monitoring

/// A sink that does as the test says.
private final class Scripted: EventSink {
    private let gate: AsyncStream<Bool>
    private let keys: AsyncStream<Bool>.Continuation

    let arrived: AsyncStream<String>
    private let arriving: AsyncStream<String>.Continuation

    init() {
        (gate, keys) = AsyncStream.makeStream()
        (arrived, arriving) = AsyncStream.makeStream()
    }

    /// Lets one delivery pass or fail.
    func pass(_ passes: Bool) { keys.yield(passes) }

    func deliver(_ payload: String) async throws(SinkFailure) {
        arriving.yield(payload)
        var turns = gate.makeAsyncIterator()
        guard await turns.next() == true else { throw SinkFailure("scripted") }
    }
}

private final class State: Sendable {
    let folder = StateFolder(path: NSTemporaryDirectory() + "falsetto-sinks-\(UUID().uuidString)")
    private let now = Mutex(Date(timeIntervalSince1970: 1_800_000_000))
    func advance(_ seconds: Double) { now.withLock { $0 += seconds } }
    func open() throws -> Store { try Store(folder, for: .daemon, clock: { [self] in now.withLock { $0 } }) }
    deinit { try? FileManager.default.removeItem(atPath: folder.path) }
}

private func alertEvent() -> CallEvent {
    CallEvent(id: EventID.random().text, call: "a", at: Date(timeIntervalSince1970: 0), kind: .disclosed(atSeconds: 1))
}

@Suite("Sinks") struct SinkTests {
    private func settings(_ name: String, _ target: SinkSettings.Target = .standardOutput) -> SinkSettings {
        SinkSettings(name: name, target: target, timeoutSeconds: 5)
    }

    @Test("An event goes to the sinks that want it, each with the event's one id")
    func wanting() {
        let quiet = SinkSettings(name: "quiet", target: .standardOutput, events: ["callEnded"])
        let board = SinkBoard([settings("a"), settings("b"), quiet])
        let event = alertEvent()
        let messages = board.messages(of: event)
        #expect(messages.map(\.sink) == ["a", "b"] && messages.allSatisfy { $0.event.text == event.id && $0.payload.contains(event.id) })
    }

    @Test("Stores that hang, one for each thread that tasks share, keep no task from running")
    func hangingStores() async throws {
        let held = DispatchSemaphore(value: 0)
        let hung = DispatchSemaphore(value: 0)
        let count = ProcessInfo.processInfo.activeProcessorCount + 2
        // The clock is read within the store, so a clock that waits stands in for a disk that hangs.
        let isOpen = Atomic<Bool>(false)
        let states = (0..<count).map { _ in State() }
        var runs: [Task<Void, Never>] = []
        var boards: [SinkBoard] = []
        for state in states {
            let store = try Store(
                state.folder, for: .daemon,
                clock: {
                    if isOpen.load(ordering: .relaxed) {
                        hung.signal()
                        held.wait()
                        held.signal()
                    }
                    return Date(timeIntervalSince1970: 1_800_000_000)
                })
            let board = SinkBoard([settings("a")])
            boards.append(board)
            runs.append(Task { await SinkRun(post: board.all[0], sink: Scripted(), store: store, say: { _ in }).run() })
        }
        isOpen.store(true, ordering: .relaxed)
        for board in boards { board.all[0].wake() }
        let ran = DispatchSemaphore(value: 0)
        let answered: Bool = await withCheckedContinuation { continuation in
            Thread {
                var inTime = true
                for _ in 0..<count { inTime = inTime && hung.wait(timeout: .now() + 600) == .success }
                Task { ran.signal() }
                inTime = inTime && ran.wait(timeout: .now() + 600) == .success
                held.signal()
                continuation.resume(returning: inTime)
            }.start()
        }
        #expect(answered)
        for board in boards { board.close() }
        for run in runs { await run.value }
        withExtendedLifetime(states) {}
    }

    @Test("A sink that hangs delays no other sink")
    func hanging() async throws {
        let state = State()
        let store = try state.open()
        let board = SinkBoard([settings("stuck"), settings("free")])
        let (stuck, free) = (Scripted(), Scripted())
        try store.enqueue(board.messages(of: alertEvent()), call: try CallID("a"))
        let runs = zip(board.all, [stuck, free]).map { post, sink in
            Task { await SinkRun(post: post, sink: sink, store: store, say: { _ in }).run() }
        }
        var (stuckGot, freeGot) = (stuck.arrived.makeAsyncIterator(), free.arrived.makeAsyncIterator())
        _ = await stuckGot.next()
        free.pass(true)
        _ = await freeGot.next()
        // The one is stuck in its first delivery; the other gets a second event all the same.
        let second = alertEvent()
        let messages = board.messages(of: second)
        try store.enqueue(messages, call: try CallID("a"))
        board.wake(messages)
        free.pass(true)
        #expect(await freeGot.next()?.contains(second.id) == true)
        board.close()
        stuck.pass(true)
        stuck.pass(true)
        for run in runs { await run.value }
    }

    @Test("A delivery that fails is tried again with the same id, after its back-off, and said once")
    func failing() async throws {
        let state = State()
        let store = try state.open()
        let said = Mutex<[String]>([])
        let board = SinkBoard([settings("a")])
        let sink = Scripted()
        let event = alertEvent()
        try store.enqueue(board.messages(of: event), call: try CallID("a"))
        let post = board.all[0]
        let run = Task { await SinkRun(post: post, sink: sink, store: store, say: { words in said.withLock { $0.append(words) } }).run() }
        var got = sink.arrived.makeAsyncIterator()
        var payloads: [String?] = [await got.next()]
        sink.pass(false)
        while said.withLock({ $0.isEmpty }) { await Task.yield() }
        // Not due yet, whoever rings.
        post.wake()
        while try store.nextDue(for: "a") == nil { await Task.yield() }
        state.advance(3)
        post.wake()
        payloads.append(await got.next())
        sink.pass(true)
        board.close()
        await run.value
        #expect(payloads[0] == payloads[1] && payloads[0]?.contains(event.id) == true)
        #expect(said.withLock { $0 }.count == 2)
        #expect(try store.outboxCounts().isEmpty)
    }

    @Test("What was not delivered is delivered after a restart")
    func restart() async throws {
        let state = State()
        let event = alertEvent()
        do {
            let store = try state.open()
            try store.enqueue(SinkBoard([settings("a")]).messages(of: event), call: try CallID("a"))
        }
        let store = try state.open()
        let sink = Scripted()
        let board = SinkBoard([settings("a")])
        let post = board.all[0]
        let run = Task { await SinkRun(post: post, sink: sink, store: store, say: { _ in }).run() }
        var got = sink.arrived.makeAsyncIterator()
        sink.pass(true)
        #expect(await got.next()?.contains(event.id) == true)
        board.close()
        await run.value
    }

    @Test("What the disk did not take is delivered directly, and kept until the sink has it")
    func direct() async throws {
        let state = State()
        let store = try state.open()
        let board = SinkBoard([settings("a")])
        let event = alertEvent()
        board.deliverDirectly(board.messages(of: event))
        let sink = Scripted()
        let post = board.all[0]
        let run = Task { await SinkRun(post: post, sink: sink, store: store, say: { _ in }).run() }
        var got = sink.arrived.makeAsyncIterator()
        sink.pass(false)
        #expect(await got.next()?.contains(event.id) == true)
        post.wake()
        sink.pass(true)
        #expect(await got.next()?.contains(event.id) == true)
        board.close()
        await run.value
        #expect(post.firstDirect == nil)
    }

    @Test("Other sinks after a reload: those that stay are left alone, new ones are opened, old ones closed")
    func reload() async {
        let board = SinkBoard([settings("a"), settings("b")])
        let before = board.all
        board.change(to: [settings("b"), settings("c")])
        #expect(board.all.map(\.settings.name) == ["b", "c"] && board.all[0] === before[1])
        #expect(before[0].isClosed && !before[1].isClosed)
        board.close()
        var opened: [String] = []
        for await post in board.opened { opened.append(post.settings.name) }
        #expect(opened == ["a", "b", "c"])
    }

    @Test("A file gets one line an event, of its owner only")
    func file() async throws {
        let path = NSTemporaryDirectory() + "falsetto-sink-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let sink = FileSink(path: path, timeoutSeconds: 300)
        try await sink.deliver("one")
        try await sink.deliver("two")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "one\ntwo\n")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        await #expect(throws: SinkFailure.self) { try await FileSink(path: "/nonexistent/x", timeoutSeconds: 300).deliver("x") }
    }

    @Test("A write that hangs fails after its time, and nothing is queued behind it")
    func hangingFile() async throws {
        let path = NSTemporaryDirectory() + "falsetto-fifo-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        // Nobody reads it, so opening it to write waits for ever.
        #expect(mkfifo(path, 0o600) == 0)
        let sink = FileSink(path: path, timeoutSeconds: 0.1)
        await #expect(throws: SinkFailure("\(path): the write hangs since 0.1 s")) { try await sink.deliver("x") }
        await #expect(throws: SinkFailure("\(path): an earlier write still hangs")) { try await sink.deliver("y") }
        let reader = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        #expect(try reader.readToEnd() == Data("x\n".utf8))
    }

    @Test("A command gets the event on its standard input, and has taken it when it exits with 0")
    func command() async throws {
        let path = NSTemporaryDirectory() + "falsetto-command-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await CommandSink(words: ["sh", "-c", "cat > \"$0\"", path], timeoutSeconds: 300).deliver("{\"a\":1}")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "{\"a\":1}\n")
        await #expect(throws: SinkFailure.self) { try await CommandSink(words: ["/bin/false"], timeoutSeconds: 300).deliver("x") }
        await #expect(throws: SinkFailure.self) { try await CommandSink(words: ["/nonexistent/program"], timeoutSeconds: 300).deliver("x") }
    }

    @Test("A command that hangs is killed after its time, with what it started")
    func hangingCommand() async throws {
        let path = NSTemporaryDirectory() + "falsetto-pids-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let script = "sleep 600 & echo $! > \"$0\"; wait"
        // A busy machine may not come to the script's first line before its time is over; then it gets more.
        var written: Int32?
        for seconds in [1.0, 10, 100] where written == nil {
            await #expect(throws: SinkFailure.self) {
                try await CommandSink(words: ["sh", "-c", script, path], timeoutSeconds: seconds).deliver("x")
            }
            written = (try? String(contentsOfFile: path, encoding: .utf8)).flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        let child = try #require(written)
        // A killed orphan stays until its new parent looks; what matters is that it runs no more.
        var runs = true
        for _ in 0..<1000 where runs {
            let status = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)) ?? ") Z"
            runs = !status.contains(") Z")
            await Task.yield()
        }
        #expect(!runs)
    }
}

@Suite("The queue to a worker") struct BoundedQueueTests {
    @Test("Items that were taken without waiting leave nothing behind that ends the next wait early")
    func noEarlyReturn() {
        let queue = BoundedQueue<Int>(capacity: 2)
        for number in 0..<4 { queue.put(number, mayBeDropped: false) }
        #expect(queue.take() == [0, 1, 2, 3])
        let begun = ContinuousClock.now
        #expect(queue.take(waitingAtMost: 0.2) == [])
        #expect(ContinuousClock.now - begun >= .milliseconds(190))
        queue.put(4, mayBeDropped: true)
        #expect(queue.take(waitingAtMost: 60) == [4])
        queue.close()
        #expect(queue.take() == nil)
    }

    @Test("A worker looks at a stream of hops now and then, not at each, and is woken by the first after a pause")
    func looksNowAndThen() {
        let queue = BoundedQueue<Int>(capacity: 1000)
        let ended = DispatchSemaphore(value: 0)
        let taken = Mutex<[[Int]]>([])
        Thread {
            while let items = queue.take() { taken.withLock { $0.append(items) } }
            ended.signal()
        }.start()
        let started = ContinuousClock.now
        for number in 0..<400 {
            queue.put(number, mayBeDropped: true)
            usleep(1000)
        }
        queue.close()
        ended.wait()
        let looks = (ContinuousClock.now - started) / .milliseconds(20)
        #expect(taken.withLock { $0.flatMap { $0 } } == Array(0..<400))
        // The first put wakes it, and the close; what comes while it hands on what a look found is taken at once, in one more. On a machine so slow
        // that every put comes after a look, it is woken by each.
        #expect(Double(taken.withLock { $0.count }) <= 2 * looks + 3)

        // It took something, looked once more for nothing, and waits: now the next item wakes it.
        let next = BoundedQueue<Int>(capacity: 2)
        next.put(0, mayBeDropped: true)
        #expect(next.take() == [0])
        #expect(next.take(waitingAtMost: 0.05) == [])
        let begun = ContinuousClock.now
        Thread {
            usleep(100_000)
            next.put(1, mayBeDropped: true)
        }.start()
        #expect(next.take(waitingAtMost: 60) == [1])
        #expect(ContinuousClock.now - begun < .seconds(30))
    }
}
