import Alerting
import Audio
import Foundation
import Screening

/// Scores recordings as whole tracks, remembered between runs.
public struct TrackScoring: Sendable {
    private let screening: RecordingScreening
    private let cache: TrackCache?

    /// - Parameter cacheFolder: nil to score everything afresh.
    public init(_ screening: RecordingScreening, cacheFolder: URL?) throws {
        var screening = screening
        screening.keepsTrack = true
        screening.keepsSpectrogram = false
        self.screening = screening
        // The front end is part of the model's identity. What turns its settings into numbers is the program, so it stands here too.
        cache = try cacheFolder.map {
            try TrackCache(folder: $0, key: [TrialScoring.program, screening.model.identity, screening.model.kernel])
        }
    }

    /// - Parameters:
    ///   - source: a recording with a path is known again by its bytes.
    ///   - digest: `ScoreCache.digest(ofFile:)` of it, where the caller has it already.
    ///   - leg: the only channel to score; nil for every distinct one.
    public func tracks(_ source: RecordingSource, digest: String?, leg: LegChoice?) throws(AudioError) -> RecordingTracks {
        let key = digest.map { "\($0) \(leg.map { "\($0.channel)" } ?? "all")" }
        if let key, let known = cache?.tracks(for: key) { return known }
        var screening = screening
        screening.choices = leg.map { [$0] } ?? []
        let recording = try screening.screen(source)
        let tracks = RecordingTracks(
            legs: recording.legs.map { .init(name: $0.name, hops: $0.result.track.map(\.hop)) },
            hopSamples: screening.model.samplesPerHop,
            isOnlyChannel: recording.legs.count == 1 && recording.legs[0].name == LegChoice.ownName(channel: 0, of: 1))
        if let key { cache?.remember(tracks, for: key) }
        return tracks
    }
}
