import Alerting
import Audio
import Crypto
import Foundation
import Synchronization
import Text

/// The score tracks of a recording's legs: with them every threshold can be tried, and the sound is not needed again.
public struct RecordingTracks: Sendable, Equatable {
    public struct Leg: Sendable, Equatable {
        public var name: String
        /// From the leg's first sample on, none left out.
        public var hops: [Hop]

        public init(name: String, hops: [Hop]) {
            self.name = name
            self.hops = hops
        }
    }

    public var legs: [Leg]
    /// Samples of a hop.
    public var hopSamples: Int
    /// The recording has one channel, so a leg may hold both parties.
    public var isOnlyChannel: Bool

    public init(legs: [Leg], hopSamples: Int, isOnlyChannel: Bool) {
        self.legs = legs
        self.hopSamples = hopSamples
        self.isOnlyChannel = isOnlyChannel
    }
}

/// Remembers the score tracks of recordings, so that a corpus is scored once for a model: 160 bytes for each second of a leg.
///
/// A recording is known by the SHA-256 of its bytes; nothing in the cache names a path or a caller, and nothing of its sound can
/// be made from it. One file a model and setting, appended to a record at a time: a run that is cut short keeps what it had, and
/// a record that is not whole is passed over.
public final class TrackCache: Sendable {
    private static let magic = Array("FTRK".utf8)
    private static let end = Array("end.".utf8)
    private static let bytesPerHop = 32

    private let url: URL
    private let data: Data
    private struct State {
        /// Where the payload of each record of `data` lies.
        var stored: [String: Range<Int>] = [:]
        var added: [String: RecordingTracks] = [:]
    }
    private let state: Mutex<State>

    /// Opens the cache of one model and setting under a folder, which is made when it is not there.
    /// - Parameter key: what the tracks depend on beside the recording.
    public init(folder: URL, key: [String]) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let name = SHA256.hash(data: Data((["falsetto.tracks/2"] + key).joined(separator: "\n").utf8)).hexadecimal.prefix(24)
        url = folder.appending(path: "\(name).tracks")
        data = (try? Data(contentsOf: url, options: .mappedIfSafe)) ?? Data()
        state = Mutex(State(stored: Self.index(data)))
    }

    /// - Parameter key: of the recording and of which of its legs.
    public func tracks(for key: String) -> RecordingTracks? {
        let name = Self.name(key)
        let found = state.withLock { ($0.added[name], $0.stored[name]) }
        return found.0 ?? found.1.flatMap { Self.decode(data[$0]) }
    }

    /// Remembers tracks. A cache that cannot be written costs time later, nothing now, so that is no error.
    public func remember(_ tracks: RecordingTracks, for key: String) {
        guard let payload = Self.encode(tracks) else { return }
        var record = Data(Self.magic)
        record.append(littleEndian: UInt32(payload.count))
        record.append(contentsOf: SHA256.hash(data: Data(key.utf8)))
        record.append(payload)
        record.append(contentsOf: Self.end)
        state.withLock { state in
            state.added[Self.name(key)] = tracks
            // O_APPEND and one write: two runs at once may mix their records, but neither overwrites the other's.
            let descriptor = unsafe open(url.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return }
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try? file.write(contentsOf: record)
        }
    }
}

// MARK: the file's form

extension TrackCache {
    /// A record is named by the SHA-256 of its key.
    private static func name(_ key: String) -> String { SHA256.hash(data: Data(key.utf8)).hexadecimal }

    /// `FTRK`, the payload's length, 32 bytes of name, the payload, `end.`; little endian. After a record that is not whole the
    /// next one is looked for byte by byte.
    private static func index(_ data: Data) -> [String: Range<Int>] {
        var found: [String: Range<Int>] = [:]
        let head = 4 + 4 + 32
        var at = data.startIndex
        while at + head + 4 <= data.endIndex {
            let payload = at + head
            if data[at..<at + 4].elementsEqual(magic) {
                let length = Int(data.integer(at: at + 4, as: UInt32.self))
                if payload + length + 4 <= data.endIndex, data[payload + length..<payload + length + 4].elementsEqual(end) {
                    found[data[at + 8..<payload].hexadecimal] = payload..<payload + length
                    at = payload + length + 4
                    continue
                }
            }
            at += 1
        }
        return found
    }

    /// nil for tracks that leave out a hop, which recordings do not.
    private static func encode(_ tracks: RecordingTracks) -> Data? {
        var data = Data()
        data.append(littleEndian: UInt32(tracks.hopSamples))
        data.append(littleEndian: UInt32(tracks.isOnlyChannel ? 1 : 0))
        data.append(littleEndian: UInt32(tracks.legs.count))
        for leg in tracks.legs {
            data.append(littleEndian: UInt32(leg.name.utf8.count))
            data.append(contentsOf: leg.name.utf8)
            data.append(littleEndian: UInt32(leg.hops.count))
            data.reserveCapacity(data.count + leg.hops.count * bytesPerHop)
            for (index, hop) in leg.hops.enumerated() {
                guard hop.startSample == index * tracks.hopSamples else { return nil }
                for value in [hop.evidence, hop.levelDBFS, hop.quietestDBFS, hop.lowerBandPower, hop.upperBandPower] {
                    data.append(littleEndian: value.bitPattern)
                }
                data.append(littleEndian: UInt32(hop.clippedSamples) | (hop.isSpeech ? 1 << 31 : 0))
                data.append(littleEndian: UInt32(hop.lostSamples))
                data.append(littleEndian: UInt32(hop.pausedSamples))
            }
        }
        return data
    }

    private static func decode(_ data: Data) -> RecordingTracks? {
        unsafe data.withUnsafeBytes { bytes in
            var at = 0
            func next() -> UInt32? {
                guard at + 4 <= bytes.count else { return nil }
                defer { at += 4 }
                return unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            }
            guard let hopSamples = next(), let isOnly = next(), let count = next(), hopSamples > 0 else { return nil }
            var legs: [RecordingTracks.Leg] = []
            for _ in 0..<count {
                guard let length = next(), at + Int(length) <= bytes.count else { return nil }
                let name = unsafe String(decoding: bytes[at..<at + Int(length)], as: UTF8.self)
                at += Int(length)
                guard let hopCount = next(), at + Int(hopCount) * bytesPerHop <= bytes.count else { return nil }
                var hops: [Hop] = []
                hops.reserveCapacity(Int(hopCount))
                for index in 0..<Int(hopCount) {
                    func word(_ place: Int) -> UInt32 {
                        unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 4 * place, as: UInt32.self))
                    }
                    let clipped = word(5)
                    hops.append(
                        Hop(
                            startSample: index * Int(hopSamples), evidence: Float(bitPattern: word(0)), isSpeech: clipped >> 31 == 1,
                            levelDBFS: Float(bitPattern: word(1)), quietestDBFS: Float(bitPattern: word(2)),
                            clippedSamples: Int(clipped & 0x7FFF_FFFF), lowerBandPower: Float(bitPattern: word(3)),
                            upperBandPower: Float(bitPattern: word(4)), lostSamples: Int(word(6)), pausedSamples: Int(word(7))))
                    at += bytesPerHop
                }
                legs.append(.init(name: name, hops: hops))
            }
            return RecordingTracks(legs: legs, hopSamples: Int(hopSamples), isOnlyChannel: isOnly == 1)
        }
    }
}

extension Data {
    fileprivate mutating func append(littleEndian value: UInt32) {
        for shift in [0, 8, 16, 24] as [UInt32] { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    fileprivate func integer(at index: Int, as type: UInt32.Type) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(self[index + $1]) << UInt32(8 * $1) }
    }
}
