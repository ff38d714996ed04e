import Audio
import Foundation
import TestSupport
import Testing

@testable import Ingest

private func far(_ rate: Int, only: Bool) -> OfferedLeg { OfferedLeg(name: "far", sampleRate: rate, isOnlyChannel: only) }
private func near(_ rate: Int) -> OfferedLeg { OfferedLeg(name: "near", sampleRate: rate, isOnlyChannel: false) }

/// What is read of messages of a new connection.
private func read(_ messages: [WebSocketMessage], unsaid: RawFormat = RawFormat(.s16le, sampleRate: 8000, channelCount: 1)) -> [MediaAction] {
    var reading = WebSocketReading(unsaid: unsaid)
    return messages.flatMap { reading.take($0) }
}

private func fault(_ messages: [WebSocketMessage]) -> String? {
    if case .fault(let fault)? = read(messages).last { fault.description } else { nil }
}

@Suite("Reading what comes by WebSocket") struct WebSocketReadingTests {
    private static let connected = WebSocketMessage.text(#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#)
    private static func start(_ tracks: String = #"["inbound","outbound"]"#, encoding: String = "audio/x-mulaw") -> WebSocketMessage {
        .text(
            #"""
            {"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1","tracks":\#(tracks),\#
            "mediaFormat":{"encoding":"\#(encoding)","sampleRate":8000,"channels":1},"customParameters":{"a":"b"}},"streamSid":"MZ1"}
            """#
        )
    }
    private static func media(_ track: String, chunk: Int, at milliseconds: Int, _ codes: [UInt8]) -> WebSocketMessage {
        .text(
            #"""
            {"event":"media","sequenceNumber":"9","media":{"track":"\#(track)","chunk":"\#(chunk)","timestamp":"\#(milliseconds)",\#
            "payload":"\#(Data(codes).base64EncodedString())"},"streamSid":"MZ1"}
            """#
        )
    }

    @Test("Twilio: two tracks are two legs, marks and digits are passed over, stop ends")
    func twilio() {
        let quiet = [UInt8](repeating: 0xff, count: 160), loud = [UInt8](repeating: 0x80, count: 160)
        let loudest = [UInt8](repeating: 0, count: 320).enumerated().map { $0.offset.isMultiple(of: 2) ? UInt8(32_124 & 255) : UInt8(32_124 >> 8) }
        let actions = read([
            Self.connected, Self.start(), Self.media("inbound", chunk: 1, at: 5, quiet), Self.media("outbound", chunk: 1, at: 5, loud),
            .text(#"{"event":"dtmf","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"5"}}"#),
            .text(#"{"event":"mark","streamSid":"MZ1","mark":{"name":"x"}}"#), Self.media("inbound", chunk: 2, at: 26, loud),
            .text(#"{"event":"stop","sequenceNumber":"12","stop":{"accountSid":"AC1","callSid":"CA1"}}"#),
        ])
        #expect(
            actions == [
                .begin(outsideID: "CA1", legs: [far(8000, only: false), near(8000)]),
                .sound([UInt8](repeating: 0, count: 320), leg: 0, sampleRate: 8000), .sound(loudest, leg: 1, sampleRate: 8000),
                .sound(loudest, leg: 0, sampleRate: 8000), .end(.hungUp),
            ])
    }

    @Test("Twilio: a chunk that is missing was lost, a track that was silent sent nothing, a sway of the time stamps is no gap")
    func twilioGaps() {
        let codes = [UInt8](repeating: 0xff, count: 160)
        let actions = read([
            Self.connected, Self.start(), Self.media("inbound", chunk: 1, at: 0, codes), Self.media("inbound", chunk: 4, at: 60, codes),
            Self.media("inbound", chunk: 5, at: 150, codes), Self.media("outbound", chunk: 1, at: 2000, codes),
            Self.media("inbound", chunk: 3, at: 40, codes),
        ])
        let gaps = actions.filter { if case .missing = $0 { true } else { false } }
        #expect(gaps == [.missing(frames: 320, leg: 0, sampleRate: 8000, .lost), .missing(frames: 16_000, leg: 1, sampleRate: 8000, .notSent)])
        // The one that was overtaken is not heard out of its place.
        #expect(actions.count == 1 + 4 + 2)
    }

    @Test("Twilio: one track is one leg; what is not its protocol is a fault")
    func twilioFaults() {
        #expect(read([Self.connected, Self.start(#"["inbound"]"#)]) == [.begin(outsideID: "CA1", legs: [far(8000, only: false)])])
        #expect(read([Self.connected, Self.start(#"["outbound"]"#)]) == [.begin(outsideID: "CA1", legs: [near(8000)])])
        #expect(fault([Self.connected, Self.start(encoding: "audio/opus")])?.contains("mu-law") == true)
        #expect(fault([Self.connected, Self.media("inbound", chunk: 1, at: 0, [1])])?.contains("before its start") == true)
        #expect(fault([Self.connected, Self.start(#"["inbound"]"#), Self.media("outbound", chunk: 1, at: 0, [1])])?.contains("did not name") == true)
        #expect(
            fault([Self.connected, Self.start(), .text(#"{"event":"media","media":{"track":"inbound","payload":"%%"}}"#)])?.contains("base64") == true
        )
        #expect(fault([Self.connected, Self.start(), Self.start()])?.contains("second start") == true)
        #expect(
            fault([Self.connected, Self.start(), Self.media("inbound", chunk: 1, at: 1_000_000_000_000, [1])])?.contains("longer than any call")
                == true)
        #expect(fault([Self.connected, .binary([1, 2])]) != nil && fault([Self.connected, .text("[1]")]) != nil)
    }

    @Test("jambonz and mod_audio_fork: a head, then samples; one channel or two, and what the head does not say, the trunk says")
    func fork() {
        let bytes = (0..<16).map { UInt8($0) }
        let stereo = read([
            .text(#"{"callSid":"abc","sampleRate":16000,"mixType":"stereo","from":"+15551234567"}"#), .binary(bytes),
            .text(#"{"event":"dtmf","dtmf":"2","duration":"1600"}"#), .binary([]),
        ])
        #expect(
            stereo == [
                .begin(outsideID: "abc", legs: [far(16_000, only: false), near(16_000)]),
                .sound([0, 1, 4, 5, 8, 9, 12, 13], leg: 0, sampleRate: 16_000), .sound([2, 3, 6, 7, 10, 11, 14, 15], leg: 1, sampleRate: 16_000),
            ])
        #expect(read([.text(#"{"callSid":"abc","sampleRate":8000,"mixType":"mono"}"#)]) == [.begin(outsideID: "abc", legs: [far(8000, only: false)])])
        #expect(read([.text(#"{"callSid":"abc","sampleRate":8000,"mixType":"mixed"}"#)]) == [.begin(outsideID: "abc", legs: [far(8000, only: true)])])
        // The bare module: whatever the dialplan gave it.
        #expect(read([.text(#"{"to":"1","callid":"x"}"#)]) == [.begin(outsideID: "x", legs: [far(8000, only: true)])])
        #expect(
            read([.text("{}")], unsaid: RawFormat(.s16le, sampleRate: 16_000, channelCount: 2))
                == [.begin(outsideID: nil, legs: [far(16_000, only: false), near(16_000)])])
        #expect(fault([.text(#"{"sampleRate":8000,"mixType":"stereo"}"#), .binary([1, 2])])?.contains("half a sample") == true)
    }

    @Test(
        "Asterisk's channel: the codec stands in MEDIA_START, in words or as an object",
        arguments: [
            ("ulaw", 8000, [UInt8](repeating: 0xff, count: 4), 8), ("alaw", 8000, [0xd5, 0xd5], 4), ("slin16", 16_000, [1, 2], 2),
            ("slin44", 44_100, [1, 2], 2), ("slin192", 192_000, [1, 2], 2), ("g722", 16_000, [UInt8](repeating: 0xfa, count: 160), 640),
        ])
    func asterisk(format: String, rate: Int, media: [UInt8], bytes: Int) {
        for head in [
            "MEDIA_START connection_id:e226 channel:WebSocket/c1/0x7f format:\(format) optimal_frame_size:160",
            #"{"event":"MEDIA_START","connection_id":"e226","channel":"WebSocket/c1/0x7f","format":"\#(format)","optimal_frame_size":160}"#,
        ] {
            let actions = read([.text(head), .text("DTMF_END digit:5"), .binary(media)])
            #expect(actions.first == .begin(outsideID: "WebSocket/c1/0x7f", legs: [far(rate, only: true)]))
            guard case .sound(let samples, 0, rate)? = actions.last else {
                Issue.record("no sound")
                continue
            }
            #expect(actions.count == 2 && samples.count == bytes)
        }
        #expect(fault([.text("MEDIA_START channel:a format:opus")])?.contains("codec") == true && fault([.text("MEDIA_START channel:a")]) != nil)
        #expect(fault([.text("MEDIA_START format:slin"), .binary([1])])?.contains("half a sample") == true)
    }

    private static func hook(_ type: String, _ sequence: Int, _ parameters: String, id: String = "30b0e395-84d3-4570-ac13-9a62d8f514c0")
        -> WebSocketMessage
    {
        .text(
            #"{"version":"2","id":"\#(id)","type":"\#(type)","seq":\#(sequence),"serverseq":0,"position":"PT0S","parameters":\#(parameters)}"#)
    }
    private static func open(_ conversation: String = "090eaa2f", media: String) -> WebSocketMessage {
        hook(
            "open", 1,
            #"""
            {"organizationId":"d7934305","conversationId":"\#(conversation)","participant":{"id":"\#(conversation)",\#
            "ani":"+15551234567"},"media":\#(media)}
            """#
        )
    }
    private static let offers =
        #"""
        [{"type":"audio","format":"PCMU","channels":["external","internal"],"rate":8000},\#
        {"type":"audio","format":"PCMU","channels":["external"],"rate":8000}]
        """#

    private func said(_ actions: [MediaAction]) -> [[String: Any]] {
        actions.compactMap {
            if case .reply(let text) = $0 { try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] } else { nil }
        }
    }

    @Test("AudioHook: it opens with both channels, hears them apart, marks pauses and what was thrown away, answers, closes")
    func audioHook() throws {
        let actions = read([
            Self.open(media: Self.offers), .binary([0xff, 0x80, 0xff, 0x80]), Self.hook("ping", 2, "{}"), Self.hook("paused", 3, "{}"),
            Self.hook("resumed", 4, #"{"start":"PT1S","discarded":"PT2.5S"}"#),
            Self.hook("discarded", 5, #"{"start":"PT3.5S","discarded":"PT0.25S"}"#),
            Self.hook("update", 6, #"{"language":"en"}"#), Self.hook("close", 7, #"{"reason":"end"}"#),
        ])
        let heard = actions.filter { if case .reply = $0 { false } else { true } }
        let loud = [UInt8(32_124 & 255), UInt8(32_124 >> 8)]
        #expect(
            heard == [
                .begin(outsideID: "090eaa2f", legs: [far(8000, only: false), near(8000)]), .sound([0, 0, 0, 0], leg: 0, sampleRate: 8000),
                .sound(loud + loud, leg: 1, sampleRate: 8000), .missing(frames: 20_000, leg: 0, sampleRate: 8000, .paused),
                .missing(frames: 20_000, leg: 1, sampleRate: 8000, .paused), .missing(frames: 2000, leg: 0, sampleRate: 8000, .lost),
                .missing(frames: 2000, leg: 1, sampleRate: 8000, .lost), .end(.hungUp),
            ])
        let replies = said(actions)
        #expect(replies.map { $0["type"] as? String } == ["opened", "pong", "updated", "closed"])
        #expect(replies.map { $0["seq"] as? Int } == [1, 2, 3, 4] && replies.map { $0["clientseq"] as? Int } == [1, 2, 6, 7])
        #expect(replies.allSatisfy { $0["id"] as? String == "30b0e395-84d3-4570-ac13-9a62d8f514c0" && $0["version"] as? String == "2" })
        let media = try #require((replies[0]["parameters"] as? [String: Any])?["media"] as? [[String: Any]])
        #expect(media.count == 1 && media[0]["channels"] as? [String] == ["external", "internal"] && media[0]["rate"] as? Int == 8000)
    }

    @Test("AudioHook: channels the other way round, L16, one channel; a probe is answered and is no call")
    func audioHookOffers() {
        let turned = #"[{"type":"audio","format":"L16","channels":["internal","external"],"rate":8000}]"#
        #expect(
            read([Self.open(media: turned), .binary([1, 2, 3, 4])]).suffix(2)
                == [.sound([3, 4], leg: 0, sampleRate: 8000), .sound([1, 2], leg: 1, sampleRate: 8000)])
        let only =
            #"""
            [{"type":"audio","format":"PCMU","channels":["internal"],"rate":8000},\#
            {"type":"audio","format":"PCMU","channels":["external"],"rate":8000}]
            """#
        #expect(read([Self.open(media: only)]).last == .begin(outsideID: "090eaa2f", legs: [far(8000, only: false)]))
        let probe = read([Self.open("00000000-0000-0000-0000-000000000000", media: Self.offers), Self.hook("close", 2, #"{"reason":"end"}"#)])
        #expect(said(probe).map { $0["type"] as? String } == ["opened", "closed"] && probe.count == 3)
    }

    @Test("AudioHook: what is not its protocol is a fault")
    func audioHookFaults() {
        let open = Self.open(media: Self.offers)
        #expect(
            fault([Self.open(media: #"[{"type":"audio","format":"OPUS","channels":["external"],"rate":8000}]"#)])?.contains("offers no sound") == true
        )
        #expect(fault([open, Self.hook("ping", 3, "{}")])?.contains("sequence") == true)
        #expect(fault([open, Self.hook("ping", 2, "{}", id: "another")])?.contains("another session") == true)
        #expect(fault([open, .binary([1])])?.contains("half a sample") == true)
        #expect(fault([open, Self.hook("open", 2, "{}")])?.contains("second open") == true)
        #expect(fault([open, Self.hook("discarded", 2, #"{"start":"PT0S","discarded":"soon"}"#)])?.contains("duration") == true)
    }

    @Test("A first message of no dialect is a fault, and no message of noise traps")
    func noise() {
        for first in [WebSocketMessage.binary([1, 2]), .text("hello"), .text("[1,2]"), .text("")] { #expect(fault([first]) != nil) }
        var generator = SeededGenerator()
        let heads: [WebSocketMessage] = [
            Self.connected, Self.start(), Self.open(media: Self.offers), .text("MEDIA_START format:g722"),
            .text(#"{"sampleRate":8000,"mixType":"stereo"}"#),
        ]
        for _ in 0..<2000 {
            var reading = WebSocketReading(unsaid: RawFormat(.s16le, sampleRate: 8000, channelCount: 1))
            _ = reading.take(heads.randomElement(using: &generator)!)
            for _ in 0..<4 {
                guard case .text(let text) = heads.randomElement(using: &generator)! else { continue }
                var bytes = Array(text.utf8)
                for _ in 0..<Int.random(in: 0...6, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                _ = reading.take(Bool.random(using: &generator) ? .binary(bytes) : .text(String(decoding: bytes, as: UTF8.self)))
            }
        }
    }
}
