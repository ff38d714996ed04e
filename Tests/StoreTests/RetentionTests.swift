import Calls
import Foundation
import Testing

@testable import Store

@Suite("What is too old goes") struct RetentionTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func candidates(_ ages: [Double]) -> [Retention.Candidate] {
        ages.enumerated().map { .init(id: CallID(unchecked: "c\($0)"), startedAt: now.addingTimeInterval(-$1 * 86_400), hasAudio: true) }
    }

    private func ids(_ indices: Int...) -> [CallID] { indices.map { CallID(unchecked: "c\($0)") } }

    @Test("The decision is by age alone: the call's time, the recording's time")
    func ages() {
        let decision = Retention(callDays: 90, audioDays: 7).decide(candidates([0, 6.99, 7, 89.99, 90, 400]), now: now, lastRun: now, jumpSeen: nil)
        #expect(decision == .init(calls: ids(4, 5), recordings: ids(2, 3)))
        #expect(Retention(callDays: 3, audioDays: 30).audioDays == 3)
    }

    @Test("A clock set back, or a call from the future, takes nothing out early")
    func setBack() {
        let decision = Retention().decide(candidates([-400, -1]), now: now, lastRun: now.addingTimeInterval(400 * 86_400), jumpSeen: nil)
        #expect(decision == .init())
    }

    @Test("A clock that jumps ahead is believed an hour later, not at once")
    func jump() {
        let retention = Retention(callDays: 90)
        let all = candidates([100])
        let old = now.addingTimeInterval(-30 * 86_400)
        #expect(retention.decide(all, now: now, lastRun: old, jumpSeen: nil) == .init(waitsForClock: true))
        #expect(retention.decide(all, now: now, lastRun: old, jumpSeen: now.addingTimeInterval(-3599)).waitsForClock)
        #expect(retention.decide(all, now: now, lastRun: old, jumpSeen: now.addingTimeInterval(-3600)) == .init(calls: ids(0)))
        // The clock went back before the hour was over: the jump was a mistake, and what was seen of it does not count.
        #expect(retention.decide(candidates([1]), now: now, lastRun: now, jumpSeen: now.addingTimeInterval(86_400)) == .init())
        #expect(retention.decide(all, now: now, lastRun: nil, jumpSeen: nil) == .init(calls: ids(0)))
    }

    @Test("In the store: the recording goes first, then the call, each with its audit entry; a running call stays")
    func run() throws {
        let place = Place()
        let store = try place.open()
        let key = try AudioKey(makingAt: place.folder.audioKey)
        let id = CallID.random()
        var recorder = CallRecorder(store: store, start: start(id, at: place.time, keepsAudio: true), key: key)
        recorder.keep(.opened(.s16, sampleRate: 8000), leg: 0)
        recorder.end([result()], sampleCounts: [0])
        let running = CallRecorder(store: store, start: start(at: place.time))
        let path = place.folder.audioFile(id, leg: 0)
        #expect(try store.retain(Retention(callDays: 20, audioDays: 6)) == Purged())
        for day in 1...20 {
            place.advance(days: 1)
            let purged = try store.retain(Retention(callDays: 20, audioDays: 6))
            switch day {
            case 6:
                #expect(purged == Purged(recordings: [id]) && !FileManager.default.fileExists(atPath: path))
                #expect(try store.audio(of: id, leg: 0, key: key) == nil && !store.call(id).keepsAudio)
            case 20: #expect(purged == Purged(calls: [id]))
            default: #expect(purged == Purged(), "day \(day)")
            }
        }
        #expect(try store.calls().map(\.id) == [running.start.id])
        #expect(try store.verify().fault == nil)
    }

    @Test("In the store: after a jump of the clock nothing goes for an hour")
    func clockJump() throws {
        let place = Place()
        let store = try place.open()
        storeCall(store, start(at: place.time))
        try store.retain(Retention())
        place.advance(days: 4000)
        #expect(try store.retain(Retention()).waitsForClock)
        place.advance(days: 0.5 / 24)
        #expect(try store.retain(Retention()).waitsForClock)
        #expect(try store.calls().count == 1)
        place.advance(days: 0.6 / 24)
        #expect(try store.retain(Retention()).calls.count == 1)
    }

    @Test("A purge leaves nothing of the call in any file but its audit entries, and counts what was undelivered")
    func purge() throws {
        let place = Place()
        let store = try place.open()
        let key = try AudioKey(makingAt: place.folder.audioKey)
        let kept = CallID.random()
        storeCall(store, start(kept))
        let id = CallID.random()
        var recorder = CallRecorder(store: store, start: start(id, consent: "CONSENT-MARKER", keepsAudio: true), key: key)
        recorder.keep(.opened(.s16, sampleRate: 8000), leg: 0)
        for index in 0..<500 { recorder.record(.hop(hop(index, evidence: 1234.5678)), leg: 0) }
        let event = EventID.random()
        recorder.record(
            .action(.raised(alert(77_777))), leg: 0, event: event, messages: [SinkMessage(event: event, sink: "file", payload: "PAYLOAD-MARKER")])
        recorder.end([result()], sampleCounts: [0])
        try store.judge(id, as: .human, by: "JUDGE-MARKER", sawScore: false)
        let markers = ["CONSENT-MARKER", "PAYLOAD-MARKER", "JUDGE-MARKER", "\(77_777 * 16_000 + 51_200)", event.text]
        let before = place.databaseBytes()
        for marker in markers { #expect(before.range(of: Data(marker.utf8)) != nil, "\(marker) was never there") }
        let evidence = withUnsafeBytes(of: Float(1234.5678).bitPattern.littleEndian) { Data($0) }
        #expect(before.range(of: evidence) != nil)

        #expect(try store.purge(id) == Purged(calls: [id], undelivered: 1))
        let after = place.databaseBytes()
        for marker in markers { #expect(after.range(of: Data(marker.utf8)) == nil, "\(marker) is still there") }
        #expect(after.range(of: evidence) == nil)
        #expect(!FileManager.default.fileExists(atPath: place.folder.audioFile(id, leg: 0)))
        #expect(try store.calls().map(\.id) == [kept] && store.outboxCounts().isEmpty)
        #expect { try store.purge(id) } throws: { ($0 as? StoreError)?.kind == .notFound }
        #expect(try store.verify().fault == nil)
    }

    @Test("A recording that nothing can open any more is taken away when the next daemon starts; others stay")
    func leftRecordings() throws {
        let place = Place()
        let key: AudioKey
        let (kept, purged, never) = (try CallID("kept.call"), try CallID("purged.call"), try CallID("never.stored"))
        do {
            let store = try place.open()
            key = try AudioKey(makingAt: place.folder.audioKey)
            for id in [kept, purged] { CallRecorder(store: store, start: start(id, keepsAudio: true), key: key).finishForTest() }
            let path = place.folder.audioFile(purged, leg: 0)
            let file = try Data(contentsOf: URL(fileURLWithPath: path))
            try store.purge(purged)
            // As if the program had died between the row and the file.
            for id in [purged, never] { try file.write(to: URL(fileURLWithPath: place.folder.audioFile(id, leg: 0))) }
        }
        let store = try place.open()
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder.audio) == ["kept.call.0.sealed"])
        #expect(try store.audio(of: kept, leg: 0, key: key) != nil)
    }

    @Test("A call that is being listened to is not purged")
    func running() throws {
        let place = Place()
        let store = try place.open()
        let recorder = CallRecorder(store: store, start: start())
        #expect { try store.purge(recorder.start.id) } throws: { ($0 as? StoreError)?.kind == .inUse }
    }
}

extension CallRecorder {
    fileprivate consuming func finishForTest() { end([result()], sampleCounts: [0]) }
}
