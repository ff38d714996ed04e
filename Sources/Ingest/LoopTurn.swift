import NIOCore

/// The turns of one event loop: what its calls put off until all that has arrived by now is taken. Used on that loop only.
public final class LoopTurn {
    private let loop: any EventLoop
    private var work: [() -> Void] = []
    /// What the calls of the loop share; theirs to set.
    public var shared: AnyObject?

    package init(_ loop: any EventLoop) { self.loop = loop }

    /// Does something at the end of the turn, after what was put off before it. Alone on its loop, a call waits for nobody.
    public func atEnd(_ body: @escaping () -> Void) {
        work.append(body)
        guard work.count == 1 else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.execute { bound.value.end() }
    }

    private func end() {
        // What is put off meanwhile is done in the next turn.
        let all = work
        work.removeAll()
        for body in all { body() }
    }
}

/// The turns of all event loops of a server.
final class LoopTurns: Sendable {
    private let byLoop: [ObjectIdentifier: NIOLoopBound<LoopTurn>]

    init(_ group: any EventLoopGroup) throws {
        var byLoop: [ObjectIdentifier: NIOLoopBound<LoopTurn>] = [:]
        for loop in group.makeIterator() {
            byLoop[ObjectIdentifier(loop)] = try loop.submit { NIOLoopBound(LoopTurn(loop), eventLoop: loop) }.wait()
        }
        self.byLoop = byLoop
    }

    /// To be called on the loop.
    func of(_ loop: any EventLoop) -> LoopTurn? { byLoop[ObjectIdentifier(loop)]?.value }
}
