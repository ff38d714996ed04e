import Calls
import Foundation
internal import GRDB

/// A machine's voice that the site knows of and that nobody has to be warned of: its own voice bots, and callers who said so.
public struct AllowedVoice: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// All calls of one line, by its label.
        case line
        /// One caller, by a digest of the number or name that the telephone system gives.
        case caller
    }

    public var kind: Kind
    /// The line's label, or the caller's digest.
    public var key: String
    /// Whose voice that is, for people.
    public var note: String
    /// Who put it on the list; nil for the owner of the store, at the command line.
    public var by: String?
    public var at: Date

    /// What a call's audit entry says of it.
    var words: String { "\(kind.rawValue) \(key)" }
}

/// The list as a call is held against it when it begins.
public struct AllowList: Sendable {
    private var lines: Set<String> = []
    private var callers: Set<String> = []
    private var names: CallNames?

    public init() {}

    /// - Parameter names: codes callers as the list does; nil where the list holds none.
    init(_ voices: [AllowedVoice], names: CallNames?) {
        lines = Set(voices.filter { $0.kind == .line }.map(\.key))
        callers = Set(voices.filter { $0.kind == .caller }.map(\.key))
        self.names = names
    }

    /// Why a call is on the list: `line desk 3`, `caller 4k2m…`; nil where it is not.
    /// - Parameter caller: number or name, as it came from outside.
    public func reason(line: String?, caller: String?) -> String? {
        if let line, lines.contains(line) { return "line \(line)" }
        guard !callers.isEmpty, let caller, let digest = names?.caller(caller), callers.contains(digest) else { return nil }
        return "caller \(digest)"
    }
}

extension CallNames {
    /// The digest of a caller's number or name (60 bits of HMAC-SHA-256 with this machine's key). Of a number only the digits count, without
    /// the zeros or the plus in front of a country's code: `+49 30 1234` and `0049-30-1234` are one caller.
    func caller(_ text: String) -> String {
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        let isNumber = trimmed.contains(where: \.isNumber) && trimmed.allSatisfy { $0.isNumber || " +-/().".contains($0) }
        var plain = isNumber ? trimmed.filter(\.isNumber) : trimmed
        if isNumber, plain.hasPrefix("00") { plain.removeFirst(2) }
        return digest(plain, trunk: "\0caller")
    }
}

extension Store {
    /// In the order of kinds and keys.
    public func allowedVoices() throws(StoreError) -> [AllowedVoice] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM allowed ORDER BY kind DESC, key").compactMap { row in
                AllowedVoice.Kind(rawValue: row["kind"]).map {
                    AllowedVoice(kind: $0, key: row["key"], note: row["note"], by: row["addedBy"], at: Date(storedMilliseconds: row["addedAt"]))
                }
            }
        }
    }

    /// What `allowedVoices` says now, to hold calls against.
    public func allowList() throws(StoreError) -> AllowList {
        let voices = try allowedVoices()
        let hasCallers = voices.contains { $0.kind == .caller }
        return AllowList(voices, names: hasCallers ? try CallNames(makingAt: folder.callNamesKey) : nil)
    }

    /// Puts a voice on the list; on it already, its note is replaced. A caller's number is digested here and kept nowhere.
    /// - Parameters:
    ///   - text: the line's label, or the caller's number or name.
    ///   - who: who does it; nil for the owner of the store, at the command line.
    /// - Returns: what stands on the list.
    /// - Throws: `usage` for what cannot be a label, number or note.
    @discardableResult
    public func allow(_ kind: AllowedVoice.Kind, _ text: String, note: String, by who: String?) throws(StoreError) -> AllowedVoice {
        let key = try allowKey(kind, text)
        guard note.count <= 200, !note.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw StoreError(.usage, "that is no note", advice: "give at most 200 characters on one line")
        }
        let now = clock()
        let voice = AllowedVoice(kind: kind, key: key, note: note, by: who, at: now)
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO allowed (kind, key, note, addedBy, addedAt) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (kind, key) DO UPDATE SET note = excluded.note, addedBy = excluded.addedBy, addedAt = excluded.addedAt
                    """,
                arguments: [kind.rawValue, key, note, who, now.storedMilliseconds])
            try AuditEntry.append(.allowListChanged, call: nil, detail: Self.change(voice.words, "added", who), at: now.storedMilliseconds, in: db)
        }
        return voice
    }

    /// Takes a voice off the list: its next call is screened as any other.
    /// - Parameter key: as `allowedVoices` gives it.
    /// - Throws: `notFound`.
    public func disallow(_ kind: AllowedVoice.Kind, key: String, by who: String?) throws(StoreError) {
        let now = clock().storedMilliseconds
        try write { db in
            try db.execute(sql: "DELETE FROM allowed WHERE kind = ? AND key = ?", arguments: [kind.rawValue, key])
            guard db.changesCount > 0 else {
                throw StoreError(.notFound, "there is no \(kind.rawValue) '\(key)' on the list", advice: "see `falsetto serve allow list`")
            }
            try AuditEntry.append(.allowListChanged, call: nil, detail: Self.change("\(kind.rawValue) \(key)", "removed", who), at: now, in: db)
        }
    }

    /// How a line or caller stands on the list.
    public func allowKey(_ kind: AllowedVoice.Kind, _ text: String) throws(StoreError) -> String {
        let text = text.trimmingCharacters(in: .whitespaces)
        try Self.checkName(text, kind == .line ? "a line's label" : "a caller's number or name")
        return kind == .line ? text : try CallNames(makingAt: folder.callNamesKey).caller(text)
    }

    /// Why a call was on the list when it began; nil for one that was not.
    public func allowReason(of id: CallID) throws(StoreError) -> String? {
        try read { db in
            try String.fetchOne(
                db, sql: "SELECT detail FROM audit WHERE call = ? AND kind = ? LIMIT 1", arguments: [id.text, AuditEntry.Kind.allowed.rawValue])
        }
    }

    private static func change(_ what: String, _ how: String, _ who: String?) -> String { "\(what) \(how)" + (who.map { ", by \($0)" } ?? "") }
}
