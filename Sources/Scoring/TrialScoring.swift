import Audio
import Foundation
import Screening

/// Scores recordings as trials of an evaluation: one number a recording, remembered between runs.
public struct TrialScoring: Sendable {
    private let screening: RecordingScreening
    private let cache: ScoreCache?

    /// - Parameter cache: nil to score everything afresh.
    public init(_ screening: RecordingScreening, cacheFolder: URL?) throws {
        var screening = screening
        screening.keepsTrack = true
        screening.keepsSpectrogram = false
        self.screening = screening
        let policy = screening.policy
        cache = try cacheFolder.map {
            try ScoreCache(
                folder: $0,
                key: [
                    Self.program, screening.model.identity, screening.model.kernel, "\(screening.limitSeconds ?? 0)", "\(screening.choices)",
                    "\(policy)",
                ])
        }
    }

    /// The program itself: whatever is changed in it may change a score, so its scores are its own.
    static let program = ScoreCache.digest(ofFile: "/proc/self/exe") ?? "unknown"

    /// Scores one recording. Of several legs the strongest counts: a call is synthetic when one of its voices is.
    public func score(_ source: RecordingSource) throws(AudioError) -> ScoreCache.Entry {
        let digest: String? = if cache != nil, case .path(let path, _) = source { ScoreCache.digest(ofFile: path) } else { nil }
        if let digest, let known = cache?.entry(for: digest) { return known }
        let legs = try screening.screen(source).legs.map(\.result)
        let strongest = legs.max { Self.rank($0) < Self.rank($1) }!
        let entry = ScoreCache.Entry(
            llr: strongest.llr, outcome: strongest.outcome, netSpeechSeconds: strongest.netSpeechSeconds,
            durationSeconds: strongest.durationSeconds, bandwidth: strongest.bandwidth, levelDBFS: Self.level(strongest.track))
        if let digest { cache?.remember(entry, for: digest) }
        return entry
    }

    /// A leg with a verdict of synthetic first, then one with a verdict, then one with any speech; among those the higher llr.
    private static func rank(_ leg: LegResult) -> (Int, Double) {
        let kind = leg.outcome == .synthetic ? 3 : leg.outcome == .human || leg.reason == .weakEvidence ? 2 : leg.llr != nil ? 1 : 0
        return (kind, leg.llr ?? 0)
    }

    private static func level(_ track: [HopScore]) -> Double? {
        guard !track.isEmpty else { return nil }
        let power = track.reduce(0.0) { $0 + pow(10, Double($1.levelDBFS) / 10) } / Double(track.count)
        return power > 0 ? 10 * log10(power) : nil
    }
}
