import Audio
import Reporting
import Screening
import Synchronization

/// Screens many recordings. One that cannot be read is reported, and the batch goes on.
struct Batch {
    let sources: [RecordingSource]
    let screening: RecordingScreening
    let provenance: Provenance
    let jobs: Int?

    /// - Parameter take: the records of one recording and its place in the input, in the order in which they finish.
    func run(_ take: ([ReportRecord], Int) throws -> Void) async throws {
        var screening = screening
        let isLong = sources.count == 1 && Console.errorIsTerminal
        if isLong { screening.progress = Self.progressLine() }
        try await Work(jobs: jobs).run(Array(sources.enumerated())) { [screening] source throws(AudioError) in
            try screening.screen(source.element)
        } take: { source, result in
            if isLong { Console.note(BatchProgress.eraseLine) }
            let records = records(of: source.element, result)
            try take(records, source.offset)
            return records.reduce(0) {
                if case .analysis(let record) = $1 { $0 + record.result.durationSeconds } else { $0 }
            }
        }
    }

    /// A line for one long recording, drawn again five times a second at most.
    private static func progressLine() -> @Sendable (Double, Double?) -> Void {
        let start = ContinuousClock.now
        let drawn = Mutex(start)
        return { seconds, expected in
            let now = ContinuousClock.now
            let isDue = drawn.withLock { last in
                guard now - last >= .milliseconds(200) else { return false }
                last = now
                return true
            }
            guard isDue else { return }
            let progress = BatchProgress(
                total: Int(max(expected ?? seconds, seconds)), done: Int(seconds), elapsedSeconds: (now - start) / .seconds(1),
                audioSeconds: seconds)
            Console.note(progress.overwriting(width: Console.width - 1))
        }
    }

    private func records(of source: RecordingSource, _ result: Result<ScreenedRecording, AudioError>) -> [ReportRecord] {
        switch result {
        case .success(let recording):
            recording.legs.map {
                .analysis(
                    AnalysisRecord(
                        path: source.name, leg: $0.name, result: $0.result, provenance: provenance, warnings: recording.warnings))
            }
        case .failure(let error): [.unreadable(UnreadableRecord(error, path: source.name))]
        }
    }
}
