import Alerting
import Calls
import Foundation
import Reporting
import Screening
import Store
import Synchronization
import Testing

@testable import Monitoring

/// A sink that looks, when it hears of an alert, whether that is on the disk: with a reader of its own, as another program would.
private struct Looking: EventSink {
    let folder: StateFolder
    let heard: @Sendable (_ event: String, _ isStored: Bool) -> Void

    private struct Event: Decodable { var id: String, call: String }

    func deliver(_ payload: String) async throws(SinkFailure) {
        do {
            let event = try JSONDecoder().decode(Event.self, from: Data(payload.utf8))
            let store = try Store(folder, for: .reading)
            let stored = try store.legs(of: try CallID(event.call)).flatMap(\.alerts).map(\.event)
            heard(event.id, stored.contains(event.id))
        } catch { throw SinkFailure("\(error)") }
    }
}

@Suite("Storing for many calls") struct StoringTests {
    @Test("The alerts of many calls at once cost a few commits, and no sink hears of one that is not on the disk")
    func manyCalls() async throws {
        let folder = StateFolder(path: NSTemporaryDirectory() + "falsetto-storing-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        let store = try Store(folder, for: .daemon)
        let board = SinkBoard([SinkSettings(name: "looking", target: .standardOutput, events: ["alertRaised"])])
        let heard = Mutex<[String: Bool]>([:])
        let sink = Looking(folder: folder) { event, isStored in heard.withLock { $0[event] = isStored } }
        let post = board.all[0]
        let run = Task { await SinkRun(post: post, sink: sink, store: store, say: { _ in }).run() }
        let queue = BoundedQueue<MonitorItem>(capacity: 10_000)
        let said = Mutex<[String]>([])
        let storing = StoringThread(
            store: store, queue: queue, key: nil, retention: Retention(),
            sinks: board
        ) { words in said.withLock { $0.append(words) } }
        let setup = setup()
        let calls = (0..<100).map { _ in CallID.random() }
        let date = Date(timeIntervalSince1970: 1_800_000_000)
        func event(_ kind: CallEvent.Kind, _ call: CallID) -> CallEvent {
            CallEvent(id: EventID.random().text, call: call.text, leg: "far", at: date, kind: kind)
        }
        let alert = Alert(
            startSample: 0, atSample: 32_000, atNetSpeechSeconds: 2, windowLLR: 4,
            strongest: Stretch(
                startSample: 0, endSample: 32_000,
                windowLLR: 4),
            operatingPoint: anyVoice.name)
        // Opening made its own; from here on it counts what storing makes and what acknowledging makes.
        let writes = Mutex(0)
        store.observeWrites { _, _ in writes.withLock { $0 += 1 } }
        for call in calls {
            let start = CallStart(
                id: call, startedAt: date, consent: "a test", device: nil, provenance: setup.provenance, recalibration: nil,
                legs: [.init(name: "far", isOnlyChannel: true)], keepsAudio: false)
            queue.put(.began(start, event(.notice("began"), call)), mayBeDropped: false)
        }
        for call in calls { queue.put(.screened(.action(.raised(alert)), leg: 0, event(.alertRaised(alert), call)), mayBeDropped: false) }
        while heard.withLock({ $0.count }) < calls.count { try await Task.sleep(for: .milliseconds(5)) }
        storing.stop()
        board.close()
        await run.value
        #expect(heard.withLock { $0.values.allSatisfy { $0 } && $0.count == 100 })
        // Acknowledgements are one each; what is left is the commits of 100 beginnings and 100 alerts, and the first retention.
        let commits = writes.withLock { $0 } - calls.count
        #expect(commits < 50, "\(commits) commits")
        #expect(try said.withLock { $0 }.isEmpty && store.outboxCounts().isEmpty)
    }
}
