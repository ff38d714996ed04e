import Audio
import Foundation
import Reporting
import Screening
import Synchronization

/// Screens many recordings, several at a time, with a progress line on a terminal. A recording that cannot be read is
/// reported, and the batch goes on.
struct Batch {
    let sources: [RecordingSource]
    let screening: RecordingScreening
    let provenance: Provenance
    let jobs: Int

    init(sources: [RecordingSource], screening: RecordingScreening, provenance: Provenance, jobs: Int? = nil) {
        self.sources = sources
        self.screening = screening
        self.provenance = provenance
        self.jobs = jobs ?? ProcessInfo.processInfo.activeProcessorCount
    }

    /// - Parameter take: the records of one recording and its place in the input, in the order in which they finish.
    func run(_ take: ([ReportRecord], Int) throws -> Void) async throws {
        let start = ContinuousClock.now
        let shows = Console.errorIsTerminal && (sources.count > 1 || !Console.outputIsTerminal)
        var progress = BatchProgress(total: sources.count, done: 0, elapsedSeconds: 0, audioSeconds: 0)
        try await withThrowingTaskGroup(of: ([ReportRecord], Int).self) { group in
            var next = 0
            func addTask() {
                guard next < sources.count else { return }
                let index = next
                next += 1
                group.addTask { (screen(sources[index]), index) }
            }
            for _ in 0..<jobs { addTask() }
            while let (records, index) = try await group.next() {
                addTask()
                progress.done += 1
                progress.elapsedSeconds = (ContinuousClock.now - start) / .seconds(1)
                for case .analysis(let record) in records { progress.audioSeconds += record.result.durationSeconds }
                if shows { Console.note(BatchProgress.eraseLine) }
                try take(records, index)
                if shows, progress.done < sources.count { Console.note(progress.overwriting(width: Console.width - 1)) }
            }
        }
    }

    private func screen(_ source: RecordingSource) -> [ReportRecord] {
        do {
            let recording = try screening.screen(source)
            return recording.legs.map {
                .analysis(
                    AnalysisRecord(
                        path: source.name, leg: $0.name, result: $0.result, provenance: provenance, warnings: recording.warnings))
            }
        } catch {
            return [.unreadable(UnreadableRecord(error, path: source.name))]
        }
    }
}
