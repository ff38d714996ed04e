import Audio
import Foundation
import Reporting
import Scoring
import Screening
import Synchronization
import Text

/// Screens many recordings. One that cannot be read is reported, and the batch goes on.
struct Batch {
    let sources: [RecordingSource]
    let screening: RecordingScreening
    let provenance: Provenance
    let jobs: Int?
    /// The wall clock, stamped once for all of them.
    let startedAt = Date()
    /// The sound of every leg goes with its record, up to so many bytes in all; 0 for none.
    var soundBytes = 0

    /// - Parameter take: the records of one recording and its place in the input, in the order in which they finish.
    func run(_ take: ([ReportRecord], Int) throws -> Void) async throws {
        var screening = screening
        let isLong = sources.count == 1 && Console.errorRedraws
        if isLong { screening.progress = Self.progressLine() }
        var soundLeft = soundBytes
        try await Work.onConsole(jobs: jobs).run(Array(sources.enumerated())) { [screening] source throws(AudioError) in
            try screening.screen(source.element)
        } take: { source, result in
            if isLong { Console.note(BatchProgress.eraseLine) }
            let records = try withSound(records(of: source.element, result), of: source.element, left: &soundLeft)
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
                        path: source.name, leg: $0.name, channel: $0.channel, result: $0.result, provenance: provenance, warnings: recording.warnings,
                        recording: recording.facts, screenedAt: startedAt))
            }
        case .failure(let error): [.unreadable(UnreadableRecord(error, path: source.name))]
        }
    }

    /// - Throws: `Fault` where the page would grow too large; `AudioError` where the recording cannot be read again.
    private func withSound(_ records: [ReportRecord], of source: RecordingSource, left: inout Int) throws -> [ReportRecord] {
        guard soundBytes > 0 else { return records }
        return try records.map { record in
            guard case .analysis(var analysis) = record, let channel = analysis.channel else { return record }
            guard let sound = try source.playable(channel: channel, limitBytes: left) else {
                throw Fault(
                    "\(source.name.escapedForTerminal): with its sound the page would hold more than \(soundBytes >> 20) MiB of sound; "
                        + "give fewer or shorter recordings, or leave out --embed-audio", code: Exit.usage)
            }
            left -= sound.count
            analysis.sound = sound
            return .analysis(analysis)
        }
    }
}
