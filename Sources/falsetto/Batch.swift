import Audio
import Reporting
import Screening

/// Screens many recordings. One that cannot be read is reported, and the batch goes on.
struct Batch {
    let sources: [RecordingSource]
    let screening: RecordingScreening
    let provenance: Provenance
    let jobs: Int?

    /// - Parameter take: the records of one recording and its place in the input, in the order in which they finish.
    func run(_ take: ([ReportRecord], Int) throws -> Void) async throws {
        let screening = screening
        try await Work(jobs: jobs).run(Array(sources.enumerated())) { source throws(AudioError) in
            try screening.screen(source.element)
        } take: { source, result in
            let records = records(of: source.element, result)
            try take(records, source.offset)
            return records.reduce(0) {
                if case .analysis(let record) = $1 { $0 + record.result.durationSeconds } else { $0 }
            }
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
