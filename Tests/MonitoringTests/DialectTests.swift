import Audio
import Calls
import Foundation
import Ingest
import Reporting
import Screening
import StandIns
import Store
import Synchronization
import TestSupport
import Testing

@testable import Monitoring

/// A daemon with one trunk of any kind on a port of this machine, and a store of its own.
final class Switchboard: Sendable {
    let store: Store
    let key: AudioKey
    let hub: IngestHub
    let server: IngestServer
    private let storing: StoringThread
    private let log = Log()

    private final class Log: Sendable { let events = Mutex<[CallEvent]>([]) }

    init(_ kind: Trunk.Kind, _ change: (inout Trunk) -> Void = { _ in }) throws {
        store = try Store(StateFolder(path: NSTemporaryDirectory() + "falsetto-switchboard-\(UUID().uuidString)"), for: .daemon)
        key = try AudioKey(makingAt: store.folder.audioKey)
        let queue = BoundedQueue<MonitorItem>(capacity: 100_000)
        storing = StoringThread(store: store, queue: queue, key: key, retention: Retention(), sinks: SinkBoard([]), say: { _ in })
        var options = MonitorOptions(consent: "none")
        options.keepsAudio = true
        let log = log
        hub = IngestHub(
            settings: .init(
                policies: ["t": TrunkPolicy(consent: "callers are told", screensNearEnd: true)], options: options,
                screening: setup(), mostCalls: 100),
            names: try CallNames(makingAt: store.folder.callNamesKey), clock: { Date(timeIntervalSince1970: 1_800_000_000) }
        ) { item in
            queue.put(item, mayBeDropped: false)
            if let event = item.event { log.events.withLock { $0.append(event) } }
        }
        var trunk = Trunk(name: "t", kind: kind, address: ListenAddress("127.0.0.1:0")!)
        change(&trunk)
        server = try IngestServer([trunk], taker: hub, threads: 2) { _ in }
    }

    var events: [CallEvent] { log.events.withLock { $0 } }
    var reasons: [String] { events.compactMap { if case .callEnded(let reason, _, _) = $0.kind { reason.rawValue } else { nil } } }
    func wait(calls: Int) {
        let began = ContinuousClock.now
        while reasons.count < calls, ContinuousClock.now - began < .seconds(600) {}
    }

    /// Ends it as the program does; what is then stored.
    func finish() throws -> [StoredCall] {
        server.stop()
        storing.stop()
        return try store.calls()
    }

    /// Whether a stored call is, heard again, the same to the byte.
    func replays(_ call: StoredCall) throws -> Bool {
        try CallReplay(store: store, model: model, build: "0.0.0").run(call.id, .audio(key)).judgement == .same
    }

    deinit { try? FileManager.default.removeItem(atPath: store.folder.path) }
}

@Suite("Calls by every way in") struct DialectTests {
    private let voice = MadeVoice.samples16(seconds: 8, rate: 8000)
    private func linear(_ samples: some Sequence<Int16>) -> [UInt8] {
        samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    }
    private func pieces(_ count: Int) -> [ArraySlice<Int16>] {
        stride(from: 0, to: voice.count, by: count).map { voice[$0..<min($0 + count, voice.count)] }
    }
    private func marks(_ board: Switchboard, _ call: StoredCall) throws -> [[Mark.Kind]] {
        try board.store.legs(of: call.id).map { $0.marks.map(\.kind) }
    }

