import Reporting
import Scoring

extension Work {
    /// With a progress line on a terminal, where there is more than one item.
    static func onConsole(jobs: Int?) -> Work {
        guard Console.errorRedraws else { return Work(jobs: jobs) }
        return Work(jobs: jobs) { progress in
            guard progress?.total != 1 else { return }
            Console.note(progress.map { BatchProgress($0).overwriting(width: Console.width - 1) } ?? BatchProgress.eraseLine)
        }
    }
}

extension BatchProgress {
    init(_ progress: Work.Progress) {
        self.init(
            total: progress.total, done: progress.done, elapsedSeconds: progress.elapsedSeconds, audioSeconds: progress.audioSeconds)
    }
}
