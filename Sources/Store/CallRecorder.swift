import Alerting
import Audio
import Calls
import Foundation
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
    private var hopsSinceTry = 0
    private let recording: CallRecording?

    /// From the first to the last of the hops that are gathered before they are written, in samples: about 5 s of a leg.
    private static let samplesAWrite = 76_800
    /// Hops between two tries while the disk is full: 10 s of a leg where a hop is 200 ms, 20 s where it is 400 ms.
    private static let hopsATry = 50
    /// Hops kept in memory meanwhile, a leg: an hour or two. The oldest go first.
    static let mostPendingHops = 18_000
    static let mostPendingAlerts = 1_000
    static let mostPendingMessages = 10_000

    /// Begins a call; it is stored at once.
    /// - Parameter key: seals what `keep` hands over; nil keeps no sound, whatever `start` says.
    public init(store: Store, start: CallStart, key: AudioKey? = nil) {
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
        flush()
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
        precondition(!isEnded, "the call has ended")
        if case .hop(let hop) = screened {
            legs[leg].append(hop)
            hopsSinceTry += 1
            pending.messages += messages
            let isDue = hop.startSample - legs[leg].pendingHops[0].startSample >= Self.samplesAWrite || !messages.isEmpty
            return isDue ? flushWhenSensible() : true
        }
        let (kind, record) = StoredAlert.form(of: screened)
        pending.alerts.append(
            StoredAlert(kind: kind, leg: leg, hop: legs[leg].hopCount, event: event.text, record: record))
        pending.messages += messages
        if pending.alerts.count > Self.mostPendingAlerts { pending.alerts.removeFirst() }
        if pending.messages.count > Self.mostPendingMessages { pending.messages.removeFirst(messages.count) }
        return flush()
    }

    /// Notes a stretch that was not heard, or a change of the line.
    @discardableResult
    public mutating func mark(_ mark: Mark, leg: Int) -> Bool {
        precondition(!isEnded, "the call has ended")
        var mark = mark
        mark.hop = legs[leg].hopCount
        legs[leg].pendingMarks.append(mark)
        return flushWhenSensible()
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
        precondition(results.count == legs.count && sampleCounts.count == legs.count, "one result a leg")
        precondition(!isEnded, "the call has ended")
        isEnded = true
        recording?.finish()
        notices += recording?.takeNotices() ?? []
        pending.messages += messages
        pending.end = zip(results, sampleCounts).map { ($1, $0.outcome, $0.canonicalText) }
        return flush()
    }

    private mutating func flushWhenSensible() -> Bool {
        if trouble != nil, hopsSinceTry < Self.hopsATry { return false }
        return flush()
    }

    /// Writes what waits, all in one transaction.
    @discardableResult
    public mutating func flush() -> Bool {
        hopsSinceTry = 0
        let now = store.clock().storedMilliseconds
        do {
            try store.write { db in
                if !isBegun { try Store.insert(start, salts: salts, at: now, in: db) }
                for index in legs.indices { try legs[index].write(call: start.id, leg: index, in: db) }
                for alert in pending.alerts { try Store.insert(alert, call: start.id, salt: salts.audit, at: now, in: db) }
                try Store.insert(pending.messages, call: start.id, in: db)
                if let end = pending.end { try Store.end(start.id, results: end, salt: salts.audit, at: now, in: db) }
            }
        } catch {
            if trouble == nil { notices.append(.stopped(error)) }
            trouble = error
            return false
        }
        if trouble != nil { notices.append(.resumed(lostHops: legs.reduce(0) { $0 + $1.droppedHops })) }
        trouble = nil
        isBegun = true
        pending = Pending()
        for index in legs.indices { legs[index].wasWritten() }
        return true
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
