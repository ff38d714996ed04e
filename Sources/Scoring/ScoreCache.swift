import Alerting
import Audio
import Crypto
import Foundation
import Synchronization
import Text

/// Remembers what recordings scored, so that a corpus is scored once for a model.
///
/// A recording is known by the SHA-256 of its bytes, a score by that, the model's identity, the kernel level and what of the
/// recording was heard; nothing in it names a path or a caller. One text file a model and setting, appended to a line at a
/// time: a run that is cut short keeps what it had. A line that is not whole is passed over.
public final class ScoreCache: Sendable {
    /// What is remembered of a recording: the strongest of its legs.
    public struct Entry: Sendable, Equatable {
        /// Natural log, positive is synthetic; nil without speech.
        public var llr: Double?
        public var outcome: Outcome
        public var netSpeechSeconds: Double
        public var durationSeconds: Double
        public var bandwidth: Bandwidth
        /// Root mean square over the recording, dB relative to full scale; nil for digital silence.
        public var levelDBFS: Double?

        public init(
            llr: Double?, outcome: Outcome, netSpeechSeconds: Double, durationSeconds: Double, bandwidth: Bandwidth,
            levelDBFS: Double?
        ) {
            self.llr = llr
            self.outcome = outcome
            self.netSpeechSeconds = netSpeechSeconds
            self.durationSeconds = durationSeconds
            self.bandwidth = bandwidth
            self.levelDBFS = levelDBFS
        }
    }

    private let url: URL
    private let entries: Mutex<[String: Entry]>

    /// Opens the cache of one model and setting under a folder, which is made when it is not there.
    /// - Parameter key: what the scores depend on beside the recording.
    public init(folder: URL, key: [String]) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let name = SHA256.hash(data: Data((["falsetto.scores/1"] + key).joined(separator: "\n").utf8)).hexadecimal.prefix(24)
        url = folder.appending(path: "\(name).scores")
        var known: [String: Entry] = [:]
        if let data = try? Data(contentsOf: url) {
            for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
                if let (digest, entry) = Self.parse(line) { known[digest] = entry }
            }
        }
        entries = Mutex(known)
    }

    /// `$XDG_CACHE_HOME/falsetto/scores`, or the same under `~/.cache`.
    public static var defaultFolder: URL {
        let environment = ProcessInfo.processInfo.environment
        let base =
            environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? URL(fileURLWithPath: $0) : nil }
            ?? FileManager.default.homeDirectoryForCurrentUser.appending(path: ".cache")
        return base.appending(path: "falsetto/scores")
    }

    /// The SHA-256 of a file's bytes, after the encoding that its name suggests for headerless sound, if any; nil when it is
    /// no regular file or cannot be read to its end.
    public static func digest(ofFile path: String) -> String? {
        let url = URL(fileURLWithPath: path)
        guard (try? url.resolvingSymlinksInPath().resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true,
            let file = FileHandle(forReadingAtPath: path)
        else { return nil }
        var hash = SHA256()
        if let raw = RawFormat.suggested(forPath: path) { hash.update(data: Data(raw.description.utf8)) }
        do {
            while let block = try file.read(upToCount: 1 << 20), !block.isEmpty { hash.update(data: block) }
        } catch { return nil }
        return hash.finalize().hexadecimal
    }

    public func entry(for digest: String) -> Entry? { entries.withLock { $0[digest] } }

    /// Remembers an entry. A cache that cannot be written costs time later, nothing now, so that is no error.
    public func remember(_ entry: Entry, for digest: String) {
        let fields = [
            digest, entry.llr.map { "\($0)" } ?? "", entry.outcome.rawValue, "\(entry.netSpeechSeconds)",
            "\(entry.durationSeconds)", entry.bandwidth.rawValue, entry.levelDBFS.map { "\($0)" } ?? "", "end",
        ]
        entries.withLock { entries in
            entries[digest] = entry
            // O_APPEND: two runs at once may mix their lines, but neither overwrites the other's.
            let descriptor = unsafe open(url.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return }
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try? file.write(contentsOf: Data((fields.joined(separator: ",") + "\n").utf8))
        }
    }

    private static func parse(_ line: Substring) -> (String, Entry)? {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 8, fields[0].count == 64, fields[7] == "end", let outcome = Outcome(rawValue: fields[2]),
            let speech = Double(fields[3]), let duration = Double(fields[4]), let band = Bandwidth(rawValue: fields[5]),
            fields[1].isEmpty || Double(fields[1]) != nil
        else { return nil }
        return (
            fields[0],
            Entry(
                llr: Double(fields[1]), outcome: outcome, netSpeechSeconds: speech, durationSeconds: duration, bandwidth: band,
                levelDBFS: Double(fields[6]))
        )
    }
}
