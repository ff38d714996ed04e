import Foundation

/// Twilio Media Streams: JSON in text messages, G.711 mu-law at 8 kHz in base64, one message a track and 20 ms.
///
/// By Twilio's page "Media Streams - WebSocket Messages" (twilio.com/docs/voice/media-streams/websocket-messages), protocol `Call`, version 1.0.0.
/// A track's `timestamp` (ms from the start of the stream) holds the tracks together: `outbound` sends nothing while nothing is played.
/// Differs: `mark` and `dtmf` are passed over, since what a caller types is nobody's business here.
struct TwilioMediaStream: MediaDialect {
    private struct Track {
        let leg: Int
        /// Frames that were heard or are known to be missing.
        var position = 0
        var lastChunk = 0
    }

    private var tracks: [String: Track] = [:]
    private var hasStarted = false

    private static let rate = 8000
    /// Time stamps are those of arrival at Twilio; they sway by a few packets, which is no gap.
    static let swaySeconds = 0.1

    mutating func take(_ message: WebSocketMessage, _ actions: inout [MediaAction]) throws(PeerFault) {
        guard case .text(let text) = message else { throw PeerFault("Media Streams: a binary message") }
        guard let json = JSONMessage(text), let event = json.text("event") else {
            throw PeerFault("Media Streams: a message that is no JSON object with an event")
        }
        switch event {
        case "start": try start(json.message("start"), &actions)
        case "media": try media(json.message("media"), &actions)
        case "stop": actions.append(.end(.hungUp))
        default: break
        }
    }

    private mutating func start(_ start: JSONMessage?, _ actions: inout [MediaAction]) throws(PeerFault) {
        guard let start else { throw PeerFault("Media Streams: a start without its metadata") }
        guard !hasStarted else { throw PeerFault("Media Streams: a second start") }
        let format = start.message("mediaFormat")
        guard format?.text("encoding") ?? "audio/x-mulaw" == "audio/x-mulaw", format?.count("sampleRate") ?? Self.rate == Self.rate,
            format?.count("channels") ?? 1 == 1
        else { throw PeerFault("Media Streams: sound that is not mu-law at 8 kHz in one channel") }
        // The caller is what comes in.
        let names = [("inbound", "far"), ("outbound", "near")].filter { start.texts("tracks")?.contains($0.0) ?? ($0.0 == "inbound") }
        guard !names.isEmpty else { throw PeerFault("Media Streams: a start that names no track") }
        hasStarted = true
        for (leg, name) in names.enumerated() { tracks[name.0] = Track(leg: leg) }
        actions.append(
            .begin(outsideID: start.text("callSid"), legs: names.map { OfferedLeg(name: $0.1, sampleRate: Self.rate, isOnlyChannel: false) }))
    }

    private mutating func media(_ media: JSONMessage?, _ actions: inout [MediaAction]) throws(PeerFault) {
        guard hasStarted else { throw PeerFault("Media Streams: sound before its start") }
        guard let media, let payload = media.text("payload"), let codes = Data(base64Encoded: payload), !codes.isEmpty else {
            throw PeerFault("Media Streams: a media message without sound in base64")
        }
        let name = media.text("track") ?? "inbound"
        guard var track = tracks[name] else { throw PeerFault("Media Streams: sound of a track that the start did not name") }
        defer { tracks[name] = track }
        if let chunk = media.count("chunk") {
            // One that was overtaken: its place has passed.
            guard chunk > track.lastChunk else { return }
            if track.lastChunk > 0, chunk > track.lastChunk + 1 {
                try miss((chunk - track.lastChunk - 1) * codes.count, .lost, &track, &actions)
            }
            track.lastChunk = chunk
        }
        if let milliseconds = media.count("timestamp") {
            let gap = milliseconds * (Self.rate / 1000) - track.position
            if Double(gap) > Self.swaySeconds * Double(Self.rate) { try miss(gap, .notSent, &track, &actions) }
        }
        var samples: [UInt8] = []
        G711.decode(codes, .mu, into: &samples)
        actions.append(.sound(samples, leg: track.leg, sampleRate: Self.rate))
        track.position += codes.count
    }

    private func miss(_ frames: Int, _ cause: MissingSound, _ track: inout Track, _ actions: inout [MediaAction]) throws(PeerFault) {
        guard frames < 1_000_000_000 else { throw PeerFault("Media Streams: a gap longer than any call") }
        actions.append(.missing(frames: frames, leg: track.leg, sampleRate: Self.rate, cause))
        track.position += frames
    }
}
