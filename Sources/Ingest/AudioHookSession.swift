import Foundation

/// Genesys Cloud AudioHook: JSON in text messages, sound in binary ones, each side with a sequence of its own.
///
/// By the AudioHook Protocol, version 2 (developer.genesys.cloud, Devapps, AudioHook) and its makers' reference implementation
/// (purecloudlabs/audiohook-reference-implementation): the customer is the channel `external`, the agent `internal`; PCMU or L16 at 8 kHz, channels
/// interleaved, L16 little-endian as the reference writes it. A pause and what was thrown away stand in the stream's time.
/// Differs: it never asks for a pause itself; a connection probe (both ids null) is answered and is no call.
struct AudioHookSession: MediaDialect {
    private struct Media {
        var coding: SampleCoding
        var rate: Int
        /// `external` and `internal` as they lie in a frame.
        var channels: [String]
        var format: String
    }

    private var id = ""
    private var sequence = 0
    private var heardSequence = 0
    private var media: Media?
    private var isProbe = false
    private static let nullID = "00000000-0000-0000-0000-000000000000"

    mutating func take(_ message: WebSocketMessage, _ actions: inout [MediaAction]) throws(PeerFault) {
        switch message {
        case .binary(let bytes): try sound(bytes, &actions)
        case .text(let text):
            guard let json = JSONMessage(text), let type = json.text("type"), let own = json.text("id"), let sequence = json.count("seq"),
                let parameters = json.message("parameters")
            else { throw PeerFault("AudioHook: a message without type, id, seq or parameters") }
            guard id.isEmpty || own == id else { throw PeerFault("AudioHook: a message of another session") }
            guard sequence == heardSequence + 1 else { throw PeerFault("AudioHook: a message out of sequence") }
            (id, heardSequence) = (own, sequence)
            try take(type, parameters, &actions)
        }
    }

    private mutating func take(_ type: String, _ parameters: JSONMessage, _ actions: inout [MediaAction]) throws(PeerFault) {
        guard media != nil || isProbe || type == "open" else { throw PeerFault("AudioHook: it does not begin with open") }
        switch type {
        case "open": try open(parameters, &actions)
        case "ping": reply("pong", "{}", &actions)
        case "update": reply("updated", "{}", &actions)
        case "discarded": try miss(parameters, .lost, &actions)
        case "resumed": try miss(parameters, .paused, &actions)
        case "close":
            reply("closed", "{}", &actions)
            actions.append(.end(.hungUp))
        case "error": actions.append(.end(.connectionLost))
        default: break
        }
    }

    private mutating func open(_ parameters: JSONMessage, _ actions: inout [MediaAction]) throws(PeerFault) {
        guard media == nil, !isProbe else { throw PeerFault("AudioHook: a second open") }
        let conversation = parameters.text("conversationId")
        isProbe = conversation == Self.nullID && parameters.message("participant")?.text("id") == Self.nullID
        guard let chosen = Self.choose(parameters.messages("media") ?? []) else {
            throw PeerFault("AudioHook: it offers no sound that is taken (PCMU or L16, external and internal)")
        }
        let channels = chosen.channels.map { "\"\($0)\"" }.joined(separator: ",")
        reply(
            "opened",
            """
            {"media":[{"type":"audio","format":"\(chosen.format)","channels":[\(channels)],"rate":\(chosen.rate)}],"startPaused":false}
            """,
            &actions)
        guard !isProbe else { return }
        media = chosen
        actions.append(
            .begin(
                outsideID: conversation,
                legs: Self.legs(chosen).map { OfferedLeg(name: $0.name, sampleRate: chosen.rate, isOnlyChannel: false) }))
    }

    /// Both parties apart where that is offered, else the customer.
    private static func choose(_ offers: [JSONMessage]) -> Media? {
        let media: [Media] = offers.compactMap { offer in
            guard offer.text("type") == "audio", let format = offer.text("format"), let rate = offer.count("rate"),
                let channels = offer.texts("channels"),
                !channels.isEmpty, Set(channels).count == channels.count, channels.allSatisfy({ ["external", "internal"].contains($0) }),
                let coding = ["PCMU": SampleCoding.ulaw, "L16": .linearLittle][format]
            else { return nil }
            return Media(coding: coding, rate: rate, channels: channels, format: format)
        }
        return media.first { $0.channels.count == 2 } ?? media.first { $0.channels == ["external"] } ?? media.first
    }

    /// The customer first; and where in a frame each is.
    private static func legs(_ media: Media) -> [(name: String, channel: Int)] {
        [("external", "far"), ("internal", "near")].compactMap { channel, name in media.channels.firstIndex(of: channel).map { (name, $0) } }
    }

    private mutating func sound(_ bytes: [UInt8], _ actions: inout [MediaAction]) throws(PeerFault) {
        guard let media else { throw PeerFault("AudioHook: sound before it was opened") }
        guard bytes.count.isMultiple(of: media.coding.pieceBytes * media.channels.count) else {
            throw PeerFault("AudioHook: half a sample in a message")
        }
        guard !bytes.isEmpty else { return }
        let samples = SampleDecoder(media.coding).decode(bytes)
        for (leg, part) in Self.legs(media).enumerated() {
            actions.append(.sound(Linear16.channel(part.channel, of: media.channels.count, samples), leg: leg, sampleRate: media.rate))
        }
    }

    /// A stretch of the stream's time that was not sent.
    private mutating func miss(_ parameters: JSONMessage, _ cause: MissingSound, _ actions: inout [MediaAction]) throws(PeerFault) {
        guard let media else { return }
        guard let seconds = parameters.text("discarded").flatMap(Self.seconds) else { throw PeerFault("AudioHook: a duration that is none") }
        let frames = Int((seconds * Double(media.rate)).rounded())
        guard frames > 0 else { return }
        for leg in media.channels.indices { actions.append(.missing(frames: frames, leg: leg, sampleRate: media.rate, cause)) }
    }

    /// ISO 8601 in seconds, as the protocol writes it: `PT1.5S`.
    private static func seconds(_ text: String) -> Double? {
        guard text.hasPrefix("PT"), text.hasSuffix("S"), let value = Double(text.dropFirst(2).dropLast()), value >= 0, value < 1e6 else { return nil }
        return value
    }

    private mutating func reply(_ type: String, _ parameters: String, _ actions: inout [MediaAction]) {
        sequence += 1
        let quoted = (try? JSONEncoder().encode(id)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
        actions.append(
            .reply(
                """
                {"version":"2","type":"\(type)","seq":\(sequence),"clientseq":\(heardSequence),"id":\(quoted),"parameters":\(parameters)}
                """
            ))
    }
}
