import Alerting
import Audio
import Calls
import Capture
import Foundation
import Reporting
import Screening
import Store
import Testing

@testable import Monitoring

@Suite("A telephone being heard") struct CallMonitorTests {
    @Test("A call begins by itself when somebody speaks, alerts, and ends when the line falls silent")
    func whole() throws {
        let desk = try Desk()
        try desk.hear(silence(5) + voice(8) + silence(15))
        #expect(desk.names == ["callStarted", "watchBegan", "alertRaised", "callEnded"])
        guard case .callEnded(.silence, _, let legs) = desk.events.last?.kind else { Issue.record("no end"); return }
        #expect(legs.count == 1 && legs[0].result.outcome == .synthetic && legs[0].result.alerts.count == 1)
        #expect(desk.events.allSatisfy { $0.call == desk.events[0].call } && Set(desk.events.map(\.id)).count == desk.events.count)
    }

    @Test("The first words are screened too: the call holds the sound from before it was noticed")
    func preRoll() throws {
        let desk = try Desk()
        try desk.hear(silence(5) + voice(4))
        guard case .began(let start, _) = desk.items.first else { Issue.record("no call"); return }
        #expect(start.consent == "both were told" && start.device == "desk" && start.legs.map(\.name) == ["far"])
        // The clock stood still, so the start lies before it by what was held.
        let held = desk.now.timeIntervalSince(start.startedAt)
        #expect(held >= CallMonitor.preRollSeconds - 0.1 && held <= CallMonitor.preRollSeconds + 0.2)
        let hops = desk.hops.compactMap { if case .hop(let hop) = $0.kind { hop } else { nil } }
        #expect(hops.first?.startSample == 0 && hops.first?.isSpeech == false)
        // Speech that was heard before it was enough to begin a call lies within the pre-roll, and is in the track.
        let first = try #require(hops.firstIndex { $0.isSpeech })
        #expect(first > 0 && Double(first) * 0.2 < CallMonitor.preRollSeconds - 0.3)
    }

    @Test("How blocks were cut changes no event", arguments: [1, 37, 1600])
    func blocks(size: Int) throws {
        let sound = silence(2) + voice(size == 1 ? 3 : 12)
        let (usual, other) = (try Desk(), try Desk())
        try usual.hear(sound)
        try other.hear(sound, block: size)
        func strip(_ desk: Desk) -> [CallEvent.Kind] { desk.items.compactMap(\.event).filter { $0.name != "callStarted" }.map(\.kind) }
        // The pre-roll is cut at block borders, so the calls begin some milliseconds apart; from a told start they are the same.
        try usual.monitor.finish()
        try other.monitor.finish()
        let (told, cut) = (try Desk(), try Desk())
        for (desk, block) in [(told, 160), (cut, size)] {
            _ = try desk.monitor.obey(.start(id: "a", party: nil))
            try desk.hear(sound, block: block)
            try desk.monitor.finish()
        }
        #expect(strip(told) == strip(cut))
        #expect(usual.names == other.names)
    }

    @Test("Lost sound is marked to the sample, in order, once a gap, and the call goes on")
    func gaps() throws {
        let desk = try Desk()
        _ = try desk.monitor.obey(.start(id: "a", party: nil))
        try desk.hear(voice(2))
        for _ in 0..<5 { try desk.lose(3200, .deviceGone) }
        try desk.lose(100, .overrun)
        try desk.hear(voice(2))
        try desk.monitor.finish()
        let marks = desk.items.compactMap { if case .gap(let mark, _, _) = $0 { mark } else { nil } }
        #expect(marks.map(\.kind) == [.deviceGone, .overrun])
        #expect(marks.map(\.startSample) == [32_000, 48_000] && marks.map(\.sampleCount) == [16_000, 100])
        #expect(marks.map(\.frameCount) == [16_000, 100])
        guard case .callEnded(.shutdown, let seconds, _) = desk.events.last?.kind else { Issue.record("no end"); return }
        #expect(abs(seconds - (4 + 1 + 100.0 / 16_000)) < 1e-9)
    }

