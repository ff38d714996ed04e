import Audio
import Calls
import Foundation
import Ingest
import Reporting
import StandIns
import Store
import Synchronization
import TestSupport
import Testing

@testable import Monitoring

@Suite("Known voices, from the list to the sinks") struct KnownVoiceTests {
    /// Hears a call of a telephone system that calls itself `caller`, with one sink for everything.
    /// - Returns: the stored call, and how many messages wait for the sink.
    private func heard(caller: String, _ list: (Store) throws -> Void) throws -> (call: StoredCall, waiting: Int, store: Store) {
        let store = try Store(StateFolder(path: NSTemporaryDirectory() + "falsetto-known-\(UUID().uuidString)"), for: .daemon)
        try list(store)
        let board = AllowBoard()
        board.refresh(from: store)
        let queue = BoundedQueue<MonitorItem>(capacity: 100_000)
        let sink = SinkSettings(name: "desk", target: .standardOutput, events: ["callStarted", "callEnded", "alertRaised", "disclosed", "gap"])
        let storing = StoringThread(store: store, queue: queue, key: nil, retention: Retention(), sinks: SinkBoard([sink]), say: { _ in })
        let hub = IngestHub(
            settings: .init(
                policies: ["pbx": TrunkPolicy(consent: "callers are told")], options: MonitorOptions(consent: "none"), screening: setup(),
                mostCalls: 10),
            names: try CallNames(makingAt: store.folder.callNamesKey), board: board, clock: { Date(timeIntervalSince1970: 1_800_000_000) }
        ) { queue.put($0, mayBeDropped: false) }
        let leg = OfferedLeg(name: "far", sampleRate: 8000, isOnlyChannel: true)
        let feed = try hub.begin(CallOffer(trunk: "pbx", outsideID: caller, legs: [leg]))
        try feed.sound(MadeVoice.samples16(seconds: 8, rate: 8000).withUnsafeBytes { Array($0) }, leg: 0, sampleRate: 8000)
        try feed.missing(frames: 800, leg: 0, sampleRate: 8000, .lost)
        try feed.sound(MadeVoice.samples16(seconds: 1, rate: 8000).withUnsafeBytes { Array($0) }, leg: 0, sampleRate: 8000)
        feed.end(.hungUp)
        storing.stop()
        return (try #require(try store.calls().first), try store.outboxCounts()["desk"] ?? 0, store)
    }

    @Test("A stranger's call alerts and its sinks hear of it; a known caller's or line's is stored as disclosed, and no sink hears of it")
    func silent() throws {
        let number = "+49 30 901820"
        let stranger = try heard(caller: number) { _ in }
        #expect(stranger.call.alertCount > 0 && stranger.call.outcome != .syntheticDisclosed && stranger.waiting >= 4)
        #expect(try stranger.store.allowReason(of: stranger.call.id) == nil)
        let lists: [(String, (Store) throws -> Void)] = [
            ("caller ", { try $0.allow(.caller, "0049 30 901820", note: "bank", by: nil) }),
            ("line pbx", { try $0.allow(.line, "pbx", note: "bots", by: nil) }),
        ]
        for (reason, list) in lists {
            let known = try heard(caller: number, list)
            #expect(known.call.alertCount == 0 && known.call.outcome == .syntheticDisclosed && known.waiting == 0, "\(reason)")
            #expect(try known.store.allowReason(of: known.call.id)?.hasPrefix(reason) == true)
            #expect(try known.store.tallies(from: .distantPast).map(\.disclosedCalls) == [1] && known.store.verify().fault == nil)
            // The whole of it is there, and is the same heard again.
            #expect(try CallReplay(store: known.store, model: model, build: "0.0.0").run(known.call.id, .track).judgement == .same)
        }
    }
}