    @Test("Twilio: both tracks stored under the consent, an alert, what was lost and not sent marked; it replays to the byte")
    func twilio() throws {
        let board = try Switchboard(.websocket)
        let caller = try WebSocketCaller(port: board.server.ports[0])
        caller.text(#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#)
        caller.text(
            #"""
            {"event":"start","sequenceNumber":"1","start":{"callSid":"CA5551234567","tracks":["inbound","outbound"],\#
            "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}},"streamSid":"MZ1"}
            """#
        )
        for (number, piece) in pieces(160).enumerated() where number != 100 {
            let payload = Data(piece.map { mulaw($0) }).base64EncodedString()
            for track in ["inbound", "outbound"] where track == "inbound" || number > 200 {
                let chunk = track == "inbound" ? number + 1 : number - 200
                caller.text(
                    #"""
                    {"event":"media","media":{"track":"\#(track)","chunk":"\#(chunk)","timestamp":"\#(20 * number)",\#
                    "payload":"\#(payload)"},"streamSid":"MZ1"}
                    """#
                )
            }
        }
        caller.text(#"{"event":"stop","stop":{"callSid":"CA5551234567"},"streamSid":"MZ1"}"#)
        _ = caller.goodbye()
        let calls = try board.finish()
        let call = try #require(calls.first)
        #expect(calls.count == 1 && call.consent == "callers are told" && call.device == "t" && call.alertCount > 0 && board.reasons == ["hungUp"])
        #expect(
            call.legs.map(\.name) == ["far", "near"] && call.legs[0].sampleCount == 2 * voice.count && call.legs[1].sampleCount == 2 * voice.count)
        #expect(try marks(board, call) == [[.dropped], [.noData]] && board.replays(call))
        let database = try Data(contentsOf: URL(fileURLWithPath: board.store.folder.database))
        #expect(database.range(of: Data("5551234567".utf8)) == nil)
    }

    @Test("jambonz in two channels, and Asterisk's channel in G.722: stored, alerting, replayed to the byte")
    func binary() throws {
        let board = try Switchboard(.websocket)
        let fork = try WebSocketCaller(port: board.server.ports[0], headers: ["Sec-WebSocket-Protocol: audio.jambonz.org"])
        fork.text(#"{"callSid":"a-b","sampleRate":8000,"mixType":"stereo"}"#)
        for piece in pieces(320) { fork.binary(linear(piece.flatMap { [$0, $0 / 2] })) }
        fork.hangUp()
        let asterisk = try WebSocketCaller(port: board.server.ports[0])
        asterisk.text("MEDIA_START connection_id:x channel:WebSocket/x/0x1 format:g722 optimal_frame_size:160")
        for start in stride(from: 0, to: 32_000, by: 160) { asterisk.binary((0..<160).map { UInt8(truncatingIfNeeded: ($0 + start) &* 37) }) }
        asterisk.hangUp()
        let calls = try board.finish()
        #expect(calls.count == 2 && board.reasons == ["hungUp", "hungUp"])
        let (stereo, wide) = (try #require(calls.first { $0.legs.count == 2 }), try #require(calls.first { $0.legs.count == 1 }))
        #expect(stereo.alertCount > 0 && stereo.legs.allSatisfy { $0.sampleCount == 2 * voice.count } && wide.legs[0].sampleCount == 64_000)
        #expect(try calls.allSatisfy { try board.replays($0) } && calls.allSatisfy { try marks(board, $0).allSatisfy(\.isEmpty) })
    }

    @Test("AudioHook: a pause and what was thrown away are marked on both legs; it replays to the byte")
    func audioHook() throws {
        let board = try Switchboard(.websocket)
        let caller = try WebSocketCaller(port: board.server.ports[0])
        var sequence = 0
        func say(_ type: String, _ parameters: String) {
            sequence += 1
            caller.text(
                #"{"version":"2","id":"s1","type":"\#(type)","seq":\#(sequence),"serverseq":0,"position":"PT0S","parameters":\#(parameters)}"#)
        }
        say(
            "open",
            #"""
            {"conversationId":"c1","participant":{"id":"p1"},\#
            "media":[{"type":"audio","format":"PCMU","channels":["external","internal"],"rate":8000}]}
            """#
        )
        _ = caller.nextText()
        for (number, piece) in pieces(800).enumerated() {
            caller.binary(piece.flatMap { [mulaw($0), mulaw($0 / 2)] })
            if number == 30 { say("resumed", #"{"start":"PT3S","discarded":"PT2S"}"#) }
            if number == 50 { say("discarded", #"{"start":"PT7S","discarded":"PT0.5S"}"#) }
        }
        say("close", #"{"reason":"end"}"#)
        #expect(caller.nextText()?.contains("closed") == true)
        _ = caller.goodbye()
        let call = try #require(try board.finish().first)
        #expect(try marks(board, call) == [[.paused, .dropped], [.paused, .dropped]] && board.replays(call))
        #expect(call.legs.allSatisfy { $0.sampleCount == 2 * voice.count + 2 * 20_000 } && call.alertCount > 0 && board.reasons == ["hungUp"])
    }

    @Test("RTP: two legs, packets lost and overtaken, a silence; stored, alerting, replayed to the byte")
    func rtp() throws {
        let board = try Switchboard(.rtp) {
            $0.rtp.legs = .ports
            $0.limits.idleSeconds = 1
        }
        let (far, near) = (RTPCaller(port: board.server.ports[0], source: 1), RTPCaller(port: board.server.ports[0] + 2, source: 2))
        var held: [UInt8]?
        for (number, piece) in pieces(160).enumerated() {
            let codes = piece.map { mulaw($0) }
            if number == 300 { far.time &+= 16_000 }
            let packet = far.packet(codes)
            switch number {
            case 50: held = packet
            case 100: break
            default: far.send(packet)
            }
            if number == 52, let held { far.send(held) }
            near.send(near.packet(codes))
            // No faster than the socket's buffer is read.
            usleep(2000)
        }
        board.wait(calls: 1)
        let call = try #require(try board.finish().first)
        #expect(call.legs.map(\.name) == ["far", "near"] && call.alertCount > 0 && board.reasons == ["idle"])
        #expect(try marks(board, call) == [[.dropped, .noData], []] && board.replays(call))
        #expect(call.legs.map(\.sampleCount) == [2 * (voice.count + 16_000), 2 * voice.count])
    }

    @Test("Of many calls one is disclosed by its id: from there on it alone is silent; without an id it is asked which")
    func disclose() throws {
        // Two calls are on for as long as a busy machine needs to begin them both.
        let board = try Switchboard(.audiosocket) { $0.limits.idleSeconds = 600 }
        let half = Array(voice[..<16_000])
        let callers = try (0..<2).map { index in
            let caller = try AudioSocketCaller(port: board.server.ports[0])
            caller.begin(UInt8(index))
            caller.speak([0], kind: 0x10)
            return caller
        }
        var ids: [String] = []
        while ids.count < 2 {
            usleep(5000)
            ids = board.events.compactMap { if case .callStarted = $0.kind { $0.call } else { nil } }
        }
        #expect(board.hub.disclose(nil)?.isDone == false && board.hub.disclose("nobody") == nil)
        #expect(board.hub.disclose(ids[1])?.isDone == true)
        for caller in callers {
            caller.speak(half, kind: 0x10)
            caller.speak(half, kind: 0x10)
            caller.hangUp()
        }
        let calls = try board.finish()
        let (told, other) = (try #require(calls.first { $0.id.text == ids[1] }), try #require(calls.first { $0.id.text == ids[0] }))
        #expect(told.alertCount == 0 && other.alertCount > 0)
        #expect(try board.replays(told) && board.replays(other) && board.hub.disclose(ids[1]) == nil)
    }
}
