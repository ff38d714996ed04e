import Foundation
import Testing

@testable import Scoring

@Suite("The score cache") struct ScoreCacheTests {
    private let entry = ScoreCache.Entry(
        llr: -0.1234567890123456, outcome: .human, netSpeechSeconds: 3.4, durationSeconds: 4.25, bandwidth: .narrowband,
        levelDBFS: nil)
    private let digest = String(repeating: "ab", count: 32)

    private func folder() -> URL { FileManager.default.temporaryDirectory.appending(path: "falsetto-cache-\(UUID().uuidString)") }

    @Test("An entry comes back to the same bits in a later run, and only under its own key")
    func remembers() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try ScoreCache(folder: folder, key: ["model", "3.0"]).remember(entry, for: digest)
        #expect(try ScoreCache(folder: folder, key: ["model", "3.0"]).entry(for: digest) == entry)
        #expect(try ScoreCache(folder: folder, key: ["other", "3.0"]).entry(for: digest) == nil)
        #expect(try ScoreCache(folder: folder, key: ["model", "3.0"]).entry(for: String(repeating: "cd", count: 32)) == nil)
    }

    @Test("A line cut short, or of another form, is passed over and the rest is kept")
    func damagedLines() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try ScoreCache(folder: folder, key: ["m"]).remember(entry, for: digest)
        let file = try #require(FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).first)
        var text = try String(contentsOf: file, encoding: .utf8)
        text += "rubbish\n" + text.prefix(80) + "\n" + text.replacing(digest, with: String(repeating: "ef", count: 32)).prefix(90)
        try Data(text.utf8).write(to: file)
        let cache = try ScoreCache(folder: folder, key: ["m"])
        #expect(cache.entry(for: digest) == entry)
        #expect(cache.entry(for: String(repeating: "ef", count: 32)) == nil)
    }

    @Test("A recording is known by its bytes")
    func digests() throws {
        let folder = folder()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "abc")
        try Data("abc".utf8).write(to: file)
        // FIPS 180-2, appendix B.1.
        #expect(ScoreCache.digest(ofFile: file.path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(ScoreCache.digest(ofFile: folder.appending(path: "none").path) == nil)
    }
}
