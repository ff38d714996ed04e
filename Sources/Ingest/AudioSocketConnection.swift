import NIOCore

/// One AudioSocket connection on its event loop.
final class AudioSocketConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let peer: Peer
    private var reading: AudioSocketReading
    private let isEncrypted: Bool

    init(_ peer: Peer, isEncrypted: Bool) {
        self.peer = peer
        self.isEncrypted = isEncrypted
        reading = AudioSocketReading(mostBytes: peer.limits.messageBytes)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        peer.perform(reading.take(unwrapInboundIn(data).readableBytesView))
        // What of an encrypted record has come is not known here.
        if !isEncrypted { peer.awaitBytes(min(max(reading.leastBytes(of: peer.framesNeeded), 1), Self.mostAwaitedBytes)) }
    }

    /// 0.2 s at 8 kHz.
    private static let mostAwaitedBytes = 3200

    func channelInactive(context: ChannelHandlerContext) {
        peer.close(.connectionLost, nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { peer.close(.connectionLost, "the connection broke: \(error)") }
}
