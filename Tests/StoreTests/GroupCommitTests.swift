import Calls
import Foundation
import GRDB
import Screening
import Synchronization
import Testing

@testable import Store

@Suite("Many calls in one transaction") struct GroupCommitTests {
    private func noted(_ store: Store, _ calls: [CallID]) -> [String: CallRecorder] {
        var recorders: [String: CallRecorder] = [:]
        for call in calls {
            var recorder = CallRecorder(store: store, start: start(call), writes: false)
            for index in 0..<10 { _ = recorder.note(.hop(hop(index)), leg: 0, event: .random()) }
            let event = EventID.random()
            #expect(
                recorder.note(
                    .action(.raised(alert(1))), leg: 0, event: event,
                    messages: [
                        SinkMessage(
                            event: event, sink: "file",
                            payload: "{}")
                    ]) == .now)
            recorders[call.text] = recorder
        }
        return recorders
    }

    @Test("The alerts of fifty calls wait for the disk once, each with its hops, its message and its link of the chain")
    func once() throws {
        let place = Place()
        let store = try place.open()
        let writes = Mutex(0)
        store.observeWrites { _, failed in if !failed { writes.withLock { $0 += 1 } } }
        var recorders = noted(store, (0..<50).map { _ in .random() })
        #expect(CallRecorder.flush(&recorders, Array(recorders.keys)) == Set(recorders.keys))
        #expect(writes.withLock { $0 } == 1)
        let calls = try store.calls()
        #expect(calls.count == 50)
        for call in calls { #expect(try store.legs(of: call.id).map { [$0.track.count, $0.alerts.count] } == [[10, 1]]) }
        #expect(try store.outboxCounts() == ["file": 50])
        #expect(try store.verify().fault == nil)
        // Written once: nothing is left to be written again.
        #expect(CallRecorder.flush(&recorders, Array(recorders.keys)).count == 50)
        #expect(try store.outboxCounts() == ["file": 50])
    }

    @Test("A call that cannot be stored costs no other")
    func oneBad() throws {
        let place = Place()
        let store = try place.open()
        let taken = CallID.random()
        storeCall(store, start(taken))
        var recorders = noted(store, [taken, .random(), .random()])
        let stored = CallRecorder.flush(&recorders, Array(recorders.keys))
        #expect(stored == Set(recorders.keys).subtracting([taken.text]))
        #expect(recorders[taken.text]?.trouble != nil && stored.allSatisfy { recorders[$0]?.trouble == nil })
        #expect(try store.calls().count == 3)
    }

    @Test("On a full disk all wait, each says so once, and all is stored when there is room")
    func full() throws {
        let place = Place()
        let store = try place.open()
        try store.limit(pages: try store.pageCount())
        var recorders = noted(store, (0..<20).map { _ in .random() })
        #expect(CallRecorder.flush(&recorders, Array(recorders.keys)).isEmpty)
        for key in recorders.keys {
            #expect(recorders[key]!.takeNotices().count == 1)
            #expect(recorders[key]!.note([SinkMessage(event: .random(), sink: "file", payload: "{}")]) == .blocked)
        }
        try store.limit(pages: nil)
        #expect(CallRecorder.flush(&recorders, Array(recorders.keys)).count == 20)
        #expect(try store.calls().count == 20 && store.outboxCounts() == ["file": 40])
    }

    @Test("Retention looks only at what may be too old: by index, whatever else is stored")
    func retentionByIndex() throws {
        let place = Place()
        let store = try place.open()
        let plan = try store.read { db in
            try Row.fetchAll(
                db, sql: "EXPLAIN QUERY PLAN " + Store.retentionCandidates,
                arguments: Store.retentionLimits(
                    Retention(),
                    at: place.time)
            )
            .map { $0["detail"] as String }
        }
        #expect(
            plan.contains { $0.contains("SEARCH call USING") && $0.contains("callByTime") } && plan.contains { $0.contains("callWithSound") },
            "\(plan)")
        #expect(!plan.contains { $0.contains("SCAN call") }, "\(plan)")
    }
}
