import Alerting
import Audio
import Calls
import Foundation
internal import GRDB
import Screening

/// Stores one call as it is heard: hops, alerts, gaps, and where it is wanted the sound itself.
///
/// Nothing here throws: what the disk does not take is kept in memory (bounded) and tried again, screening goes on, and
/// `takeNotices` says so. Rule: all of an alert, its outbox entries and its audit link go in one transaction together with
/// the hops it rests on. Why: a stored alert can always be replayed, and a `kill -9` between them cannot tear them apart.
///
/// A value for one task; a call of it may wait for the disk.
public struct CallRecorder: Sendable {
    public let store: Store
    public let start: CallStart
    private let salts: Store.Salts
    private var legs: [LegRecording]
    private var pending = Pending()
    private var isBegun = false
    private var isEnded = false
    private var notices: [StorageNotice] = []
    /// What stopped storing; nil while all is well.
    public private(set) var trouble: StoreError?
    /// The start of the latest hop, and of the one at which storing was last tried.
    private var latestSample = 0
    private var triedAtSample = 0
    private let recording: CallRecording?

    /// From the first to the last of the hops that are gathered before they are written, in samples: about 5 s of a leg.
    private static let samplesAWrite = 24 * LegTime.sampleRate / 5
    /// Of a leg between two tries while the disk is full: 10 s.
    private static let samplesATry = 10 * LegTime.sampleRate
    /// Hops kept in memory meanwhile, a leg: an hour or two. The oldest go first.
    static let mostPendingHops = 18_000
    static let mostPendingAlerts = 1_000
    static let mostPendingMessages = 10_000

    /// Whether what was noted is to be written.
    public enum Due: Sendable, Equatable {
        case later, now
        /// It would be, and the disk took nothing a moment ago.
        case blocked
    }

    /// Begins a call.
    /// - Parameters:
    ///   - key: seals what `keep` hands over; nil keeps no sound, whatever `start` says.
    ///   - writes: stores the call at once; otherwise it is due.
    public init(store: Store, start: CallStart, key: AudioKey? = nil, writes: Bool = true) {
        self.store = store
        self.start = start
        var salts = Store.Salts()
        if start.keepsAudio, key != nil { salts.audio = SecureBytes.random(32) }
        self.salts = salts
        legs = start.legs.map { _ in LegRecording() }
        recording =
            if let key, let salt = salts.audio { CallRecording(store.folder, call: start.id, legs: start.legs.count, key: key, salt: salt) } else {
                nil
            }
        if writes { flush() }
        notices += recording?.takeNotices() ?? []
    }

    /// What happened to storing since it was last asked: to be logged and shown.
    public mutating func takeNotices() -> [StorageNotice] {
        defer { notices = [] }
        return notices
    }

    /// Takes what the screener said. Hops are gathered; anything else is on the disk when this returns true.
    ///
    /// - Parameters:
    ///   - event: the id that messages about it carry.
    ///   - messages: for the outbox, in the same transaction.
    /// - Returns: false when it could not be stored now and waits in memory: whoever wants the messages delivered all the same
    ///   hands them to the sinks directly; they may come a second time from the outbox, with the same id.
    @discardableResult
    public mutating func record(
        _ screened: ScreeningEvent, leg: Int, event: EventID = .random(), messages: [SinkMessage] = []
    ) -> Bool {
        write(note(screened, leg: leg, event: event, messages: messages))
    }

    private mutating func write(_ due: Due) -> Bool {
        switch due {
        case .later: true
        case .blocked: false
        case .now: flush()
        }
    }

    /// As `record`, and leaves the writing to whoever calls `flush`, for this call or for many at once.
    public mutating func note(_ screened: ScreeningEvent, leg: Int, event: EventID, messages: [SinkMessage] = []) -> Due {
        precondition(!isEnded, "the call has ended")
        if case .hop(let hop) = screened {
            legs[leg].append(hop)
            latestSample = max(latestSample, hop.startSample)
            pending.messages += messages
            let isDue = hop.startSample - legs[leg].pendingHops[0].startSample >= Self.samplesAWrite || !messages.isEmpty
            return isDue ? dueWhenSensible : .later
        }
        let (kind, record) = StoredAlert.form(of: screened)
        pending.alerts.append(
            StoredAlert(kind: kind, leg: leg, hop: legs[leg].hopCount, event: event.text, record: record))
        pending.messages += messages
        if pending.alerts.count > Self.mostPendingAlerts { pending.alerts.removeFirst() }
        if pending.messages.count > Self.mostPendingMessages { pending.messages.removeFirst(messages.count) }
        return .now
    }

    /// Takes messages that belong to no alert, such as that the call began.
    public mutating func note(_ messages: [SinkMessage]) -> Due {
        guard !messages.isEmpty else { return .later }
        pending.messages += messages
        if pending.messages.count > Self.mostPendingMessages { pending.messages.removeFirst(messages.count) }
        return dueWhenSensible
    }

    /// Notes a stretch that was not heard, or a change of the line.
    @discardableResult
    public mutating func mark(_ mark: Mark, leg: Int) -> Bool { write(note(mark, leg: leg)) }

