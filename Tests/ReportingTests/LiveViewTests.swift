import Alerting
import Calls
import Foundation
import Screening
import Testing

@testable import Reporting

@Suite("The live view") struct LiveViewTests {
    private func event(_ kind: CallEvent.Kind, leg: String? = "far") -> CallEvent {
        CallEvent(id: "1", call: "abc", leg: leg, at: Date(timeIntervalSince1970: 1_800_000_000), kind: kind)
    }

    private func hop(_ index: Int, speech: Bool, llr: Double?) -> CallEvent {
        event(
            .hop(
                HopScore(
                    hop: Hop(
                        startSample: index * 3200, evidence: 0, isSpeech: speech, levelDBFS: -30, quietestDBFS: -60, clippedSamples: 0,
                        lowerBandPower: 1, upperBandPower: 0, lostSamples: 0, pausedSamples: 0),
                    speechProbability: speech ? 1 : 0, windowLLR: llr)))
    }

    private var alert: Alert {
        Alert(
            startSample: 0, atSample: 64_000, atNetSpeechSeconds: 3, windowLLR: 3.4,
            strongest: Stretch(startSample: 0, endSample: 64_000, windowLLR: 3.4), operatingPoint: "provisional")
    }

    private func view() -> LiveView { LiveView(width: 80, colour: false, operatingPoint: .provisional, hopSeconds: 0.2, waitsToBeTold: false) }

    private var started: CallEvent {
        event(
            .callStarted(
                consent: "x", legs: ["far"],
                provenance: Provenance(build: "0", modelName: "m", modelIdentity: "i", operatingPoint: .provisional, kernel: "k"), byHand: false),
            leg: nil)
    }

    @Test("It waits, hears, alerts with what to do, and says how the last call was found")
    func whole() {
        var view = view()
        #expect(view.rows()[0] == "Falsetto  Waiting for a call")
        view.take(started)
        for index in 0..<40 { view.take(hop(index, speech: index > 4, llr: index > 10 ? Double(index) / 10 : nil)) }
        let rows = view.rows()
        #expect(rows[0] == "Falsetto hears call abc  0:08")
        #expect(rows[1].contains("level ▮▮▮▮▮▮▮▮▮▮▮▯▯▯▯▯▯▯▯▯  -30 dBFS  speech"))
        #expect(rows[2] == "  window LLR +3.90 (natural log, positive is machine-made) · net speech 7.0 s")
        #expect(!rows.joined().contains("hang up"))
        view.take(event(.alertRaised(alert)))
        let alerted = view.rows().joined(separator: "\n")
        #expect(alerted.contains("Machine-made voice at 0:04.0") && alerted.contains("hang up, and ring back on a number you know"))
        #expect(!alerted.lowercased().contains("scam"))
        var ended = alert
        ended.endSample = 96_000
        view.take(event(.alertEnded(ended)))
        #expect(view.rows().joined().contains("the evidence has ended"))
    }

    @Test("No row is wider than the terminal or holds a line end, and memory stays bounded", arguments: [40, 80, 140])
    func width(width: Int) {
        var view = view()
        view.width = width
        view.take(started)
        for index in 0..<5000 { view.take(hop(index, speech: true, llr: sin(Double(index) / 50) * 7)) }
        view.take(event(.alertRaised(alert)))
        view.take(event(.notice("a notice that is a good deal longer than the terminal is wide, as notices are, with \u{1B}[2J in it")))
        let coloured = LiveView.clipped("\u{1B}[31m▲ red\u{1B}[39m and more", to: 5)
        #expect(coloured == "\u{1B}[31m▲ red\u{1B}[39m")
        for row in view.rows() { #expect(row.count <= width && !row.contains("\n") && !row.contains("\u{1B}")) }
        #expect(view.legs[0].hops.count == Int(LiveView.timelineSeconds / 0.2))
        #expect(abs(view.legs[0].netSpeechSeconds - 1000) < 1e-6)
    }

    @Test("A disclosed voice shows no alert; a device that is away is said")
    func others() {
        var view = view()
        view.take(started)
        view.take(event(.alertRaised(alert)))
        view.take(event(.disclosed(atSeconds: 4)))
        #expect(!view.rows().joined().contains("hang up"))
        view.take(event(.lineAway(words: "hw:1: read: No such device"), leg: nil))
        #expect(view.rows()[0].contains("away"))
        view.take(event(.lineBack, leg: nil))
        #expect(!view.rows()[0].contains("away"))
    }
}

@Suite("Call events as JSON") struct CallEventJSONTests {
    @Test("An alert carries what happened, what to do, and the operating point, on one line")
    func alert() throws {
        let alert = Alert(
            startSample: 16_000, atSample: 64_000, atNetSpeechSeconds: 3, windowLLR: 3.5,
            strongest: Stretch(startSample: 0, endSample: 64_000, windowLLR: 3.5), operatingPoint: "provisional")
        let event = CallEvent(id: "id-1", call: "abc", leg: "far", at: Date(timeIntervalSince1970: 1_800_000_000.25), kind: .alertRaised(alert))
        #expect(
            event.jsonLine == """
                {"schema":"falsetto.event/1","event":"alertRaised","id":"id-1","at":"2027-01-15T08:00:00.250Z","call":"abc","leg":"far",\
                "message":"Machine-made voice","advice":"What to do: hang up, and ring back on a number you know.","alert":{"raisedBy":"window",\
                "startSeconds":1.0,"atSeconds":4.0,"atNetSpeechSeconds":3.0,"windowLLR":3.5,"changeSum":null,"endSeconds":null,\
                "strongest":{"startSeconds":0.0,"endSeconds":4.0,"windowLLR":3.5},"opening":false,"outside":[],"line":null,\
                "operatingPoint":"provisional","measurement":null}}
                """)
    }

    @Test("Every kind can be named by a sink, but for hops")
    func names() {
        #expect(!CallEvent.names.contains("hop") && Set(CallEvent.names).count == CallEvent.names.count)
    }
}
