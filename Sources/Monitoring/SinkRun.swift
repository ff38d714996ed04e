import Foundation
import Store

/// Sends one sink what waits for it in the store's outbox, oldest first, at least once.
///
/// Each sink has a run of its own, so one that hangs or fails delays nobody else; its messages wait on the disk, each
/// retry carries the event's one id, and a restart goes on where the last run stopped.
struct SinkRun {
    let post: SinkBoard.Post
    let sink: any EventSink
    let store: Store
    let say: @Sendable (String) -> Void

    init(post: SinkBoard.Post, store: Store, say: @escaping @Sendable (String) -> Void) {
        self.init(post: post, sink: post.settings.open(), store: store, say: say)
    }

    init(post: SinkBoard.Post, sink: any EventSink, store: Store, say: @escaping @Sendable (String) -> Void) {
        self.post = post
        self.sink = sink
        self.store = store
        self.say = say
    }

    /// What a sink may still take when the program ends.
    static let lastChance = Duration.milliseconds(700)

    /// Sends until the post is closed; what is being sent then has its last chance, and the rest waits in the outbox.
    func run() async {
        var failing = false
        var bell = post.bell.makeAsyncIterator()
        while true {
            await sendDue(&failing)
            if post.isClosed || Task.isCancelled { return }
            await waitForBell(&bell)
        }
    }

    /// Until something is put in or the next retry is due.
    private func waitForBell(_ bell: inout AsyncStream<Void>.Iterator) async {
        let due = (try? store.nextDue(for: post.settings.name)) ?? nil
        guard let due else {
            _ = await bell.next()
            return
        }
        let post = post
        let timer = Task {
            try? await Task.sleep(for: .seconds(max(due.timeIntervalSince(store.clock()), 0.05)))
            if !Task.isCancelled { post.wake() }
        }
        _ = await bell.next()
        timer.cancel()
    }

    private func sendDue(_ failing: inout Bool) async {
        let name = post.settings.name
        while !Task.isCancelled, let message = post.firstDirect {
            guard await deliver(message.payload, &failing) else { break }
            post.removeDirect(message)
        }
        do throws(StoreError) {
            while !Task.isCancelled, let entry = try store.next(for: name) {
                if await deliver(entry.payload, &failing) {
                    try store.acknowledge(entry)
                } else {
                    try store.postpone(entry)
                }
            }
        } catch { say("sink \(name): \(error)") }
    }

    private func deliver(_ payload: String, _ failing: inout Bool) async -> Bool {
        do throws(SinkFailure) {
            try await sink.deliver(payload)
            if failing { say("sink \(post.settings.name): it takes events again") }
            failing = false
            return true
        } catch {
            // Said once a spell, not once a retry.
            if !failing { say("sink \(post.settings.name): \(error); it is tried again until it works") }
            failing = true
            return false
        }
    }
}
