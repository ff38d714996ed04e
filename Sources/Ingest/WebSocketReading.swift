import Audio

/// A whole message of a WebSocket connection.
enum WebSocketMessage: Equatable {
    case text(String)
    case binary([UInt8])
}

/// Reads what telephone systems send over a WebSocket. Which dialect it is, the first message tells.
struct WebSocketReading {
    private var dialect: (any MediaDialect)?
    private let unsaid: RawFormat

    /// - Parameter unsaid: what the samples are where the dialect does not say it.
    init(unsaid: RawFormat) { self.unsaid = unsaid }

    mutating func take(_ message: WebSocketMessage) -> [MediaAction] {
        var actions: [MediaAction] = []
        do throws(PeerFault) {
            if dialect == nil { dialect = try choose(message) }
            try dialect?.take(message, &actions)
        } catch { actions.append(.fault(error)) }
        return actions
    }

    private func choose(_ first: WebSocketMessage) throws(PeerFault) -> any MediaDialect {
        guard case .text(let text) = first else { throw PeerFault("WebSocket: sound came before a message that says what it is") }
        if text.hasPrefix("MEDIA_START") { return AsteriskMediaChannel() }
        guard let head = JSONMessage(text) else { throw PeerFault("WebSocket: the first message is in none of the dialects that are known") }
        if head.text("event") == "MEDIA_START" { return AsteriskMediaChannel() }
        if ["connected", "start"].contains(head.text("event")) { return TwilioMediaStream() }
        if head.text("type") == "open", head.text("version") != nil { return AudioHookSession() }
        return AudioForkStream(unsaid: unsaid)
    }
}

/// One system's way to send calls over a WebSocket.
protocol MediaDialect {
    mutating func take(_ message: WebSocketMessage, _ actions: inout [MediaAction]) throws(PeerFault)
}
