import Calls
import Dispatch
import Foundation
import Reporting
import Screening
import Store

/// The thread that stores: takes items from the screening thread's queue, and gives each message to its sink once it is on
/// the disk, or directly where the disk takes nothing.
final class StoringThread: Sendable {
    private let queue: BoundedQueue<MonitorItem>
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - sinks: who is sent what.
    ///   - retention: how long calls are kept; applied after each call and once an hour.
    ///   - say: told what a person should know: storing stopped, goes on.
    init(
        store: Store, queue: BoundedQueue<MonitorItem>, key: AudioKey?, retention: Retention, sinks: SinkBoard,
        say: @escaping @Sendable (String) -> Void
    ) {
        self.queue = queue
        let thread = Thread { [ended] in
            var work = StoringWork(store: store, key: key, retention: retention, sinks: sinks, say: say)
            work.retain()
            while let items = queue.take(waitingAtMost: 60) {
                for item in items { work.take(item) }
                let dropped = queue.takeDropped()
                if dropped > 0 { say("storing is too slow: \(dropped) hops or pieces of sound were not stored, screening goes on") }
                work.rest()
            }
            work.finish()
            ended.signal()
        }
        thread.name = "storing"
        thread.start()
    }

    /// Stores what waits and returns.
    func stop() {
        queue.close()
        ended.wait()
    }
}

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
    /// Ended, and not on the disk yet.
    private var unfinished: [CallRecorder] = []
    private var retainedAt = ContinuousClock.now

    init(store: Store, key: AudioKey?, retention: Retention, sinks: SinkBoard, say: @escaping @Sendable (String) -> Void) {
        self.store = store
        self.key = key
        self.retention = retention
        self.sinks = sinks
        self.say = say
    }

    mutating func take(_ item: MonitorItem) {
        switch item {
        case .began(let start, let event):
            if start.allowed != nil { silent.insert(start.id.text) }
            recorders[start.id.text] = CallRecorder(store: store, start: start, key: start.keepsAudio ? key : nil)
            send(event)
            takeNotices(of: start.id.text)
        case .screened(let screened, let leg, let event):
            let id = EventID(text: event.id)
            let messages = messages(of: event)
            let isStored = event.call.flatMap { recorders[$0]?.record(screened, leg: leg, event: id, messages: messages) } ?? false
            pass(messages, isStored: isStored)
            takeNotices(of: event.call)
        case .gap(let mark, let leg, let event), .mark(let mark, let leg, let event):
            if let call = event.call { recorders[call]?.mark(mark, leg: leg) }
            send(event)
            takeNotices(of: event.call)
        case .sound(let record, let leg, let call):
            recorders[call.text]?.keep(record, leg: leg)
            takeNotices(of: call.text)
        case .ended(let results, let counts, let event):
            let messages = messages(of: event)
            if let call = event.call { silent.remove(call) }
            let isStored = event.call.flatMap { recorders[$0]?.end(results, sampleCounts: counts, messages: messages) } ?? false
            pass(messages, isStored: isStored)
            takeNotices(of: event.call)
            if let recorder = event.call.flatMap({ recorders.removeValue(forKey: $0) }), !isStored { unfinished.append(recorder) }
            retain()
        case .note(let event): send(event)
        }
    }

    /// Between items: what the disk did not take is tried again, and what is old goes.
    mutating func rest() {
        for index in unfinished.indices.reversed() where unfinished[index].flush() { unfinished.remove(at: index) }
        if ContinuousClock.now - retainedAt > .seconds(3600) { retain() }
    }

    mutating func finish() {
        rest()
        if !unfinished.isEmpty { say("\(unfinished.count) calls could not be stored to their end: the disk took nothing more") }
    }

    mutating func retain() {
        retainedAt = .now
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

    private func send(_ event: CallEvent) {
        let messages = messages(of: event)
        guard !messages.isEmpty else { return }
        // What belongs to no call is of the moment, that a device is away: it is sent, and not kept for after a restart.
        let stored: Void? = event.call.flatMap { recorders[$0]?.start.id }.flatMap { try? store.enqueue(messages, call: $0) }
        pass(messages, isStored: stored != nil)
    }

    private func pass(_ messages: [SinkMessage], isStored: Bool) {
        guard !messages.isEmpty else { return }
        if isStored { sinks.wake(messages) } else { sinks.deliverDirectly(messages) }
    }

    private mutating func takeNotices(of call: String?) {
        guard let call else { return }
        for notice in recorders[call]?.takeNotices() ?? [] { say(notice.description) }
    }
}
