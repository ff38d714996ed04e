import ServiceLifecycle
import Store

/// Serves all sinks at once, those of a reloaded configuration too.
struct SinksService: Service {
    let board: SinkBoard
    let store: Store
    let say: @Sendable (String) -> Void
    /// Told of each delivery to which sink it went and whether it arrived.
    var count: @Sendable (String, Bool) -> Void = { _, _ in }

    /// What a delivery may still take when the program ends; it is tried again at the next start.
    static let lastChance = Duration.milliseconds(600)

    func run() async throws {
        let work = Task {
            await withDiscardingTaskGroup { group in
                for await post in board.opened {
                    let name = post.settings.name
                    group.addTask { await SinkRun(post: post, store: store, say: say, count: { count(name, $0) }).run() }
                }
            }
        }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await work.value
            } onGracefulShutdown: {
                board.close()
                Task {
                    try? await Task.sleep(for: Self.lastChance)
                    work.cancel()
                }
            }
        } onCancel: {
            work.cancel()
        }
    }
}