    @Test("A clock that is set in the call moves no time of it")
    func clockStepped() throws {
        let (steady, stepped) = (try Desk(), try Desk())
        for (desk, step) in [(steady, 0.0), (stepped, -7200)] {
            _ = try desk.monitor.obey(.start(id: "a", party: nil))
            try desk.hear(voice(3))
            desk.now += step
            try desk.hear(voice(3))
            desk.now -= 3 * step
            try desk.monitor.finish()
        }
        #expect(steady.events.map(\.at) == stepped.events.map(\.at) && steady.events.map(\.kind) == stepped.events.map(\.kind))
    }

    @Test("Told to wait it hears nothing until a call is begun, and nothing after it ended")
    func waits() throws {
        let desk = try Desk { $0.waitsToBeTold = true }
        try desk.hear(voice(5))
        #expect(desk.items.isEmpty)
        let reply = try desk.monitor.obey(.start(id: "desk-1", party: nil))
        #expect(reply.isDone && reply.call == "desk-1")
        try desk.hear(voice(10) + silence(20))
        // Begun from outside, so silence does not end it.
        #expect(desk.names == ["callStarted", "watchBegan", "alertRaised"])
        #expect(try desk.monitor.obey(.end).isDone)
        let count = desk.items.count
        try desk.hear(voice(5))
        #expect(desk.items.count == count && desk.names.last == "callEnded")
    }

    @Test("A disclosed voice is recorded and raises no alert")
    func disclosed() throws {
        let desk = try Desk()
        _ = try desk.monitor.obey(.start(id: "a", party: nil))
        try desk.hear(voice(1))
        #expect(try desk.monitor.obey(.disclose(call: nil)).isDone)
        try desk.hear(voice(6))
        try desk.monitor.finish()
        #expect(!desk.names.contains("alertRaised") && desk.names.contains("disclosed"))
        guard case .callEnded(_, _, let legs) = desk.events.last?.kind else { Issue.record("no end"); return }
        #expect(legs[0].result.outcome == .syntheticDisclosed && desk.hops.count > 30)
    }

    @Test("A party of the allow-list is disclosed from the start, another is not, and neither is named anywhere")
    func allowList() throws {
        for (party, isKnown) in [("bank-robot", true), ("somebody", false)] {
            let desk = try Desk { $0.disclosedParties = ["bank-robot"] }
            _ = try desk.monitor.obey(.start(id: "a", party: party))
            try desk.hear(voice(6))
            try desk.monitor.finish()
            #expect(desk.names.contains("alertRaised") == !isKnown)
            #expect(!desk.items.contains { "\($0)".contains(party) })
        }
    }

    @Test("A call of a known line is disclosed before its first sound, also what was heard before it was noticed, and says why")
    func knownLine() throws {
        for (line, isKnown) in [("desk", true), ("another", false)] {
            let desk = try Desk(allows: { label, _ in label == line ? "line \(line)" : nil })
            try desk.hear(voice(8))
            try desk.monitor.finish()
            let starts = desk.items.compactMap { if case .began(let start, _) = $0 { start } else { nil } }
            #expect(starts.map(\.allowed) == [isKnown ? "line desk" : nil])
            #expect(desk.names.contains("alertRaised") == !isKnown && desk.names.contains("disclosed") == isKnown)
            guard case .callEnded(_, _, let legs) = desk.events.last?.kind else { Issue.record("no end"); return }
            #expect((legs[0].result.disclosedAtSample == 0) == isKnown)
        }
    }

    @Test("Pausing is a gap of its own, and nothing of it is heard")
    func pausing() throws {
        let desk = try Desk { $0.keepsAudio = true }
        _ = try desk.monitor.obey(.start(id: "a", party: nil))
        try desk.hear(voice(1))
        #expect(try desk.monitor.obey(.pause).isPaused)
        try desk.hear(voice(2))
        #expect(try !desk.monitor.obey(.resume).isPaused)
        try desk.hear(voice(1))
        try desk.monitor.finish()
        let marks = desk.items.compactMap { if case .gap(let mark, _, _) = $0 { mark } else { nil } }
        #expect(marks.map(\.kind) == [.paused] && marks.map(\.sampleCount) == [32_000])
        let kept = desk.items.reduce(0) { if case .sound(.samples(let bytes), _, _) = $1 { $0 + bytes.count } else { $0 } }
        #expect(kept == 2 * 2 * 16_000)
    }

