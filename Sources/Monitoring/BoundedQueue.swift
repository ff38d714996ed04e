import Dispatch
import Synchronization

/// Hands items from the screening thread to one worker, in order, and never makes the screening thread wait.
///
/// Bounded: when it is full, what may be dropped (hops, kept sound) is dropped and counted; what may not (an alert, a call's
/// end) goes in all the same, of which there are few.
public final class BoundedQueue<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var dropped = 0
        var droppedInAll = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let arrived = DispatchSemaphore(value: 0)
    private let capacity: Int

    public init(capacity: Int) {
        precondition(capacity > 0, "a queue holds something")
        self.capacity = capacity
    }

    public func put(_ item: Item, mayBeDropped: Bool) {
        let isFirst = state.withLock { state in
            guard !state.isClosed else { return false }
            if mayBeDropped, state.items.count >= capacity {
                state.dropped += 1
                state.droppedInAll += 1
                return false
            }
            state.items.append(item)
            return state.items.count == 1
        }
        // Once for all that waits, since all of it is taken at once.
        if isFirst { arrived.signal() }
    }

    /// All that waits, in order; waits for something, at most so long. Nil when the queue is closed and empty.
    public func take(waitingAtMost seconds: Double = .infinity) -> [Item]? {
        let deadline: DispatchTime = seconds.isFinite ? .now() + seconds : .distantFuture
        while true {
            let (items, isClosed) = grab()
            if !items.isEmpty { return items }
            if isClosed { return nil }
            // Items taken without waiting leave a signal behind: it wakes once, and there is nothing yet.
            if arrived.wait(timeout: deadline) == .timedOut {
                let (late, isClosedNow) = grab()
                return late.isEmpty && isClosedNow ? nil : late
            }
        }
    }

    private func grab() -> ([Item], Bool) {
        state.withLock { state in
            defer { state.items = [] }
            return (state.items, state.isClosed)
        }
    }

    /// What waits.
    public var count: Int { state.withLock { $0.items.count } }

    /// Whether it is less than half full: whoever can wait puts nothing in before.
    var hasRoom: Bool { count < capacity / 2 }

    /// What was dropped since it was last asked.
    public func takeDropped() -> Int {
        state.withLock { state in
            defer { state.dropped = 0 }
            return state.dropped
        }
    }

    /// What was dropped since the queue was made.
    package var droppedInAll: Int { state.withLock { $0.droppedInAll } }

    /// Nothing more goes in; what is in it can still be taken.
    public func close() {
        state.withLock { $0.isClosed = true }
        arrived.signal()
    }
}
