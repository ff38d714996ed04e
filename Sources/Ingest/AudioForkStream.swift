import Audio

/// The stream of FreeSWITCH's `mod_audio_fork` and of jambonz' `listen`: a JSON object as text, then 16-bit linear samples in binary messages.
///
/// By the page "listen" of the jambonz documentation (docs.jambonz.org/verbs/verbs/listen) and by the module's README
/// (drachtio/drachtio-freeswitch-modules): jambonz sends `callSid`, `sampleRate` and `mixType` in the object; the bare module sends there
/// what the dialplan gave it, so the trunk says what the samples are. Little-endian, as the page says; with two channels the caller is the first.
struct AudioForkStream: MediaDialect {
    private let unsaid: RawFormat
    private var layout: Layout?

    private struct Layout {
        var rate: Int
        var channels: Int
    }

    init(unsaid: RawFormat) { self.unsaid = unsaid }

    mutating func take(_ message: WebSocketMessage, _ actions: inout [MediaAction]) throws(PeerFault) {
        switch message {
        case .text(let text):
            // Behind the first stand digits and marks.
            guard layout == nil else { return }
            guard let head = JSONMessage(text) else { throw PeerFault("audio fork: the first message is no JSON object") }
            begin(head, &actions)
        case .binary(let bytes):
            guard let layout else { throw PeerFault("audio fork: sound before its head") }
            guard bytes.count.isMultiple(of: 2 * layout.channels) else { throw PeerFault("audio fork: half a sample in a message") }
            guard !bytes.isEmpty else { return }
            let samples = SampleDecoder(.linearLittle).decode(bytes)
            for leg in 0..<layout.channels {
                actions.append(.sound(Linear16.channel(leg, of: layout.channels, samples), leg: leg, sampleRate: layout.rate))
            }
        }
    }

    private mutating func begin(_ head: JSONMessage, _ actions: inout [MediaAction]) {
        let mix = head.text("mixType")
        let channels = mix.map { $0 == "stereo" ? 2 : 1 } ?? min(unsaid.channelCount, 2)
        let layout = Layout(rate: head.count("sampleRate") ?? unsaid.sampleRate, channels: channels)
        self.layout = layout
        let id = ["callSid", "call_sid", "callId", "callid", "uuid"].lazy.compactMap { head.text($0) }.first
        actions.append(
            .begin(
                outsideID: id,
                legs: ["far", "near"].prefix(channels).map {
                    // "mono" is what the caller says; what the bare module forked, nobody tells.
                    OfferedLeg(name: $0, sampleRate: layout.rate, isOnlyChannel: channels == 1 && mix != "mono")
                }))
    }
}