    @Test("A word that does not fit is refused with a sentence, and changes nothing")
    func refusals() throws {
        let desk = try Desk()
        #expect(try !desk.monitor.obey(.end).isDone)
        #expect(try !desk.monitor.obey(.disclose(call: nil)).isDone)
        #expect(try !desk.monitor.obey(.start(id: "+4915112345678", party: nil)).isDone)
        #expect(desk.items.isEmpty)
        _ = try desk.monitor.obey(.start(id: "a", party: nil))
        #expect(try !desk.monitor.obey(.start(id: "b", party: nil)).isDone)
        #expect(desk.names == ["callStarted"])
    }

    @Test("Its state says which call is on, for how long, at what level, with how many alerts, and that it is paused")
    func status() throws {
        let desk = try Desk()
        #expect(try desk.monitor.obey(.status).words == "no call is on")
        _ = try desk.monitor.obey(.start(id: "a", party: nil))
        try desk.hear(voice(20))
        let reply = try desk.monitor.obey(.status)
        let progress = try #require(reply.progress)
        #expect(reply.call == "a" && !reply.isPaused && progress.seconds > 19 && progress.netSpeechSeconds > 3)
        #expect(progress.alerts == desk.names.count { $0 == "alertRaised" })
        // What a page draws of the far end: its last hop, and the point it is judged at.
        #expect(progress.isSpeech != nil && (progress.levelDBFS ?? 0) < 0 && progress.alertsAtLLR != nil && progress.operatingPoint != nil)
        #expect(progress.isDisclosed == false)
        #expect(reply.words.hasPrefix("call a is on for ") && reply.words.contains(" of them speech; "))
        #expect(
            reply.words.contains(progress.level == "alert" ? "alert: machine-made voice" : progress.level == "watch" ? "watch" : "no alert is on"))
        _ = try desk.monitor.obey(.pause)
        let paused = try desk.monitor.obey(.status)
        #expect(paused.isPaused && paused.call == "a" && paused.words.hasSuffix("; paused: nothing is heard until `falsetto call resume`"))
        _ = try desk.monitor.obey(.end)
        #expect(try desk.monitor.obey(.status).words == "no call is on; paused: nothing is heard until `falsetto call resume`")
    }

    @Test("A call begun from outside replaces one that began by itself")
    func replaces() throws {
        let desk = try Desk()
        try desk.hear(voice(4))
        _ = try desk.monitor.obey(.start(id: "b", party: nil))
        #expect(desk.names.contains("callEnded") && desk.events.last?.call == "b")
        guard case .callEnded(.replaced, _, _)? = desk.events.first(where: { $0.name == "callEnded" })?.kind else {
            Issue.record("not replaced"); return
        }
    }

    @Test("The near end alone keeps a call open, and raises no alert unless it is screened", arguments: [false, true])
    func nearEnd(isScreened: Bool) throws {
        let legs = [
            MonitoredLeg(name: "far", line: 0, channel: 0, isOnlyChannel: false),
            MonitoredLeg(name: "near", line: 1, channel: 0, isScreened: isScreened, isOnlyChannel: false),
        ]
        let desk = try Desk(legs: legs, formats: [SampleFormat(.s16, sampleRate: 16_000), SampleFormat(.s16, sampleRate: 16_000)])
        let (far, near) = (silence(30), silence(2) + voice(28))
        for start in stride(from: 0, to: far.count, by: 1600) {
            try desk.hear(Array(near[start..<start + 1600]), line: 1)
            try desk.hear(Array(far[start..<start + 1600]), line: 0)
        }
        #expect(desk.names.first == "callStarted" && !desk.names.contains("callEnded"))
        #expect(desk.names.contains("alertRaised") == isScreened)
        #expect(Set(desk.hops.compactMap(\.leg)) == (isScreened ? ["far", "near"] : ["far"]))
    }
}
