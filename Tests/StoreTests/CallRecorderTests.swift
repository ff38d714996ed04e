import Calls
import Foundation
import Screening
import Testing
import Text

@testable import Store

@Suite("A call is stored as it is heard") struct CallRecorderTests {
    @Test("What was heard comes back: hops bit for bit, alerts, marks, result")
    func roundTrip() throws {
        let place = Place()
        let store = try place.open()
        let id = CallID.random()
        let event = storeCall(store, start(id))
        let call = try store.call(id)
        #expect(call.state == .ended && call.outcome == .synthetic && call.alertCount == 1 && call.durationSeconds == 20)
        #expect(call.consent == "own line" && call.device == "desk" && call.modelIdentity == provenance.modelIdentity)
        #expect(call.startedAt == place.time && call.legs[0].result == result().canonicalText)
        let leg = try store.legs(of: id)[0]
        #expect(leg.track == (0..<100).map { hop($0) })
        #expect(leg.alerts.map(\.kind) == [.raised, .ended] && leg.alerts.map(\.hop) == [60, 100])
        #expect(leg.alerts[0].event == event.text && leg.alerts[0].record == CanonicalJSON.text(alert(4)))
        #expect(leg.marks == [Mark(.overrun, hop: 60, startSample: 192_000, sampleCount: 480, startFrame: 576_000, frameCount: 1440)])
    }

    @Test("An alert is on the disk, with its outbox entry and the hops it rests on, before the call returns")
    func alertIsCommitted() throws {
        let place = Place()
        var recorder = CallRecorder(store: try place.open(), start: start())
        for index in 0..<7 { recorder.record(.hop(hop(index)), leg: 0) }
        let event = EventID.random()
        let isStored = recorder.record(
            .action(.raised(alert(0))), leg: 0, event: event, messages: [SinkMessage(event: event, sink: "file", payload: "x")])
        #expect(isStored)
        let other = try place.open(.reading)
        let leg = try other.legs(of: recorder.start.id)[0]
        #expect(leg.track.count == 7 && leg.alerts.map(\.event) == [event.text])
        #expect(try other.next(for: "file")?.event == event)
    }

    @Test("A full disk stops storing, not screening; it is said once, and what memory held is stored when there is room")
    func fullDisk() throws {
        let place = Place()
        let store = try place.open()
        var recorder = CallRecorder(store: store, start: start())
        try store.limit(pages: try store.pageCount() + 2)
        var stored: [Bool] = []
        for index in 0..<3000 {
            recorder.record(.hop(hop(index)), leg: 0)
            if index % 100 == 99 { stored.append(recorder.record(.action(.raised(alert(index))), leg: 0)) }
        }
        #expect(stored.contains(false) && recorder.trouble?.kind == .full)
        let notices = recorder.takeNotices()
        #expect(notices.count == 1 && "\(notices[0])".contains("screening goes on"))
        try store.limit(pages: nil)
        let isBack = recorder.record(.action(.raised(alert(3000))), leg: 0)
        #expect(isBack)
        let resumed = recorder.takeNotices()
        #expect(recorder.trouble == nil && resumed == [.resumed(lostHops: 0)])
        let isStored1 = recorder.end([result()], sampleCounts: [9_600_000])
        #expect(isStored1)
        let leg = try store.legs(of: recorder.start.id)[0]
        #expect(leg.track == (0..<3000).map { hop($0) } && leg.alerts.count == 31)
        #expect(try store.verify().fault == nil)
    }

    @Test("What memory could not hold while the disk was full stands as a mark in the track, exact to the sample")
    func fullForLong() throws {
        let place = Place()
        let store = try place.open()
        var recorder = CallRecorder(store: store, start: start())
        var count = 0
        func hear(_ hops: Int) {
            for _ in 0..<hops {
                recorder.record(.hop(hop(count)), leg: 0)
                count += 1
            }
        }
        hear(25)
        try store.limit(pages: 1)
        // The last page may have room for some more.
        while recorder.trouble == nil { hear(1) }
        let written = try store.legs(of: recorder.start.id)[0].track.count
        hear(written + CallRecorder.mostPendingHops + 5 - count)
        try store.limit(pages: nil)
        let isStored = recorder.end([result()], sampleCounts: [count * 3200])
        #expect(isStored)
        let lost = CallRecorder.mostPendingHops / 10
        let notices = recorder.takeNotices()
        #expect(notices.count == 2 && notices.last == .resumed(lostHops: lost))
        let leg = try store.legs(of: recorder.start.id)[0]
        #expect(leg.marks == [Mark(.notStored, hop: written, startSample: written * 3200, sampleCount: lost * 3200)])
        let stored = Array(0..<written) + Array(written + lost..<count)
        #expect(leg.track == stored.map { hop($0) })
    }

    @Test("A call that begins on a full disk is stored when there is room")
    func beginsFull() throws {
        let place = Place()
        let store = try place.open()
        try store.limit(pages: try store.pageCount())
        // Fills what room the last page leaves.
        for _ in 0..<200 { _ = CallRecorder(store: store, start: start()) }
        var recorder = CallRecorder(store: store, start: start())
        #expect(recorder.trouble?.kind == .full)
        try store.limit(pages: nil)
        let isStored3 = recorder.end([result(.human)], sampleCounts: [0])
        #expect(isStored3)
        #expect(try store.call(recorder.start.id).outcome == .human)
    }

    @Test("What looks like a telephone number cannot be a call's id, nor what a path could be")
    func ids() throws {
        for text in [
            "+4930123456", "004930123456", "030-1234567", "", "..", "../x", "a/b", "a b", ".hidden", "-x", String(repeating: "x", count: 65),
        ] {
            #expect { try CallID(text) } throws: { $0 is CallIDError }
        }
        for text in ["a", "call-12345678", "7", CallID.random().text] { #expect(try CallID(text).text == text) }
    }
}
