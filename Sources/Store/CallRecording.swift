import Calls
import Synchronization

/// The sealed recordings of a call's legs. A leg whose file takes nothing more is given up and said; the others go on.
final class CallRecording: Sendable {
    private struct State {
        var writers: [SealedAudioWriter?]
        var notices: [StorageNotice] = []
    }

    private let state: Mutex<State>

    init(_ folder: StateFolder, call: CallID, legs: Int, key: AudioKey, salt: [UInt8]) {
        state = Mutex(State(writers: (0..<legs).map { _ in nil }))
        state.withLock { state in
            for leg in 0..<legs {
                do throws(StoreError) { state.writers[leg] = try SealedAudioWriter(folder, call: call, leg: leg, key: key, salt: salt) } catch {
                    state.notices.append(.audioStopped(leg: leg, error))
                }
            }
        }
    }

    func append(_ record: AudioRecord, leg: Int) { attempt(leg) { writer throws(StoreError) in try writer.append(record) } }

    func finish() {
        for leg in state.withLock({ $0.writers.indices }) { attempt(leg) { writer throws(StoreError) in try writer.finish() } }
    }

    func takeNotices() -> [StorageNotice] {
        state.withLock { state in
            defer { state.notices = [] }
            return state.notices
        }
    }

    private func attempt(_ leg: Int, _ body: (SealedAudioWriter) throws(StoreError) -> Void) {
        state.withLock { state in
            guard let writer = state.writers[leg] else { return }
            do throws(StoreError) { try body(writer) } catch {
                state.writers[leg] = nil
                state.notices.append(.audioStopped(leg: leg, error))
            }
        }
    }
}
