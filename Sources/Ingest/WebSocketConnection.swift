import NIOCore
import NIOWebSocket

/// Holds a peer to RFC 6455, 5.1: what a client sends is masked. Stands before the pieces of a message are put together.
final class MaskCheck: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame

    private let peer: Peer
    init(_ peer: Peer) { self.peer = peer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard unwrapInboundIn(data).maskKey != nil else { return peer.close(.malformed, "WebSocket: a frame without a mask") }
        context.fireChannelRead(data)
    }
}

/// One WebSocket connection on its event loop, from the handshake on.
final class WebSocketConnection: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let peer: Peer
    private var reading: WebSocketReading
    private var saidGoodbye = false

    init(_ peer: Peer) {
        self.peer = peer
        reading = WebSocketReading(unsaid: peer.door.terms.unsaid)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        peer.speak = { text in
            let (this, context) = bound.value
            this.send(WebSocketFrame(fin: true, opcode: .text, data: context.channel.allocator.buffer(string: text)), context)
        }
        peer.farewell = { ending in
            let (this, context) = bound.value
            guard !this.saidGoodbye, context.channel.isWritable else { return }
            var reason = context.channel.allocator.buffer(capacity: 2)
            reason.write(webSocketErrorCode: ending == .malformed ? .policyViolation : ending == .hungUp ? .normalClosure : .goingAway)
            context.writeAndFlush(this.wrapOutboundOut(WebSocketFrame(fin: true, opcode: .connectionClose, data: reason)), promise: nil)
        }
    }

    /// A frame that is not waited for: who does not read what is said may not keep it here.
    private func send(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return peer.close(.connectionLost, "WebSocket: it does not read what it is answered") }
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        let bytes = frame.unmaskedData
        switch frame.opcode {
        case .binary: peer.perform(reading.take(.binary(Array(bytes.readableBytesView))))
        case .text:
            guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
                return peer.close(.malformed, "WebSocket: a text that is no UTF-8")
            }
            peer.perform(reading.take(.text(text)))
        case .ping: send(WebSocketFrame(fin: true, opcode: .pong, data: bytes), context)
        case .connectionClose:
            saidGoodbye = true
            context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .connectionClose, data: bytes)), promise: nil)
            peer.close(.hungUp, nil)
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        peer.close(.connectionLost, nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A frame or message that is too long, or is none; NIO's own words name no content.
        peer.close(.malformed, "WebSocket: \(error)")
    }
}
