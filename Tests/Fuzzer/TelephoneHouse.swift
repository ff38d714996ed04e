import Audio
import Foundation
import Ingest
import StandIns
import Synchronization
import TestSupport

/// The doors for telephone systems, each a trunk on a port of this machine. What comes through one may end its own call, and no other.
final class TelephoneHouse {
    private let counter = Counter()
    private let server: IngestServer
    private static let doors: [Door] = [.audiosocket, .websocket, .rtp]

    /// Takes every call, and counts.
    private final class Counter: CallTaker, CallFeed, Sendable {
        let begun = Atomic<Int>(0)
        let ended = Atomic<Int>(0)

        func begin(_ offer: CallOffer, turn: LoopTurn?) -> any CallFeed {
            begun.add(1, ordering: .relaxed)
            return self
        }
        func sound(_ samples: [UInt8], leg: Int, sampleRate: Int) {
            precondition(samples.count.isMultiple(of: 2) && (8000...192_000).contains(sampleRate), "whole samples at a rate that is taken")
        }
        func missing(frames: Int, leg: Int, sampleRate: Int, _ cause: MissingSound) {
            precondition(frames > 0 && frames < 1 << 40, "a gap that a call can have")
        }
        func end(_ ending: CallEnding) { ended.add(1, ordering: .relaxed) }
    }

    init() throws {
        server = try IngestServer(
            Self.doors.map { door in
                var trunk = Trunk(name: door.rawValue, kind: Trunk.Kind(rawValue: door.rawValue)!, address: ListenAddress("127.0.0.1:0")!)
                trunk.rtp.legs = .sources
                trunk.rtp.payloads = [96: RTPPayload(parsing: "L16/16000/2")!]
                trunk.limits.leadSeconds = 1e6
                return trunk
            }, taker: counter, threads: 1
        ) { _ in }
    }

    /// Sends what came of a mutation and then places a call beside it that must be taken.
    /// - Returns: whether it was taken for a call.
    func open(_ door: Door, _ bytes: [UInt8]) throws -> Bool {
        let before = counter.begun.load(ordering: .relaxed)
        let port = server.ports[Self.doors.firstIndex(of: door)!]
        switch door {
        case .rtp:
            let caller = RTPCaller(port: port)
            var rest = bytes[...]
            // A byte of length before each datagram.
            while let length = rest.popFirst() {
                caller.send(Array(rest.prefix(Int(length))))
                rest = rest.dropFirst(Int(length))
            }
        case .websocket where !bytes.starts(with: Array("GET".utf8)):
            let caller = try WebSocketCaller(port: port)
            caller.send(bytes)
            caller.drop()
        default:
            let caller = try AudioSocketCaller(port: port)
            caller.send(bytes)
            caller.drop()
        }
        let mutated = counter.begun.load(ordering: .relaxed)
        let good = try AudioSocketCaller(port: server.ports[0])
        good.begin()
        good.speak([1, 2, 3])
        good.hangUp()
        let after = counter.begun.load(ordering: .relaxed)
        guard after > before else { throw House.Fault(words: "a call beside it was not taken") }
        return after > before + 1 || mutated > before
    }

    /// What is mutated.
    static func seeds(_ door: Door) -> [[UInt8]] {
        let samples = MadeVoice.samples16(seconds: 0.06, rate: 8000)
        let linear = samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        let codes = samples.map { mulaw($0) }
        switch door {
        case .audiosocket:
            func message(_ kind: UInt8, _ payload: [UInt8]) -> [UInt8] { [kind, UInt8(payload.count >> 8), UInt8(payload.count & 255)] + payload }
            return [message(1, [UInt8](0..<16)) + message(0x10, linear) + message(3, [0x35]) + message(0x12, linear) + message(0, [])]
        case .websocket:
            func text(_ text: String) -> [UInt8] { WebSocketCaller.frame(1, Array(text.utf8), mask: [0, 0, 0, 0]) }
            func binary(_ bytes: [UInt8]) -> [UInt8] { WebSocketCaller.frame(2, bytes, mask: [0, 0, 0, 0]) }
            func hook(_ type: String, _ number: Int, _ parameters: String) -> [UInt8] {
                text(#"{"version":"2","id":"s","type":"\#(type)","seq":\#(number),"serverseq":0,"position":"PT0S","parameters":\#(parameters)}"#)
            }
            let twilio =
                text(#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#)
                + text(
                    #"""
                    {"event":"start","start":{"callSid":"CA1","tracks":["inbound","outbound"],\#
                    "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}
                    """#
                )
                + (1..<4).flatMap {
                    text(
                        #"""
                        {"event":"media","media":{"track":"inbound","chunk":"\#($0)","timestamp":"\#($0 * 60)",\#
                        "payload":"\#(Data(codes).base64EncodedString())"}}
                        """#
                    )
                } + text(#"{"event":"stop"}"#)
            return [
                twilio, text(#"{"callSid":"a","sampleRate":8000,"mixType":"stereo"}"#) + binary(linear) + WebSocketCaller.frame(8, [3, 0xe8]),
                text("MEDIA_START connection_id:a channel:b format:g722 optimal_frame_size:160") + binary(codes) + text("DTMF_END digit:5"),
                hook(
                    "open", 1,
                    #"""
                    {"conversationId":"c","participant":{"id":"p"},\#
                    "media":[{"type":"audio","format":"PCMU","channels":["external","internal"],"rate":8000}]}
                    """#
                )
                    + binary(codes) + hook("resumed", 2, #"{"start":"PT1S","discarded":"PT2S"}"#) + hook("close", 3, #"{"reason":"end"}"#),
                Array(WebSocketCaller.request(port: 1).utf8) + text(#"{"sampleRate":8000}"#) + binary(linear),
            ]
        case .rtp:
            let (one, two) = (RTPCaller(port: 9, source: 1), RTPCaller(port: 9, source: 2, payloadType: 96, unitsPerByte: 0.25))
            return [
                (0..<4).flatMap { number -> [UInt8] in
                    [
                        one.packet(Array(codes[..<80])), two.packet(Array(linear[..<64])), one.packet([30], type: 13),
                        one.packet([5, 0, 0, 0], type: 9),
                    ][...(number % 4)]
                    .flatMap { [UInt8($0.count)] + $0 }
                } + [16, 0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 203, 0, 1, 0, 0, 0, 1]
            ]
        default: return []
        }
    }
}
