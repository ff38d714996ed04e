import Audio
import Foundation
import Reporting

/// Does one thing to many recordings, several at a time, with a progress line on a terminal.
struct Work {
    let jobs: Int

    init(jobs: Int?) { self.jobs = jobs ?? ProcessInfo.processInfo.activeProcessorCount }

    /// - Parameters:
    ///   - body: done to each item, on any thread.
    ///   - take: called with each result in the order in which they finish; gives back the seconds of sound in it.
    func run<Item: Sendable, Output: Sendable>(
        _ items: [Item], _ body: @escaping @Sendable (Item) throws(AudioError) -> Output,
        take: (Item, Result<Output, AudioError>) throws -> Double
    ) async throws {
        let start = ContinuousClock.now
        let shows = Console.errorRedraws && items.count > 1
        var progress = BatchProgress(total: items.count, done: 0, elapsedSeconds: 0, audioSeconds: 0)
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
                if shows { Console.note(BatchProgress.eraseLine) }
                progress.audioSeconds += try take(item, result)
                progress.done += 1
                progress.elapsedSeconds = (ContinuousClock.now - start) / .seconds(1)
                if shows, progress.done < items.count { Console.note(progress.overwriting(width: Console.width - 1)) }
            }
        }
    }
}
