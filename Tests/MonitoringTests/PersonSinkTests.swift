import Alerting
import Calls
import Capture
import Foundation
import Reporting
import TestSupport
import Testing

@testable import Monitoring

private let date = Date(timeIntervalSince1970: 1_800_000_000)

private func event(_ name: String, call: String = "8e9b1kpbhsx5", leg: String = "far", at: Date = date) -> String {
    let alert = Alert(
        startSample: 0, atSample: 32_000, atNetSpeechSeconds: 2, windowLLR: 4, strongest: Stretch(startSample: 0, endSample: 32_000, windowLLR: 4),
        operatingPoint: "any")
    let kind: CallEvent.Kind = name == "alertRaised" ? .alertRaised(alert) : name == "alertEnded" ? .alertEnded(alert) : .disclosed(atSeconds: 1)
    return CallEvent(id: "0d1e2f3a-0000-4000-8000-000000000001", call: call, leg: leg, at: at, kind: kind).jsonLine
}

@Suite("A person at the desktop") struct DesktopTests {
    @Test("An alert is an urgent notification with what to do; its end replaces it; another call's stands beside it")
    func notifications() async throws {
        let session = try DesktopSession()
        let sink = DesktopSink(bus: session.bus, timeoutSeconds: 600, clock: { date })
        try await sink.deliver(event("alertRaised"))
        try await sink.deliver(event("alertRaised", leg: "<near> & \"dear\""))
        try await sink.deliver(event("alertEnded"))
        try await sink.deliver(event("alertRaised"))
        try await sink.deliver(event("alertRaised", call: "another"))
        let shown = try session.notifications()
        #expect(shown.map(\.number) == [1, 2, 1, 1, 3] && shown.map(\.replaces) == [0, 0, 1, 1, 0] && shown.map(\.urgency) == [2, 2, 1, 2, 2])
        #expect(shown.allSatisfy { $0.app == "Falsetto" } && shown[0].summary == "Machine-made voice")
        #expect(shown[0].body.hasPrefix("leg far: ") && shown[0].body.count > 40 && shown[2].body == "leg far")
        #expect(shown[1].body.hasPrefix("leg &lt;near> &amp; \"dear\": "))
        // Whoever looks over a shoulder learns nothing of the call.
        #expect(!shown.contains { ($0.summary + $0.body).contains("8e9b1kpbhsx5") })
    }

    @Test("An alert that comes too late for anybody is not shown, and does not wait for ever")
    func stale() async throws {
        let session = try DesktopSession()
        let sink = DesktopSink(bus: session.bus, timeoutSeconds: 600, clock: { date + 601 })
        try await sink.deliver(event("alertRaised"))
        try await sink.deliver(event("alertRaised", at: date + 2))
        #expect(try session.notifications().count == 1)
    }

    @Test("Without a desktop it is a failure, which is tried again")
    func nobody() async throws {
        let sink = DesktopSink(bus: "unix:path=/nowhere/bus", timeoutSeconds: 600, clock: { date })
        await #expect(throws: SinkFailure.self) { try await sink.deliver(event("alertRaised")) }
    }

    @Test("It is read from the configuration, and sent alerts only unless told otherwise")
    func configuration() throws {
        let sinks = try Configuration(
            text:
                "[[sink]]\nname = \"a\"\ntype = \"desktop\"\n"
                + "[[sink]]\nname = \"b\"\ntype = \"desktop\"\nbus = \"unix:path=/x\"\nevents = [\"disclosed\"]\n",
            name: "c"
        ).sinks
        #expect(sinks.map(\.target) == [.desktop(bus: nil), .desktop(bus: "unix:path=/x")])
        #expect(sinks.map(\.events) == [["alertRaised", "alertEnded"], ["disclosed"]])
    }
}

@Suite("A tone in the ear") struct ToneTests {
    private func written(_ body: (String) async throws -> Void) async throws -> [Int16] {
        let path = NSTemporaryDirectory() + "falsetto-tone-\(UUID().uuidString).raw"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body("pcm.ear { type file slave.pcm { type null } file \"\(path)\" format raw }")
        let data = (try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data()
        return data.withUnsafeBytes { Array($0.bindMemory(to: Int16.self)) }
    }

    @Test("The device gets the tone sample for sample: three short pulses, as quiet as asked, without a click")
    func played() async throws {
        let tone = Tone(device: "ear")
        let heard = try await written {
            try await ToneSink(
                tone: tone, timeoutSeconds: 600, configuration: $0,
                clock: { date }
            ).deliver(event("alertRaised"))
        }
        // The device takes whole periods: silence is what follows.
        #expect(heard.count >= tone.samples.count && Array(heard.prefix(tone.samples.count)) == tone.samples)
        #expect(heard.dropFirst(tone.samples.count).allSatisfy { $0 == 0 })
        let seconds = Double(tone.samples.count) / Double(Tone.sampleRate)
        let peak = Double(tone.samples.map { abs(Int($0)) }.max()!) / 32_767
        #expect(seconds < 0.5 && abs(20 * log10(peak) + 30) < 0.1)
        let steps = zip(tone.samples, tone.samples.dropFirst()).map { abs(Int($0) - Int($1)) }
        // No step is larger than the sine's own steepest.
        #expect(Double(steps.max()!) <= peak * 32_767 * 2 * .pi * 1000 / Double(Tone.sampleRate) + 2)
        #expect(Tone(device: "ear", levelDBFS: 0).levelDBFS == -12)
    }

    @Test("A tone that comes too late is left out; a device that is not there is a failure")
    func failures() async throws {
        let late = try await written {
            try await ToneSink(tone: Tone(device: "ear"), timeoutSeconds: 600, configuration: $0, clock: { date + 16 }).deliver(event("alertRaised"))
        }
        #expect(late.isEmpty)
        await #expect {
            try await ToneSink(
                tone: Tone(device: "ear"), timeoutSeconds: 600, configuration: "",
                clock: { date }
            ).deliver(event("alertRaised"))
        } throws: {
            "\($0)".hasPrefix("tone: ear: open: ")
        }
    }

    @Test("It is off until it is configured, and then for alerts alone; it cannot be made loud")
    func configuration() throws {
        #expect(try Configuration(text: "", name: "c").sinks.isEmpty)
        let sink = try #require(
            try Configuration(
                text: "[[sink]]\nname = \"ear\"\ntype = \"tone\"\ndevice = \"plughw:1\"\nlevel = -24\n",
                name: "c"
            ).sinks.first)
        #expect(sink.target == .tone(Tone(device: "plughw:1", levelDBFS: -24)) && sink.events == ["alertRaised"])
        #expect(throws: ConfigurationError.self) { try Configuration(text: "[[sink]]\nname = \"ear\"\ntype = \"tone\"\nlevel = 0\n", name: "c") }
    }
}
