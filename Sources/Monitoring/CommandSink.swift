import Dispatch
import Foundation
import Subprocess
import Synchronization
import SystemPackage

/// Runs a program once an event, with the event on its standard input. It has taken the event when it exits with 0.
///
/// Rule: the task that runs the program is never cancelled; time-out and the end of Falsetto kill the program instead. Why:
/// swift-subprocess 1.0.2, cancelled between making its pipes and starting the program, ends the whole process with
/// "FileDescriptor was not closed". Otherwise one hanging command could end the daemon.
struct CommandSink: EventSink {
    let words: [String]
    let timeoutSeconds: Double

    func deliver(_ payload: String) async throws(SinkFailure) {
        let name = words[0]
        let child = Child()
        let running = Task {
            var options = PlatformOptions()
            // A group of its own, so that what the program started is ended with it.
            options.processGroupID = 0
            let result = try await Subprocess.run(
                name.contains("/") ? .path(FilePath(name)) : .name(name), arguments: Arguments(Array(words.dropFirst())),
                platformOptions: options, input: .string(payload + "\n"), output: .discarded, error: .discarded
            ) { execution in child.began(execution.processIdentifier.value) }
            child.ended()
            return result.terminationStatus
        }
        let timer = DispatchWorkItem { child.kill(.late) }
        DispatchQueue.global().asyncAfter(deadline: .now() + timeoutSeconds, execute: timer)
        let outcome = await withTaskCancellationHandler { await running.result } onCancel: { child.kill(.ending) }
        timer.cancel()
        switch child.cause {
        case .late: throw SinkFailure("\(name): it did not end within \(timeoutSeconds) s and was killed")
        case .ending: throw SinkFailure("\(name): the program is ending")
        case nil: break
        }
        switch outcome {
        case .success(let status):
            guard status.isSuccess else { throw SinkFailure("\(name): it ended with \(status)") }
        case .failure(let error): throw SinkFailure("\(name): it could not be run: \(error)")
        }
    }
}

/// The running program: killed at most once, also when that is asked for before it has begun, and never after it ended,
/// when its number may be another's.
private final class Child: Sendable {
    enum Cause { case late, ending }
    private enum State { case starting, running(pid_t), ended }

    private let state = Mutex<(state: State, cause: Cause?)>((.starting, nil))

    /// Why it was killed; nil if it was not.
    var cause: Cause? { state.withLock { $0.cause } }

    func began(_ process: pid_t) {
        state.withLock { held in
            held.state = .running(process)
            if held.cause != nil { _ = Glibc.kill(-process, SIGKILL) }
        }
    }

    func ended() { state.withLock { $0.state = .ended } }

    func kill(_ cause: Cause) {
        state.withLock { held in
            guard held.cause == nil else { return }
            switch held.state {
            case .ended: return
            case .running(let process): _ = Glibc.kill(-process, SIGKILL)
            case .starting: break
            }
            held.cause = cause
        }
    }
}
