import Dispatch
import Foundation
import Synchronization

/// Why a delivery failed; one line, without what was to be delivered.
public struct SinkFailure: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
    /// How long the receiver asked to be left alone; nil where it said nothing of it.
    public let retryAfterSeconds: Double?

    public init(_ description: String, retryAfterSeconds: Double? = nil) {
        self.description = description
        self.retryAfterSeconds = retryAfterSeconds
    }
}

/// Something that takes one event at a time.
package protocol EventSink: Sendable {
    /// Returns when the event has arrived; throws `SinkFailure`, also when it takes too long.
    func deliver(_ payload: String) async throws(SinkFailure)
}

/// A reader that went away is a failed write, not the end of the program; once for the process.
let pipeSignalIsIgnored: Void = { signal(SIGPIPE, SIG_IGN) }()

extension SinkSettings {
    func open() -> any EventSink {
        switch target {
        case .file(let path): FileSink(path: path, timeoutSeconds: timeoutSeconds)
        case .standardOutput: FileSink(descriptor: STDOUT_FILENO, name: "standard output", timeoutSeconds: timeoutSeconds)
        case .command(let words): CommandSink(words: words, timeoutSeconds: timeoutSeconds)
        case .syslog(let path): SyslogSink(path: path)
        case .webhook(let webhook): WebhookSink(settings: webhook, timeoutSeconds: timeoutSeconds)
        case .desktop(let bus): DesktopSink(bus: bus, timeoutSeconds: timeoutSeconds)
        case .tone(let tone): ToneSink(tone: tone, timeoutSeconds: timeoutSeconds)
        }
    }
}

/// Appends lines to a file, or writes them to standard output, on a thread of its own: a write can hang (a full pipe, a network
/// file system), and there is no ending it then.
package final class FileSink: EventSink {
    private let path: String?
    private let descriptor: Int32
    private let name: String
    private let timeoutSeconds: Double
    private let lane: DispatchQueue
    /// A write that has not come back yet; nothing else is written meanwhile.
    private let isBusy = Mutex(false)

    package init(path: String, timeoutSeconds: Double) {
        (self.path, descriptor, name) = (path, -1, path)
        self.timeoutSeconds = timeoutSeconds
        lane = DispatchQueue(label: "sink \(path)")
    }

    init(descriptor: Int32, name: String, timeoutSeconds: Double) {
        (path, self.descriptor, self.name) = (nil, descriptor, name)
        self.timeoutSeconds = timeoutSeconds
        lane = DispatchQueue(label: "sink \(name)")
    }

    package func deliver(_ payload: String) async throws(SinkFailure) {
        _ = pipeSignalIsIgnored
        let mayWrite = isBusy.withLock { busy in
            defer { busy = true }
            return !busy
        }
        guard mayWrite else { throw SinkFailure("\(name): an earlier write still hangs") }
        let answer = Answer()
        lane.async { [self] in
            let result = write(payload + "\n")
            isBusy.withLock { $0 = false }
            answer.give(result)
        }
        let late = SinkFailure("\(name): the write hangs since \(timeoutSeconds) s")
        DispatchQueue.global().asyncAfter(deadline: .now() + timeoutSeconds) { answer.give(.failure(late)) }
        let ending = SinkFailure("\(name): the program is ending")
        let result = await withTaskCancellationHandler {
            await answer.wait()
        } onCancel: {
            answer.give(.failure(ending))
        }
        try result.get()
    }

    private func write(_ line: String) -> Result<Void, SinkFailure> {
        func failure(_ what: String) -> Result<Void, SinkFailure> {
            .failure(SinkFailure("\(name): \(what): \(unsafe String(cString: strerror(errno)))"))
        }
        var target = descriptor
        if let path {
            target = unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o600)
            guard target >= 0 else { return failure("cannot be opened") }
        }
        defer { if path != nil { close(target) } }
        var bytes = Array(line.utf8)[...]
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(target, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return failure("cannot be written") }
            bytes = bytes.dropFirst(count)
        }
        // On the disk before it counts as delivered; a pipe or a terminal has no disk.
        if path != nil, fdatasync(target) != 0, errno != EINVAL, errno != EROFS { return failure("cannot be written to the disk") }
        return .success(())
    }
}

/// What became of a write: the first answer counts, whoever gives it.
final class Answer: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Result<Void, SinkFailure>, Never>)
        case given(Result<Void, SinkFailure>)
    }

    private let state = Mutex(State.open)

    func give(_ result: Result<Void, SinkFailure>) {
        let waiting = state.withLock { state -> CheckedContinuation<Result<Void, SinkFailure>, Never>? in
            switch state {
            case .open:
                state = .given(result)
                return nil
            case .awaited(let continuation):
                state = .given(result)
                return continuation
            case .given: return nil
            }
        }
        waiting?.resume(returning: result)
    }

    func wait() async -> Result<Void, SinkFailure> {
        await withCheckedContinuation { continuation in
            let given = state.withLock { state -> Result<Void, SinkFailure>? in
                if case .given(let result) = state { return result }
                state = .awaited(continuation)
                return nil
            }
            if let given { continuation.resume(returning: given) }
        }
    }
}
