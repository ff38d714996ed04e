import Dispatch
import Foundation
import Monitoring
import Synchronization

/// What `listen` says of the calls that are on, asked at most so often, however many look.
final class LiveFeed: Sendable {
    struct State: Sendable {
        /// Nil where nobody listens; then `words` says so.
        var reply: ControlReply?
        var words: String
    }

    private let client: ControlClient
    private let queue = DispatchQueue(label: "live")
    private let last = Mutex<(at: ContinuousClock.Instant, state: State)?>(nil)
    static let freshness = Duration.milliseconds(300)

    init(_ client: ControlClient) { self.client = client }

    /// How it stands, at most `freshness` old.
    func state() async -> State {
        await onQueue { [self] in
            let now = ContinuousClock.now
            if let known = last.withLock({ $0 }), now - known.at < Self.freshness { return known.state }
            let state: State
            do throws(ControlError) {
                let reply = try client.ask(.status)
                state = State(reply: reply, words: reply.words)
            } catch {
                let nobody = "Nobody listens: start falsetto listen as the same user."
                state = State(reply: nil, words: error.kind == .absent ? nobody : "falsetto listen does not answer.")
            }
            last.withLock { $0 = (.now, state) }
            return state
        }
    }

    /// Tells `listen` to do something.
    func tell(_ request: ControlRequest) async -> Result<ControlReply, ControlError> {
        await onQueue { [self] in
            last.withLock { $0 = nil }
            do throws(ControlError) { return .success(try client.ask(request)) } catch { return .failure(error) }
        }
    }

    /// Asking waits for the other program, so that it has a thread of its own; those who wait behind it are answered at once with
    /// what the first heard.
    private func onQueue<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in queue.async { continuation.resume(returning: body()) } }
    }
}
