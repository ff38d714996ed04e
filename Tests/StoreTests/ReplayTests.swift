import Alerting
import Audio
import Calls
import Classifier
import Foundation
import Policies
import Screening
import TestSupport
import Testing

@testable import Store

@Suite("Replay") struct ReplayTests {
    /// A call with a dropped block, a pause, a device that came back at another rate, an overrun right behind it.
    private func roughCall(_ store: Store, _ id: CallID, key: AudioKey?, disclosed: Bool = false) throws -> LegResult {
        var live = try LiveCall(store, model: model, id: id, rate: 8000, key: key)
        live.hear(voice(seconds: 7, rate: 8000))
        live.lose(1234, .dropped)
        live.hear(voice(seconds: 5.03, rate: 8000, pitch: 210))
        live.lose(30_001, .paused)
        live.hear(voice(seconds: 3, rate: 8000))
        if disclosed { live.disclose() }
        live.lose(777, .deviceGone)
        try live.reopen(rate: 48_000)
        live.lose(4801, .overrun)
        live.hear(voice(seconds: 9.01, rate: 48_000, pitch: 90))
        return live.end()
    }

    private func replay(_ store: Store) -> CallReplay { CallReplay(store: store, model: model, build: "0.0.0") }

    @Test("The kept audio gives the same bytes, through a dropped block, a pause and a reopened device", arguments: [false, true])
    func audio(disclosed: Bool) throws {
        let place = Place()
        let store = try place.open()
        let key = try AudioKey(makingAt: place.folder.audioKey)
        let id = CallID.random()
        let result = try roughCall(store, id, key: key, disclosed: disclosed)
        #expect(disclosed == (result.outcome == .syntheticDisclosed))
        let report = try replay(store).run(id, .audio(key))
        #expect(report.judgement == .same && report.reasons.isEmpty && report.notes.isEmpty)
        let leg = report.legs[0]
        #expect(leg.isSame && leg.hopCount > 120 && leg.eventsAreSame && leg.eventCount > 2 && leg.resultIsSame == true)
        let stored = try store.legs(of: id)[0]
        #expect(
            stored.track.contains { $0.hop.isSpeech } && stored.track.contains { !$0.hop.isSpeech && $0.hop.lostSamples + $0.hop.pausedSamples == 0 })
        #expect(stored.track.contains { $0.hop.lostSamples > 0 } && stored.track.contains { $0.hop.pausedSamples > 0 })
        #expect(stored.marks.map(\.kind).filter { $0 != .disclosed } == [.dropped, .paused, .deviceGone, .reopened, .overrun])
    }

    @Test("Without audio the stored track gives the same alerts and the same result", arguments: [false, true])
    func track(disclosed: Bool) throws {
        let place = Place()
        let store = try place.open()
        let id = CallID.random()
        _ = try roughCall(store, id, key: nil, disclosed: disclosed)
        let report = try replay(store).run(id, .track)
        #expect(report.judgement == .same && report.legs[0].eventCount > 2 && report.legs[0].resultIsSame == true)
        #expect { try replay(store).run(id, .audio(AudioKey(bytes: [UInt8](repeating: 0, count: 32)))) } throws: {
            ($0 as? StoreError)?.kind == .usage && "\($0)".contains("not kept")
        }
    }

    @Test("A track of speech takes less than 40 bytes a hop while the change sum rests, and less than 45 where it moves")
    func trackSize() throws {
        let place = Place()
        let store = try place.open()
        let id = CallID.random()
        var live = try LiveCall(store, model: formerModel(), id: id, rate: 8000, key: nil)
        live.hear(voice(seconds: 60, rate: 8000))
        _ = live.end()
        let track = try store.legs(of: id)[0].track
        let bytes = TrackCoding.encode(track).count
        print(
            """
            score track: \(bytes) bytes for \(track.count) hops, \(Double(bytes) / Double(track.count)) a hop, \
            \(track.count { $0.isSpeech }) of them speech
            """
        )
        // Whether it moves hangs on the model and the policy; where it does, a hop is 6 bytes longer.
        let resting = track.map { hop in
            var hop = hop
            hop.changeSum = nil
            return hop
        }
        #expect(TrackCoding.encode(resting).count < track.count * 40)
        #expect(bytes < track.count * 45 && track.count { $0.isSpeech } > track.count / 2)
    }

    @Test("A gap that was not marked, one frame more or less, or a changed sample shows")
    func differences() throws {
        let place = Place()
        let store = try place.open()
        let key = try AudioKey(makingAt: place.folder.audioKey)
        for fault in ["unmarked", "longer", "sample"] {
            let id = CallID.random()
            var live = try LiveCall(store, model: model, id: id, rate: 16_000, key: key)
            live.hear(voice(seconds: 4, rate: 16_000))
            var events: [ScreeningEvent] = []
            switch fault {
            case "unmarked": live.stream.markGap(frames: 500, .lost, into: &events)
            case "longer":
                live.stream.markGap(frames: 500, .lost, into: &events)
                live.recorder.keep(.gap(.dropped, frames: 501), leg: 0)
            default:
                live.stream.push([Float](repeating: 0.25, count: 800).span, into: &events)
                live.recorder.keep(.samples([UInt8](repeating: 0, count: 1600)), leg: 0)
            }
            for event in events { live.recorder.record(event, leg: 0) }
            live.hear(voice(seconds: 4, rate: 16_000))
            _ = live.end()
            let report = try replay(store).run(id, .audio(key))
            #expect(report.judgement == .differs, "\(fault)")
            #expect(report.legs[0].firstDifferentHop.map { $0 >= 18 } == true, "\(fault): the hops before it are the same")
            #expect(try replay(store).run(id, .track).judgement == .same)
        }
    }

    @Test("A stored track, alert or result that was changed afterwards shows, by track and by audio", arguments: ["track", "alert", "result"])
    func tampered(what: String) throws {
        let place = Place()
        let id = CallID.random()
        let key: AudioKey
        do {
            let store = try place.open()
            key = try AudioKey(makingAt: place.folder.audioKey)
            _ = try roughCall(store, id, key: key)
            switch what {
            case "track":
                var track = try store.legs(of: id)[0].track
                track[70].hop.evidence = Float(bitPattern: track[70].hop.evidence.bitPattern ^ 1)
                try store.write { db in
                    try db.execute(sql: "DELETE FROM track")
                    try Store.insert(track, firstHop: 0, call: id, leg: 0, in: db)
                }
            case "alert": try tamper(place, "DROP TRIGGER alertStays; UPDATE alert SET hop = hop + 1 WHERE id = 2")
            default: try tamper(place, "UPDATE leg SET result = replace(result, 'outcome', 'outcame')")
            }
        }
        let store = try place.open(.reading)
        #expect(try replay(store).run(id, .audio(key)).judgement == .differs)
        if what == "track" { #expect(try replay(store).run(id, .audio(key)).legs[0].firstDifferentHop == 70) }
        if what != "track" { #expect(try replay(store).run(id, .track).judgement == .differs) }
    }

    @Test("Another policy, model or kernel level is said, and a difference then proves nothing")
    func otherMakers() throws {
        let place = Place()
        let store = try place.open()
        let id = CallID.random()
        _ = try roughCall(store, id, key: nil)
        var other = replay(store)
        other.policy = AppliedPolicy(operatingPoint: .provisional)
        let report = try other.run(id, .track)
        #expect(report.judgement == .notComparable && report.reasons == [.policy(stored: "sensitive", now: "provisional")])
        let build = try CallReplay(store: store, model: model, build: "9.9.9").run(id, .track)
        #expect(build.judgement == .same && build.reasons == [.build(stored: "0.0.0", now: "9.9.9")])
        let elsewhere = CallID.random()
        var live = try LiveCall(store, model: model, id: elsewhere, rate: 8000, key: nil, kernel: "x86-64-v9")
        live.hear(voice(seconds: 2, rate: 8000))
        _ = live.end()
        #expect(try replay(store).run(elsewhere, .track).reasons == [.kernel(stored: "x86-64-v9", now: model.kernel)])
    }

    @Test("A recording from elsewhere of the same sound gives the same bytes; of another, it differs; with other channels, it is refused")
    func recording() throws {
        let place = Place()
        let store = try place.open()
        let id = CallID.random()
        var live = try LiveCall(store, model: model, id: id, rate: 8000, key: nil)
        live.hear(voice(seconds: 8, rate: 8000))
        _ = live.end()
        func file(_ name: String, _ channels: [[Int16]]) throws -> RecordingSource {
            let path = place.folder.path + "/" + name
            try waveFile(channels, rate: 8000).write(to: URL(fileURLWithPath: path))
            return .path(path, raw: nil)
        }
        let same = try file("same.wav", [voice(seconds: 8, rate: 8000)])
        #expect(try replay(store).run(id, .recording(same, legs: [])).judgement == .same)
        let other = try file("other.wav", [voice(seconds: 8, rate: 8000, pitch: 180)])
        #expect(try replay(store).run(id, .recording(other, legs: [])).judgement == .differs)
        let two = try file("two.wav", [voice(seconds: 8, rate: 8000, pitch: 180), voice(seconds: 8, rate: 8000)])
        #expect { try replay(store).run(id, .recording(two, legs: [])) } throws: { "\($0)".contains("--leg") }
        #expect(try replay(store).run(id, .recording(two, legs: [LegChoice(channel: 1)])).judgement == .same)
        #expect { try replay(store).run(id, .recording(.path(place.folder.path + "/none.wav", raw: nil), legs: [])) } throws: { $0 is AudioError }
    }

    @Test("Kept audio that was cut off is compared as far as it goes, and said; changed, it is refused")
    func truncated() throws {
        let place = Place()
        let store = try place.open()
        let key = try AudioKey(makingAt: place.folder.audioKey)
        let id = CallID.random()
        _ = try roughCall(store, id, key: key)
        let url = URL(fileURLWithPath: place.folder.audioFile(id, leg: 0))
        let whole = try Data(contentsOf: url)
        try whole.prefix(whole.count / 2).write(to: url)
        let report = try replay(store).run(id, .audio(key))
        #expect(report.judgement == .same && report.legs[0].resultIsSame == nil && report.legs[0].hopCount < report.legs[0].storedHopCount)
        #expect(report.notes.count == 1 && report.notes[0].contains("cut off"))
        var changed = whole
        changed[whole.count / 2] ^= 1
        try changed.write(to: url)
        #expect { try replay(store).run(id, .audio(key)) } throws: { ($0 as? StoreError)?.kind == .audio }
    }

    @Test("A call that was cut short by a dying daemon is compared as far as it was stored")
    func interrupted() throws {
        let place = Place()
        let id = CallID.random()
        let key: AudioKey
        do {
            let store = try place.open()
            key = try AudioKey(makingAt: place.folder.audioKey)
            var live = try LiveCall(store, model: model, id: id, rate: 8000, key: key)
            live.hear(voice(seconds: 12, rate: 8000))
        }
        let store = try place.open()
        #expect(store.interruptedCalls == [id])
        for way in [CallReplay.Way.audio(key), .track] {
            let report = try replay(store).run(id, way)
            #expect(report.judgement == .same && report.legs[0].hopCount > 20 && report.legs[0].resultIsSame == nil)
            #expect(report.notes.contains { $0.contains("cut short") })
        }
    }

    @Test("A call that goes on is not replayed")
    func open() throws {
        let place = Place()
        let store = try place.open()
        let id = CallID.random()
        var live = try LiveCall(store, model: model, id: id, rate: 8000, key: nil)
        #expect { try replay(store).run(id, .track) } throws: { ($0 as? StoreError)?.kind == .usage }
        _ = live.end()
    }
}
