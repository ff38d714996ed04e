import Dispatch
import Synchronization

/// Hands items from the screening thread to one worker, in order, and never makes the screening thread wait.
///
/// Bounded: when it is full, what may be dropped (hops, kept sound) is dropped and counted; what may not (an alert, a call's
/// end) goes in all the same, of which there are few.
///
/// Rule: a worker that has just taken something is not woken for what may be dropped, but looks for itself 20 ms later. Why: the hops of hundreds of
/// calls would wake it thousands of times a second, each at the cost of the screening thread. What may not be dropped wakes it at once.
public final class BoundedQueue<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var dropped = 0
        var droppedInAll = 0
        var isClosed = false
        /// The worker has been woken, and has not come yet.
        var isAwoken = false
        /// It took something a moment ago, and comes by itself.
        var comesSoon = false
    }

    private static var secondsBetweenLooks: Double { 0.02 }

    private let state = Mutex(State())
    private let arrived = DispatchSemaphore(value: 0)
    private let capacity: Int

    public init(capacity: Int) {
        precondition(capacity > 0, "a queue holds something")
        self.capacity = capacity
    }

    public func put(_ item: Item, mayBeDropped: Bool) {
        let wakes = state.withLock { state in
            guard !state.isClosed else { return false }
            if mayBeDropped, state.items.count >= capacity {
                state.dropped += 1
                state.droppedInAll += 1
                return false
            }
            state.items.append(item)
            // Once for all that waits, since all of it is taken at once.
            guard !state.isAwoken, !(mayBeDropped && state.comesSoon) else { return false }
            state.isAwoken = true
            return true
        }
        if wakes { arrived.signal() }
    }

    /// All that waits, in order; waits for something, at most so long. Nil when the queue is closed and empty.
    public func take(waitingAtMost seconds: Double = .infinity) -> [Item]? {
        let deadline: DispatchTime = seconds.isFinite ? .now() + seconds : .distantFuture
        var isLookingAgain = false
        while true {
            let (items, isClosed, comesSoon) = grab(isLookingAgain)
            if !items.isEmpty { return items }
            if isClosed { return nil }
            let next = comesSoon ? min(deadline, .now() + Self.secondsBetweenLooks) : deadline
            // Items taken without waiting leave a signal behind: it wakes once, and there is nothing yet.
            isLookingAgain = arrived.wait(timeout: next) == .timedOut
            if isLookingAgain, next == deadline {
                let (late, isClosedNow, _) = grab(false)
                return late.isEmpty && isClosedNow ? nil : late
            }
        }
    }

    /// - Parameter isLookingAgain: it waited as long as it does after a find; where nothing is there now, the next item wakes it.
    private func grab(_ isLookingAgain: Bool) -> (items: [Item], isClosed: Bool, comesSoon: Bool) {
        state.withLock { state in
            defer { state.items = [] }
            state.isAwoken = false
            state.comesSoon = !state.items.isEmpty || state.comesSoon && !isLookingAgain
            return (state.items, state.isClosed, state.comesSoon)
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
