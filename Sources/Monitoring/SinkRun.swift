import Dispatch
import Foundation
import Store

/// Sends one sink what waits for it in the store's outbox, oldest first, at least once.
///
/// Each sink has a run of its own, so one that hangs or fails delays nobody else; its messages wait on the disk, each
/// retry carries the event's one id, and a restart goes on where the last run stopped.
package struct SinkRun {
    let post: SinkBoard.Post
    let sink: any EventSink
    let store: Store
    let say: @Sendable (String) -> Void
    /// Told of each delivery whether it arrived.
    let count: @Sendable (Bool) -> Void
    private let lane: DispatchQueue

    init(post: SinkBoard.Post, store: Store, say: @escaping @Sendable (String) -> Void, count: @escaping @Sendable (Bool) -> Void = { _ in }) {
        self.init(post: post, sink: post.settings.open(), store: store, say: say, count: count)
    }

    package init(
        post: SinkBoard.Post, sink: any EventSink, store: Store, say: @escaping @Sendable (String) -> Void,
        count: @escaping @Sendable (Bool) -> Void = { _ in }
    ) {
        self.post = post
        self.sink = sink
        self.store = store
        self.say = say
        self.count = count
        lane = DispatchQueue(label: "outbox of \(post.settings.name)")
    }

    /// Asks the store on a thread of its own: it waits for the disk, which the few threads that all tasks share must not.
    private func asking<Value: Sendable>(
        _ body: @escaping @Sendable (Store) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let answer: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            lane.async { [store] in continuation.resume(returning: Result { () throws(StoreError) in try body(store) }) }
        }
        return try answer.get()
    }

    /// What a sink may still take when the program ends.
    static let lastChance = Duration.milliseconds(700)

    /// How the deliveries go.
    private struct Spell {
        var isFailing = false
        var storeTrouble: StoreError?
        /// Until when the receiver asked to be left alone.
        var quietUntil = ContinuousClock.now
    }

    /// Sends until the post is closed; what is being sent then has its last chance, and the rest waits in the outbox.
    package func run() async {
        var spell = Spell()
        var bell = post.bell.makeAsyncIterator()
        while true {
            if spell.quietUntil <= .now { await sendDue(&spell) }
            if post.isClosed || Task.isCancelled { return }
            await waitForBell(&bell, quietUntil: spell.quietUntil)
        }
    }

    /// Until something is put in, the next retry is due, or the receiver may be asked again.
    private func waitForBell(_ bell: inout AsyncStream<Void>.Iterator, quietUntil: ContinuousClock.Instant) async {
        let name = post.settings.name
        let due = (try? await asking { store throws(StoreError) in try store.nextDue(for: name) }) ?? nil
        let quiet = (quietUntil - .now) / .seconds(1)
        guard due != nil || quiet > 0 else {
            _ = await bell.next()
            return
        }
        let post = post
        let seconds = max(due?.timeIntervalSince(store.clock()) ?? 0, quiet, 0.05)
        let timer = Task {
            try? await Task.sleep(for: .seconds(seconds))
            if !Task.isCancelled { post.wake() }
        }
        _ = await bell.next()
        timer.cancel()
    }

    private func sendDue(_ spell: inout Spell) async {
        let name = post.settings.name
        while !Task.isCancelled, let message = post.firstDirect {
            guard await deliver(message.payload, &spell) == nil else { break }
            post.removeDirect(message)
        }
        do throws(StoreError) {
            while !Task.isCancelled, spell.quietUntil <= .now, let entry = try await asking({ store throws(StoreError) in try store.next(for: name) })
            {
                let failure = await deliver(entry.payload, &spell)
                try await asking { store throws(StoreError) in
                    if let failure {
                        try store.postpone(entry, leastSeconds: failure.retryAfterSeconds ?? 0)
                    } else {
                        try store.acknowledge(entry)
                    }
                }
            }
            spell.storeTrouble = nil
        } catch {
            // Said once a spell. A store that is closed altogether is said by storing.
            if error != spell.storeTrouble, store.trouble == nil { say("sink \(name): \(error)") }
            spell.storeTrouble = error
        }
    }

    /// - Returns: nil when it has arrived.
    private func deliver(_ payload: String, _ spell: inout Spell) async -> SinkFailure? {
        do throws(SinkFailure) {
            try await sink.deliver(payload)
            count(true)
            if spell.isFailing { say("sink \(post.settings.name): it takes events again") }
            spell.isFailing = false
            return nil
        } catch {
            count(false)
            // Said once a spell, not once a retry.
            if !spell.isFailing { say("sink \(post.settings.name): \(error); it is tried again until it works") }
            spell.isFailing = true
            if let seconds = error.retryAfterSeconds {
                spell.quietUntil = .now + .milliseconds(min(seconds * 1000, Double(OutboxEntry.longestWaitMilliseconds)))
            }
            return error
        }
    }
}
