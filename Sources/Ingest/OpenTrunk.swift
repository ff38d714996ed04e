import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A trunk that is listened on.
final class OpenTrunk: Sendable {
    let trunk: Trunk
    /// The system's choice where 0 was asked for.
    let port: Int
    private let door: Door
    private let listeners: [any Channel]
    private let peers: OpenPeers
    private let lines: [NIOLoopBound<RTPLine>]

    /// - Throws: `IngestError`.
    init(
        _ trunk: Trunk, taker: any CallTaker, group: MultiThreadedEventLoopGroup, turns: LoopTurns, say: @escaping @Sendable (String) -> Void
    ) throws {
        self.trunk = trunk
        door = Door(trunk: trunk.name, terms: try Self.terms(trunk), taker: taker, turns: turns, say: say)
        peers = OpenPeers()
        do {
            if trunk.kind == .rtp {
                (listeners, lines) = try Self.bindLines(trunk, door, group)
            } else {
                (listeners, lines) = ([try Self.bind(trunk, door, group, peers)], [])
            }
        } catch {
            throw IngestError(trunk, "\(trunk.address) cannot be listened on: \(error); choose another address or end who holds it")
        }
        port = listeners[0].localAddress?.port ?? 0
    }

    private static func terms(_ trunk: Trunk) throws -> Door.Terms {
        if let exposure = trunk.exposure { throw IngestError(trunk, exposure) }
        do throws(PeerFault) {
            return Door.Terms(limits: trunk.limits, credentials: try Credentials(trunk.protection), unsaid: trunk.unsaid)
        } catch { throw IngestError(trunk, error.description) }
    }

    /// Whether it can go on listening as it does under another description.
    func isSame(as other: Trunk) -> Bool {
        trunk.name == other.name && trunk.kind == other.kind && trunk.address == other.address && trunk.rtp == other.rtp
    }

    /// For those that come from here on; certificates and tokens are read anew.
    func change(to other: Trunk) throws { door.terms = try Self.terms(other) }

    private static func bind(_ trunk: Trunk, _ door: Door, _ group: MultiThreadedEventLoopGroup, _ peers: OpenPeers) throws -> any Channel {
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
                    let tls = door.terms.credentials.tls
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    switch trunk.kind {
                    case .audiosocket: try channel.pipeline.syncOperations.addHandler(AudioSocketConnection(peer, isEncrypted: tls != nil))
                    case .websocket: try WebSocketDoor.add(to: channel, peer)
                    case .rtp: preconditionFailure("RTP comes in datagrams")
                    }
                    peer.watch()
                    peers.add(peer, channel)
                }
            }
        return try bootstrap.bind(to: trunk.address.socketAddress).wait()
    }

    /// The far end's port of each line, and the near end's two above it: the odd ones between them are RTCP's.
    private static func bindLines(
        _ trunk: Trunk, _ door: Door, _ group: MultiThreadedEventLoopGroup
    ) throws -> ([any Channel], [NIOLoopBound<RTPLine>]) {
        let perLine = trunk.rtp.legs == .ports ? 2 : 1
        var listeners: [any Channel] = []
        var lines: [NIOLoopBound<RTPLine>] = []
        do {
            for number in 0..<trunk.rtp.lines {
                let loop = group.next()
                let line = try loop.submit {
                    let line = RTPLine(door, trunk.rtp, turn: door.turns.of(loop))
                    line.watch(on: loop)
                    return NIOLoopBound(line, eventLoop: loop)
                }.wait()
                lines.append(line)
                for port in 0..<perLine {
                    let base = listeners.first?.localAddress?.port ?? trunk.address.port
                    let address = try SocketAddress(
                        ipAddress: trunk.address.host, port: base == 0 ? 0 : base + 2 * (number * perLine + port))
                    listeners.append(
                        try DatagramBootstrap(group: loop)
                            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 8192))
                            .channelInitializer { channel in
                                channel.eventLoop.makeCompletedFuture {
                                    try channel.pipeline.syncOperations.addHandler(RTPPort(line.value, port: port))
                                }
                            }
                            .bind(to: address).wait())
                }
            }
        } catch {
            close(listeners, lines)
            throw error
        }
        return (listeners, lines)
    }

    private static func close(_ listeners: [any Channel], _ lines: [NIOLoopBound<RTPLine>]) {
        for listener in listeners { try? listener.close().wait() }
        for line in lines { try? line.eventLoop.submit { line.value.close() }.wait() }
    }

    /// Takes no more connections; the calls that are on go on, but for RTP's, which have no connections.
    func stopListening() { Self.close(listeners, lines) }

    /// Ends the calls that are on, and returns when that is done.
    func endCalls() { peers.close() }
}
