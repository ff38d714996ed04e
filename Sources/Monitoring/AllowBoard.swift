import ServiceLifecycle
import Store
import Synchronization

/// The list of known machine voices as it was read last: whoever screens asks it and never waits for the disk.
package final class AllowBoard: Sendable {
    private let list = Mutex(AllowList())

    package init() {}

    func reason(line: String?, caller: String?) -> String? { list.withLock { $0 }.reason(line: line, caller: caller) }

    /// Where it cannot be read what was known before holds.
    func refresh(from store: Store) {
        guard let new = try? store.allowList() else { return }
        list.withLock { $0 = new }
    }
}

/// Reads the list again and again: `falsetto serve` and people at a command line change it meanwhile.
struct AllowListService: Service {
    let board: AllowBoard
    let store: Store

    static let pause = Duration.seconds(2)

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: Self.pause)
                board.refresh(from: store)
            }
        }
    }
}
