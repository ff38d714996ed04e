import NIOCore

/// One AudioSocket connection on its event loop.
final class AudioSocketConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let peer: Peer
    private var reading: AudioSocketReading

    init(_ peer: Peer) {
        self.peer = peer
        reading = AudioSocketReading(mostBytes: peer.limits.messageBytes)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        peer.perform(reading.take(unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) {
        peer.close(.connectionLost, nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { peer.close(.connectionLost, "the connection broke: \(error)") }
}
