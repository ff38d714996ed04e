import Calls
import Dispatch
import Foundation
import Reporting
import Screening
import Store

/// The thread that stores: takes items from the screening thread's queue, and gives each message to its sink once it is on
/// the disk, or directly where the disk takes nothing.
package final class StoringThread: Sendable {
    private let queue: BoundedQueue<MonitorItem>
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - sinks: who is sent what.
    ///   - retention: how long calls are kept; applied within a minute of a call's end and once an hour.
    ///   - say: told what a person should know: storing stopped, goes on.
    package init(
        store: Store, queue: BoundedQueue<MonitorItem>, key: AudioKey?, retention: Retention, sinks: SinkBoard,
        say: @escaping @Sendable (String) -> Void
    ) {
        self.queue = queue
        let thread = Thread { [ended] in
            var work = StoringWork(store: store, key: key, retention: retention, sinks: sinks, say: say)
            work.retain()
            while let items = queue.take(waitingAtMost: work.secondsToCommit ?? 60) {
                for item in items { work.take(item) }
                let dropped = queue.takeDropped()
                if dropped > 0 { say("storing is too slow: \(dropped) hops or pieces of sound were not stored, screening goes on") }
                if work.secondsToCommit == 0 { work.commit() }
                work.rest()
            }
            work.finish()
            ended.signal()
        }
        thread.name = "storing"
        thread.start()
    }

    /// Stores what waits and returns.
    package func stop() {
        queue.close()
        ended.wait()
    }
}

/// Rule: what is due, of all calls, is written in one transaction, at most one every 20 ms; the first after a while goes at once. Why: each
/// waits for the disk, and the alerts of many calls must not wait for one another. A sink hears of nothing before its transaction is through.
private struct StoringWork {
    let store: Store
    let key: AudioKey?
    let retention: Retention
    let sinks: SinkBoard
    let say: @Sendable (String) -> Void
    /// Of the calls that are on, by id.
    private var recorders: [String: CallRecorder] = [:]
    /// Calls that are on whose voice the site knows: they are stored, and no sink hears of them.
    private var silent: Set<String> = []
    /// Calls of which something is to be written, in the order in which it came.
    private var due: [String] = []
    private var isDue: Set<String> = []
    private var ended: Set<String> = []
    /// What sinks are told once it is written.
    private var held: [(call: String, messages: [SinkMessage])] = []
    private var committedAt = ContinuousClock.now - Self.betweenCommits
    /// Ended, and not on the disk yet.
    private var unfinished: [CallRecorder] = []
    private var triedAt = ContinuousClock.now
    private var retainedAt = ContinuousClock.now
    private var hasEndedCalls = false

    private static let betweenCommits = Duration.milliseconds(20)

    init(store: Store, key: AudioKey?, retention: Retention, sinks: SinkBoard, say: @escaping @Sendable (String) -> Void) {
        self.store = store
        self.key = key
        self.retention = retention
        self.sinks = sinks
        self.say = say
    }

    /// How long what is due may still wait for company; nil where nothing is due.
    var secondsToCommit: Double? {
        due.isEmpty ? nil : max(0, (committedAt + Self.betweenCommits - .now) / .seconds(1))
    }

    mutating func take(_ item: MonitorItem) {
        switch item {
        case .began(let start, let event):
            if start.allowed != nil { silent.insert(start.id.text) }
            let call = start.id.text
            if recorders[call] != nil { commit() }
            recorders[call] = CallRecorder(store: store, start: start, key: start.keepsAudio ? key : nil, writes: false)
            note(call, .now, [])
            send(event)
        case .screened(let screened, let leg, let event):
            let messages = messages(of: event)
            guard let call = event.call, let state = recorders[call]?.note(screened, leg: leg, event: EventID(text: event.id), messages: messages)
            else {
                return sinks.deliverDirectly(messages)
            }
            note(call, state, messages)
        case .gap(let mark, let leg, let event), .mark(let mark, let leg, let event):
            if let call = event.call, let state = recorders[call]?.note(mark, leg: leg) { note(call, state, []) }
            send(event)
        case .sound(let record, let leg, let call):
            recorders[call.text]?.keep(record, leg: leg)
            takeNotices(of: call.text)
        case .ended(let results, let counts, let event):
            let messages = messages(of: event)
            if let call = event.call { silent.remove(call) }
            guard let call = event.call, recorders[call] != nil else { return sinks.deliverDirectly(messages) }
            recorders[call]!.noteEnd(results, sampleCounts: counts, messages: messages)
            ended.insert(call)
            note(call, .now, messages)
        case .note(let event): send(event)
        }
    }

    /// Writes what is due, and tells the sinks.
    mutating func commit() {
        guard !due.isEmpty else { return }
        committedAt = .now
        let stored = CallRecorder.flush(&recorders, due)
        for (call, messages) in held {
            if stored.contains(call) { sinks.wake(messages) } else { sinks.deliverDirectly(messages) }
        }
        for call in due { takeNotices(of: call) }
        for call in ended {
            if let recorder = recorders.removeValue(forKey: call), !stored.contains(call) { unfinished.append(recorder) }
        }
        hasEndedCalls = hasEndedCalls || !ended.isEmpty
        (due, isDue, held, ended) = ([], [], [], [])
    }

    /// Between items: what the disk did not take is tried again, and what is old goes.
    mutating func rest() {
        if !unfinished.isEmpty, ContinuousClock.now - triedAt > .seconds(1) { tryUnfinished() }
        if ContinuousClock.now - retainedAt > .seconds(hasEndedCalls ? 60 : 3600) { retain() }
    }

    mutating func finish() {
        commit()
        tryUnfinished()
        guard let first = unfinished.first else { return }
        let why = first.trouble?.description ?? "the disk took nothing more"
        say("\(unfinished.count == 1 ? "1 call" : "\(unfinished.count) calls") could not be stored to the end: \(why)")
    }

    private mutating func tryUnfinished() {
        for index in unfinished.indices.reversed() where unfinished[index].flush() { unfinished.remove(at: index) }
        triedAt = .now
    }

    mutating func retain() {
        retainedAt = .now
        hasEndedCalls = false
        do {
            let gone = try store.retain(retention)
            if gone.calls.count + gone.recordings.count > 0 {
                say("retention: \(gone.calls.count) calls and \(gone.recordings.count) recordings were removed")
            }
        } catch { if store.trouble == nil { say("retention: \(error)") } }
    }

    private func messages(of event: CallEvent) -> [SinkMessage] {
        event.call.map(silent.contains) == true ? [] : sinks.messages(of: event)
    }

    private mutating func send(_ event: CallEvent) {
        let messages = messages(of: event)
        guard !messages.isEmpty else { return }
        // What belongs to no call is of the moment, that a device is away: it is sent, and not kept for after a restart.
        guard let call = event.call, let state = recorders[call]?.note(messages) else { return sinks.deliverDirectly(messages) }
        note(call, state, messages)
    }

    private mutating func note(_ call: String, _ state: CallRecorder.Due, _ messages: [SinkMessage]) {
        switch state {
        case .later: break
        case .blocked: sinks.deliverDirectly(messages)
        case .now:
            if isDue.insert(call).inserted { due.append(call) }
            if !messages.isEmpty { held.append((call, messages)) }
        }
    }

    private mutating func takeNotices(of call: String) {
        for notice in recorders[call]?.takeNotices() ?? [] { say(notice.description) }
    }
}
