import Calls
import Crypto
import Foundation
internal import GRDB

/// The chain of digests that lets one see whether what was stored was changed afterwards.
///
/// Each entry's digest is the SHA-256 of the digest before it and of the entry; an entry holds no content, only a keyed digest
/// of it (HMAC-SHA-256 with the call's own random salt). Rule: the salt goes with the call when it is purged. Why: a plain
/// digest of a few bytes can be guessed, and the chain outlives the call.
///
/// What it shows: an entry changed, taken out or put in between; a stored alert, judgement or call changed after its entry; and,
/// against a head noted elsewhere, a tail cut off or a chain written anew. What it does not: whoever can write the file can
/// compute a whole new chain, so without a head kept elsewhere it proves nothing against its owner; nor does it show that
/// something true was ever entered.
public struct AuditEntry: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case callStarted, alert, callEnded, callInterrupted, judgement
        /// All that was stored of a call was taken out.
        case purged
        /// The recording of a call was taken out, the rest stays.
        case audioPurged
        /// Kept sound was given out in the clear; the detail says which part.
        case audioPlayed, audioExported
        /// Kept sound was opened for a picture of it, its spectrogram.
        case audioPictured
        /// Somebody looked at a call on a page or through the interface for machines; the detail says who, and whether with its score.
        case viewed
        /// An account was made, changed or removed; somebody came in.
        case accountChanged, signedIn
        /// Judgements that had been held back from thresholds may move them after all, by a second person's word.
        case judgementsReleased
        /// A voice was put on the list of known machine voices or taken off it; a call was of one, and the detail says which.
        case allowListChanged, allowed
        /// Somebody told the program that listens to pause, resume, end or disclose.
        case told

        /// Whether the entry's digest is of something in the tables.
        var vouchesForContent: Bool {
            switch self {
            case .callStarted, .alert, .callEnded, .callInterrupted, .judgement: true
            case .purged, .audioPurged, .audioPlayed, .audioExported, .audioPictured, .viewed, .accountChanged, .signedIn, .judgementsReleased,
                .allowListChanged, .allowed, .told:
                false
            }
        }
    }

    /// From 1, without holes.
    public var number: Int64
    /// Milliseconds since 1970.
    public var at: Int64
    public var kind: String
    public var call: String
    /// The row the entry is about, where its kind has many a call; else 0.
    public var item: Int64
    /// For people: counts and reasons, never content.
    public var detail: String
    /// Keyed digest of what the entry is about; empty for purges.
    public var subject: [UInt8]
    public var digest: [UInt8]

    /// What stands before the first entry.
    static let origin = [UInt8](repeating: 0, count: 32)

    /// The entry's digest, given the one before it. Every part has a length in front, so that no two entries are one text.
    static func digest(
        after previous: [UInt8], number: Int64, at: Int64, kind: String, call: String, item: Int64, detail: String, subject: [UInt8]
    ) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: Array("falsetto audit 1\n".utf8))
        hash.update(data: previous)
        for number in [number, at, item] { hash.update(data: bigEndian(number)) }
        for part in [Array(kind.utf8), Array(call.utf8), Array(detail.utf8), subject] {
            hash.update(data: bigEndian(Int64(part.count)))
            hash.update(data: part)
        }
        return Array(hash.finalize())
    }

    private static func bigEndian(_ value: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * Int64($0))) }
    }
}

extension AuditEntry {
    /// Appends an entry within a transaction.
    /// - Parameter call: nil for what concerns no call.
    static func append(
        _ kind: Kind, call: CallID?, item: Int64 = 0, detail: String = "", subject: [UInt8] = [], at: Int64, in db: Database
    ) throws {
        let last = try Row.fetchOne(db.cachedStatement(sql: "SELECT number, digest FROM audit ORDER BY number DESC LIMIT 1"))
        let number = (last?["number"] as Int64? ?? 0) + 1
        let previous = (last?["digest"] as Data?).map(Array.init) ?? origin
        let digest = digest(
            after: previous, number: number, at: at, kind: kind.rawValue, call: call?.text ?? "", item: item, detail: detail, subject: subject)
        try db.executeKept(
            sql: "INSERT INTO audit (number, at, kind, call, item, detail, subject, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [number, at, kind.rawValue, call?.text ?? "", item, detail, Data(subject), Data(digest)])
    }

    init(_ row: Row) {
        number = row["number"]
        at = row["at"]
        kind = row["kind"]
        call = row["call"]
        item = row["item"]
        detail = row["detail"]
        subject = Array(row["subject"] as Data)
        digest = Array(row["digest"] as Data)
    }
}

/// What is taken a keyed digest of: the parts of a stored thing, one after the other, each with its length.
struct Subject {
    private var code: HMAC<SHA256>

    /// - Parameter salt: the call's own.
    init(_ name: String, salt: [UInt8]) {
        code = HMAC<SHA256>(key: SymmetricKey(data: salt))
        add(name)
    }

    mutating func add(_ bytes: some DataProtocol) {
        var count = UInt64(bytes.count)
        code.update(
            data: (0..<8).map { _ in
                defer { count >>= 8 }
                return UInt8(truncatingIfNeeded: count)
            })
        code.update(data: bytes)
    }

    mutating func add(_ text: String) { add(Array(text.utf8)) }
    mutating func add(_ number: Int64) { add(String(number)) }

    /// A row's columns in their order: null, numbers and texts are told apart.
    mutating func add(_ row: Row) {
        for (_, value) in row {
            switch value.storage {
            case .null: add("n")
            case .int64(let number): add("i\(number)")
            case .double(let number): add("d\(number.bitPattern)")
            case .string(let text): add("t" + text)
            case .blob(let data):
                add("b")
                add(data)
            }
        }
    }

    consuming func finish() -> [UInt8] { Array(code.finalize()) }
}
