import Alerting
import Foundation
import Testing

@testable import Scoring

@Suite("The track cache") struct TrackCacheTests {
    private let tracks = RecordingTracks(
        legs: [
            .init(
                name: "left",
                hops: (0..<5).map {
                    Hop(
                        startSample: $0 * 3200, evidence: Float($0) * 0.1 - 0.05, isSpeech: $0 != 2, levelDBFS: $0 == 3 ? -.infinity : -20.5,
                        quietestDBFS: -60, clippedSamples: $0 * 7, lowerBandPower: 1e-9, upperBandPower: 3e20)
                }),
            .init(name: "right", hops: []),
        ], hopSamples: 3200, isOnlyChannel: false)

    private func folder() -> URL { FileManager.default.temporaryDirectory.appending(path: "falsetto-tracks-\(UUID().uuidString)") }

    @Test("Tracks come back to the same bits in a later run, and only under their own key")
    func remembers() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let cache = try TrackCache(folder: folder, key: ["model"])
        cache.remember(tracks, for: "a")
        #expect(cache.tracks(for: "a") == tracks)
        let later = try TrackCache(folder: folder, key: ["model"])
        #expect(later.tracks(for: "a") == tracks)
        #expect(later.tracks(for: "b") == nil)
        #expect(try TrackCache(folder: folder, key: ["other"]).tracks(for: "a") == nil)
    }

    @Test("A record cut short is passed over, and those before and after it are kept")
    func damagedRecords() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let cache = try TrackCache(folder: folder, key: ["m"])
        cache.remember(tracks, for: "a")
        let file = try #require(FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).first)
        let whole = try Data(contentsOf: file)
        try (whole + whole.prefix(whole.count - 20)).write(to: file)
        try TrackCache(folder: folder, key: ["m"]).remember(tracks, for: "c")
        let later = try TrackCache(folder: folder, key: ["m"])
        #expect(later.tracks(for: "a") == tracks)
        #expect(later.tracks(for: "c") == tracks)
    }

    @Test("Gaps are remembered with their tracks; tracks that leave out a hop are not")
    func gaps() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        func track(_ hops: Hop...) -> RecordingTracks {
            RecordingTracks(legs: [.init(name: "mono", hops: hops)], hopSamples: 3200, isOnlyChannel: true)
        }
        let gap = track(Hop(startSample: 0, lostSamples: 3), Hop(startSample: 3200, pausedSamples: 3200))
        try TrackCache(folder: folder, key: ["m"]).remember(gap, for: "a")
        try TrackCache(folder: folder, key: ["m"]).remember(track(Hop(startSample: 3200)), for: "b")
        #expect(try TrackCache(folder: folder, key: ["m"]).tracks(for: "a") == gap)
        #expect(try TrackCache(folder: folder, key: ["m"]).tracks(for: "b") == nil)
    }
}
