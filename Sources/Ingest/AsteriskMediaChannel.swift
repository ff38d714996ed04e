/// Asterisk's WebSocket channel (`chan_websocket`): what the channel hears in binary messages, control messages as text.
///
/// By the page "WebSocket" of the Asterisk documentation (docs.asterisk.org, Configuration, Channel Drivers) as it stands for 20.16 to 23.2:
/// the first message is `MEDIA_START` with the codec in `format`, as words or, with `control_message_format = json`, as an object.
/// Differs: only codecs that are decoded here are taken (ulaw, alaw, g722, slin at all rates).
struct AsteriskMediaChannel: MediaDialect {
    private var decoder: SampleDecoder?
    private var rate = 0

    mutating func take(_ message: WebSocketMessage, _ actions: inout [MediaAction]) throws(PeerFault) {
        switch message {
        case .text(let text):
            // Behind the first stand digits, and the state of a queue that nothing is put into.
            guard decoder == nil else { return }
            try begin(Self.fields(text), &actions)
        case .binary(let bytes):
            guard let decoder else { throw PeerFault("Asterisk WebSocket: sound before MEDIA_START") }
            guard bytes.count.isMultiple(of: decoder.coding.pieceBytes) else { throw PeerFault("Asterisk WebSocket: half a sample in a message") }
            guard !bytes.isEmpty else { return }
            actions.append(.sound(decoder.decode(bytes), leg: 0, sampleRate: rate))
        }
    }

    private mutating func begin(_ fields: [String: String], _ actions: inout [MediaAction]) throws(PeerFault) {
        guard let format = fields["format"] else { throw PeerFault("Asterisk WebSocket: MEDIA_START without a format") }
        guard let (coding, rate) = Self.format(format) else {
            throw PeerFault("Asterisk WebSocket: a codec that is not taken; dial it with c(ulaw), c(alaw), c(g722), c(slin) or c(slin16)")
        }
        decoder = SampleDecoder(coding)
        self.rate = rate
        actions.append(
            .begin(
                outsideID: fields["channel_id"] ?? fields["channel"] ?? fields["connection_id"],
                // What the channel hears may be one party or a bridge of several.
                legs: [OfferedLeg(name: "far", sampleRate: rate, isOnlyChannel: true)]))
    }

    private static func fields(_ text: String) -> [String: String] {
        if let json = JSONMessage(text) {
            return Dictionary(
                uniqueKeysWithValues: ["format", "channel_id", "channel", "connection_id"].compactMap { key in json.text(key).map { (key, $0) } })
        }
        return Dictionary(
            text.split(separator: " ").dropFirst().compactMap { word in
                word.firstIndex(of: ":").map { (String(word[..<$0]), String(word[word.index(after: $0)...])) }
            }, uniquingKeysWith: { first, _ in first })
    }

    private static func format(_ name: String) -> (SampleCoding, Int)? {
        switch name {
        case "ulaw": (.ulaw, 8000)
        case "alaw": (.alaw, 8000)
        case "g722": (.g722, 16_000)
        case "slin": (.linearLittle, 8000)
        case "slin44": (.linearLittle, 44_100)
        case "slin12", "slin16", "slin24", "slin32", "slin48", "slin96", "slin192": (.linearLittle, Int(name.dropFirst(4))! * 1000)
        default: nil
        }
    }
}
