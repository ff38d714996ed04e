import NIOCore
import NIOPosix

/// Listens on the trunks and hands their calls to a taker: one event loop a core, no thread a call.
public final class IngestServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let listeners: [any Channel]
    /// Of the trunks, in their order; the system's choice where 0 was asked for.
    public let ports: [Int]
    private let peers: OpenPeers

    /// Binds all trunks, or none.
    /// - Throws: `IngestError` that names the trunk.
    public init(_ trunks: [Trunk], taker: any CallTaker, threads: Int = System.coreCount, say: @escaping @Sendable (String) -> Void) throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let peers = OpenPeers()
        self.peers = peers
        var listeners: [any Channel] = []
        do {
            for trunk in trunks {
                if let exposure = trunk.exposure { throw IngestError(trunk, exposure) }
                let door = Door(trunk: trunk.name, limits: trunk.limits, taker: taker, say: say)
                do { listeners.append(try Self.bind(trunk, door, group, peers)) } catch {
                    throw IngestError(trunk, "\(trunk.address) cannot be listened on: \(error); choose another address or end who holds it")
                }
            }
        } catch {
            for listener in listeners { try? listener.close().wait() }
            try? group.syncShutdownGracefully()
            throw error
        }
        self.listeners = listeners
        ports = listeners.map { $0.localAddress?.port ?? 0 }
    }

    private static func bind(
        _ trunk: Trunk, _ door: Door, _ group: MultiThreadedEventLoopGroup, _ peers: OpenPeers
    ) throws -> any Channel {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // One read at a time and not more than a second of a call: the calls of a loop take turns.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 16_384))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard door.enter() else { throw CallRefusal("too many connections") }
                    channel.closeFuture.whenComplete { _ in door.leave() }
                    let peer = Peer(door, channel)
                    switch trunk.kind {
                    case .audiosocket: try channel.pipeline.syncOperations.addHandler(AudioSocketConnection(peer))
                    }
                    peer.watch()
                    peers.add(peer, channel)
                }
            }
        return try bootstrap.bind(to: trunk.address.socketAddress).wait()
    }

    /// Takes no more connections, ends the calls that are on, and returns when all of that is done.
    public func stop() {
        for listener in listeners { try? listener.close().wait() }
        peers.close()
        try? group.syncShutdownGracefully()
    }
}

/// Why a trunk cannot listen: one line that says which, why and what to do.
public struct IngestError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
    init(_ trunk: Trunk, _ problem: String) { description = "trunk \(trunk.name): \(problem)" }
}
