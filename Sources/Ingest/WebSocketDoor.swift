import Foundation
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Lets peers in by the WebSocket handshake (RFC 6455, HTTP/1.1), if their request shows that they may come in.
enum WebSocketDoor {
    /// Called on the channel's event loop.
    static func add(to channel: any Channel, _ peer: Peer) throws {
        let door = peer.door
        let bound = NIOLoopBound(peer, eventLoop: channel.eventLoop)
        let mostBytes = peer.limits.messageBytes
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: mostBytes,
            shouldUpgrade: { channel, request in
                guard isKnown(request, door.terms.credentials) else {
                    door.complain("WebSocket: a request without a token or signature that holds")
                    return channel.eventLoop.makeSucceededFuture(nil)
                }
                var headers = HTTPHeaders()
                // Each system names its own; what it asks for first is what it speaks.
                if let first = request.headers[canonicalForm: "sec-websocket-protocol"].first {
                    headers.add(name: "Sec-WebSocket-Protocol", value: String(first))
                }
                return channel.eventLoop.makeSucceededFuture(headers)
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        MaskCheck(bound.value),
                        // A frame a message is the rule; a peer that cuts finer has many messages' worth of room, not more.
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: 64, maxAccumulatedFrameSize: mostBytes),
                        WebSocketConnection(bound.value),
                    ])
                }
            })
        let refusal = Refusal(peer)
        let removable = NIOLoopBound(refusal, eventLoop: channel.eventLoop)
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: false,
            withServerUpgrade: (
                upgraders: [upgrader], completionHandler: { context in context.pipeline.syncOperations.removeHandler(removable.value, promise: nil) }
            ))
        try channel.pipeline.syncOperations.addHandler(refusal)
    }

    /// A token stands as `Authorization: Bearer`, as a Basic password, as `token` in the query, or, where a system allows no query, as the
    /// path's last part; an AudioHook request is signed.
    static func isKnown(_ request: HTTPRequestHead, _ credentials: Credentials, now: Double = Date().timeIntervalSince1970) -> Bool {
        guard credentials.areAskedFor else { return true }
        if let signatures = credentials.signatures, request.headers.contains(name: "signature") { return signatures.holds(request, now: now) }
        return tokens(request).contains { credentials.holds($0) }
    }

    static func tokens(_ request: HTTPRequestHead) -> [String] {
        var tokens: [String] = []
        for value in request.headers["authorization"] {
            let words = value.split(separator: " ", maxSplits: 1)
            guard words.count == 2 else { continue }
            switch words[0].lowercased() {
            case "bearer": tokens.append(String(words[1]))
            case "basic":
                let pair = Data(base64Encoded: String(words[1])).map { String(decoding: $0, as: UTF8.self) }
                if let pair, let colon = pair.firstIndex(of: ":") { tokens.append(String(pair[pair.index(after: colon)...])) }
            default: break
            }
        }
        let parts = request.uri.split(separator: "?", maxSplits: 1)
        if parts.count == 2 {
            for field in parts[1].split(separator: "&") where field.hasPrefix("token=") {
                tokens.append(String(field.dropFirst(6)).removingPercentEncoding ?? "")
            }
        }
        if let last = parts.first?.split(separator: "/").last { tokens.append(String(last)) }
        return tokens
    }
}

/// Answers a request that was not let in, and ends the connection.
private final class Refusal: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let peer: Peer
    init(_ peer: Peer) { self.peer = peer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        let wantsIn = head.headers.contains(name: "upgrade") && head.headers.contains(name: "sec-websocket-key")
        let status: HTTPResponseStatus = wantsIn ? .unauthorized : .upgradeRequired
        var headers = HTTPHeaders([("Content-Length", "0"), ("Connection", "close")])
        if wantsIn { headers.add(name: "WWW-Authenticate", value: "Bearer") } else { headers.add(name: "Upgrade", value: "websocket") }
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: status, headers: headers))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        peer.close(.malformed, wantsIn ? nil : "WebSocket: a request that is none for a WebSocket")
    }

    func channelInactive(context: ChannelHandlerContext) {
        peer.close(.connectionLost, nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Of a handshake that was refused: the request comes next, and is answered.
        if error is NIOWebSocketUpgradeError { return }
        peer.close(.connectionLost, "WebSocket: the handshake failed")
    }
}
