import Audio
import Foundation

/// Does one thing to many recordings, several at a time.
public struct Work {
    /// How far it has come.
    public struct Progress: Sendable, Equatable {
        public var total: Int
        /// Items done, failed ones included.
        public var done = 0
        /// Wall seconds since it began.
        public var elapsedSeconds = 0.0
        /// Seconds of sound in what is done.
        public var audioSeconds = 0.0
    }

    private let jobs: Int
    private let show: (Progress?) -> Void

    /// - Parameters:
    ///   - jobs: items at a time; nil for one a core.
    ///   - show: told how far it has come after each item but the last, and nil before an item is taken, since that may write elsewhere.
    public init(jobs: Int?, show: @escaping (Progress?) -> Void = { _ in }) {
        self.jobs = jobs ?? ProcessInfo.processInfo.activeProcessorCount
        self.show = show
    }

    /// - Parameters:
    ///   - body: done to each item, on any thread.
    ///   - take: called with each result in the order in which they finish; gives back the seconds of sound in it.
    public func run<Item: Sendable, Output: Sendable>(
        _ items: [Item], _ body: @escaping @Sendable (Item) throws(AudioError) -> Output,
        take: (Item, Result<Output, AudioError>) throws -> Double
    ) async throws {
        let start = ContinuousClock.now
        var progress = Progress(total: items.count)
        try await withThrowingTaskGroup(of: (Item, Result<Output, AudioError>).self) { group in
            var next = 0
            func addTask() {
                guard next < items.count else { return }
                let item = items[next]
                next += 1
                group.addTask { (item, Result { () throws(AudioError) in try body(item) }) }
            }
            for _ in 0..<min(jobs, items.count) { addTask() }
            while let (item, result) = try await group.next() {
                addTask()
                show(nil)
                progress.audioSeconds += try take(item, result)
                progress.done += 1
                progress.elapsedSeconds = (ContinuousClock.now - start) / .seconds(1)
                if progress.done < items.count { show(progress) }
            }
        }
    }
}
