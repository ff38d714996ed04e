import NIOCore
import NIOPosix
import Synchronization

/// Listens on the trunks and hands their calls to a taker: one event loop a core, no thread a call.
public final class IngestServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let turns: LoopTurns
    private let taker: any CallTaker
    private let say: @Sendable (String) -> Void
    private let open: Mutex<[OpenTrunk]>
    /// Trunks that are not listened on any more and whose calls may be on.
    private let left = Mutex<[OpenTrunk]>([])

    /// Binds all trunks, or none.
    /// - Throws: `IngestError` that names the trunk.
    public init(_ trunks: [Trunk], taker: any CallTaker, threads: Int = System.coreCount, say: @escaping @Sendable (String) -> Void) throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        turns = try LoopTurns(group)
        self.taker = taker
        self.say = say
        var all: [OpenTrunk] = []
        do {
            for trunk in trunks { all.append(try OpenTrunk(trunk, taker: taker, group: group, turns: turns, say: say)) }
        } catch {
            for trunk in all { trunk.stopListening() }
            try? group.syncShutdownGracefully()
            throw error
        }
        open = Mutex(all)
    }

    /// Of the trunks, in their order; the first of each.
    public var ports: [Int] { open.withLock { $0.map(\.port) } }

    /// Listens on what is new and not on what is gone, whose calls end; what stays goes on, under its new limits, certificates and tokens.
    /// One that cannot be listened on is said and left out: the others' calls are on.
    /// - Returns: the trunks that are newly listened on, with their ports.
    @discardableResult public func change(to trunks: [Trunk]) -> [(trunk: Trunk, port: Int)] {
        var kept: [OpenTrunk] = [], opened: [(Trunk, Int)] = []
        var old = open.withLock { $0 }
        // Those that go make room first: a new one may want their address.
        for gone in old where !trunks.contains(where: { gone.isSame(as: $0) }) {
            gone.stopListening()
            if !trunks.contains(where: { $0.name == gone.trunk.name }) { gone.endCalls() } else { left.withLock { $0.append(gone) } }
            say("trunk \(gone.trunk.name): is not listened on any more")
        }
        old = old.filter { old in trunks.contains { old.isSame(as: $0) } }
        for trunk in trunks {
            do {
                if let same = old.first(where: { $0.isSame(as: trunk) }) {
                    kept.append(same)
                    try same.change(to: trunk)
                } else {
                    let new = try OpenTrunk(trunk, taker: taker, group: group, turns: turns, say: say)
                    kept.append(new)
                    opened.append((trunk, new.port))
                }
            } catch { say("\(error)") }
        }
        open.withLock { $0 = kept }
        return opened
    }

    /// Takes no more connections, ends the calls that are on, and returns when all of that is done.
    public func stop() {
        let all = open.withLock { trunks in
            defer { trunks = [] }
            return trunks
        }
        for trunk in all { trunk.stopListening() }
        for trunk in all + left.withLock({ $0 }) { trunk.endCalls() }
        try? group.syncShutdownGracefully()
    }
}

/// Why a trunk cannot listen: one line that says which, why and what to do.
public struct IngestError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
    init(_ trunk: Trunk, _ problem: String) { description = "trunk \(trunk.name): \(problem)" }
}