    /// As `mark`, and leaves the writing to whoever calls `flush`.
    public mutating func note(_ mark: Mark, leg: Int) -> Due {
        precondition(!isEnded, "the call has ended")
        var mark = mark
        mark.hop = legs[leg].hopCount
        legs[leg].pendingMarks.append(mark)
        return dueWhenSensible
    }

    /// Keeps what the leg heard, where the call keeps its sound: native samples, gaps, openings, in the order in which they came.
    public mutating func keep(_ record: AudioRecord, leg: Int) {
        recording?.append(record, leg: leg)
        notices += recording?.takeNotices() ?? []
    }

    /// Ends the call.
    /// - Parameters:
    ///   - results: one a leg.
    ///   - sampleCounts: length of each leg at 16 kHz, gaps included.
    /// - Returns: whether all of it is on the disk. If not, `flush` may be tried later; what is then still in memory is lost
    ///   with the process, and the call stays marked as interrupted.
    @discardableResult
    public mutating func end(_ results: [LegResult], sampleCounts: [Int], messages: [SinkMessage] = []) -> Bool {
        noteEnd(results, sampleCounts: sampleCounts, messages: messages)
        return flush()
    }

    /// As `end`, and leaves the writing to whoever calls `flush`.
    public mutating func noteEnd(_ results: [LegResult], sampleCounts: [Int], messages: [SinkMessage] = []) {
        precondition(results.count == legs.count && sampleCounts.count == legs.count, "one result a leg")
        precondition(!isEnded, "the call has ended")
        isEnded = true
        recording?.finish()
        notices += recording?.takeNotices() ?? []
        pending.messages += messages
        pending.end = zip(results, sampleCounts).map { ($1, $0.outcome, $0.canonicalText) }
    }

    private var dueWhenSensible: Due { trouble != nil && latestSample - triedAtSample < Self.samplesATry ? .blocked : .now }

    /// Writes what waits, all in one transaction.
    @discardableResult
    public mutating func flush() -> Bool {
        do throws(StoreError) {
            try store.write { try write(in: $0) }
            wasWritten()
            return true
        } catch {
            failed(error)
            return false
        }
    }

    /// Writes what waits of several calls in one transaction, so that the disk is waited for once.
    ///
    /// Where the disk or the store as a whole is at fault, all have failed. Otherwise each is tried by itself, so that what cannot be stored
    /// of one call costs no other.
    /// - Parameter due: keys of those to be written.
    /// - Returns: the keys of those of which all is on the disk.
    public static func flush(_ recorders: inout [String: CallRecorder], _ due: [String]) -> Set<String> {
        guard let first = due.first(where: { recorders[$0] != nil }), let store = recorders[first]?.store else { return [] }
        do throws(StoreError) {
            try store.write { db in for key in due { try recorders[key]?.write(in: db) } }
            for key in due { recorders[key]?.wasWritten() }
            return Set(due)
        } catch {
            guard due.count > 1, ![.full, .locked, .permission].contains(error.kind) else {
                for key in due { recorders[key]?.failed(error) }
                return []
            }
            return Set(due.filter { recorders[$0]?.flush() ?? false })
        }
    }

    private func write(in db: Database) throws {
        let now = store.clock().storedMilliseconds
        if !isBegun { try Store.insert(start, salts: salts, at: now, in: db) }
        for index in legs.indices { try legs[index].write(call: start.id, leg: index, in: db) }
        for alert in pending.alerts { try Store.insert(alert, call: start.id, salt: salts.audit, at: now, in: db) }
        try Store.insert(pending.messages, call: start.id, in: db)
        if let end = pending.end { try Store.end(start.id, results: end, salt: salts.audit, at: now, in: db) }
    }

    private mutating func failed(_ error: StoreError) {
        triedAtSample = latestSample
        if trouble == nil { notices.append(.stopped(error)) }
        trouble = error
    }

    private mutating func wasWritten() {
        triedAtSample = latestSample
        if trouble != nil { notices.append(.resumed(lostHops: legs.reduce(0) { $0 + $1.droppedHops })) }
        trouble = nil
        isBegun = true
        pending = Pending()
        for index in legs.indices { legs[index].wasWritten() }
    }

    private struct Pending: Sendable {
        var alerts: [StoredAlert] = []
        var messages: [SinkMessage] = []
        var end: [(sampleCount: Int, outcome: Outcome, text: String)]?
    }
}

/// What became of storing; screening goes on in each case.
public enum StorageNotice: Sendable, Equatable, CustomStringConvertible {
    case stopped(StoreError)
    /// Hops that memory could not hold meanwhile stand as a mark in the track.
    case resumed(lostHops: Int)
    /// The recording of a leg takes nothing more; what it holds until there stays.
    case audioStopped(leg: Int, StoreError)

    public var description: String {
        switch self {
        case .stopped(let error): "storing has stopped, screening goes on: \(error)"
        case .resumed(0): "storing goes on; nothing was lost"
        case .resumed(let hops): "storing goes on; \(hops) hops of the score track were lost"
        case .audioStopped(let leg, let error): "the audio of leg \(leg + 1) is not kept any more, screening goes on: \(error)"
        }
    }
}
