import NIOCore
import Synchronization

/// The connections that are open, so that they can be ended with the program.
final class OpenPeers: Sendable {
    private let open = Mutex<[ObjectIdentifier: (channel: any Channel, peer: NIOLoopBound<Peer>)]>([:])

    /// Called on the channel's event loop.
    func add(_ peer: Peer, _ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let bound = NIOLoopBound(peer, eventLoop: channel.eventLoop)
        open.withLock { $0[id] = (channel, bound) }
        channel.closeFuture.whenComplete { _ in self.open.withLock { $0[id] = nil } }
    }

    /// Ends each with its call, and returns when all are closed.
    func close() {
        let all = open.withLock { Array($0.values) }
        for (channel, peer) in all { channel.eventLoop.execute { peer.value.close(.shutdown, nil) } }
        for (channel, _) in all { try? channel.closeFuture.wait() }
    }
}
