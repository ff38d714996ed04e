import Dispatch
import Foundation
import Subprocess
import Synchronization
import SystemPackage

/// A program that a sink runs: with text on its standard input, killed when it takes too long or Falsetto ends.
///
/// Two rules, since swift-subprocess 1.0.2 otherwise ends the whole process with "FileDescriptor was not closed", so that one bad
/// command could end the daemon. Input and output are files without a name and not strings: a string is written to a
/// pipe, and a program that exits without reading it closes that pipe. And the task that runs the program is never
/// cancelled: time-out and the end of Falsetto kill the program instead.
struct SinkProgram {
    let words: [String]
    let timeoutSeconds: Double
    /// Variables of its environment beside those of this process.
    var environment: [String: String] = [:]

    /// Returns what it said on standard output, at most 64 KiB, once it has exited with 0.
    func run(input: String = "") async throws(SinkFailure) -> String {
        let name = words[0]
        let child = Child()
        let event = try Self.file(holding: input, for: name)
        let said: FileDescriptor
        do throws(SinkFailure) { said = try Self.file(holding: "", for: name) } catch {
            try? event.close()
            throw error
        }
        defer { try? said.close() }
        var setting = Environment.inherit
        for (variable, value) in environment { setting = setting.updating([Environment.Key(stringLiteral: variable): value]) }
        let environment = setting
        let running = Task {
            defer { child.ended() }
            var options = PlatformOptions()
            // A group of its own, so that what the program started is ended with it.
            options.processGroupID = 0
            let result = try await Subprocess.run(
                name.contains("/") ? .path(FilePath(name)) : .name(name), arguments: Arguments(Array(words.dropFirst())),
                environment: environment, platformOptions: options, input: .fileDescriptor(event, closeAfterSpawningProcess: true),
                output: .fileDescriptor(said, closeAfterSpawningProcess: false), error: .discarded
            ) { execution in child.began(execution.processIdentifier.value, mayTake: timeoutSeconds) }
            return result.terminationStatus
        }
        let outcome = await withTaskCancellationHandler {
            await running.result
        } onCancel: {
            child.kill(.ending)
        }
        switch child.cause {
        case .late: throw SinkFailure("\(name): it did not end within \(timeoutSeconds) s and was killed")
        case .ending: throw SinkFailure("\(name): the program is ending")
        case nil: break
        }
        switch outcome {
        case .success(let status):
            guard status.isSuccess else { throw SinkFailure("\(name): it ended with \(status)") }
            return Self.text(of: said)
        case .failure(let error): throw SinkFailure("\(name): it could not be run: \(error)")
        }
    }

    /// A file that has no name any more and is its owner's only, read from its beginning.
    private static func file(holding text: String, for name: String) throws(SinkFailure) -> FileDescriptor {
        var path = Array((NSTemporaryDirectory() + "falsetto-event-XXXXXX").utf8CString)
        let descriptor = unsafe path.withUnsafeMutableBufferPointer { unsafe mkstemp($0.baseAddress!) }
        guard descriptor >= 0 else {
            throw SinkFailure("\(name): no room for the event in \(NSTemporaryDirectory()): \(unsafe String(cString: strerror(errno)))")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unsafe unlink(path)
        let file = FileDescriptor(rawValue: descriptor)
        do {
            try file.writeAll(text.utf8)
            _ = try file.seek(offset: 0, from: .start)
        } catch {
            try? file.close()
            throw SinkFailure("\(name): no room for the event in \(NSTemporaryDirectory()): \(error)")
        }
        return file
    }
}

extension SinkProgram {
    private static func text(of file: FileDescriptor) -> String {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = (try? unsafe bytes.withUnsafeMutableBytes { unsafe try file.read(fromAbsoluteOffset: 0, into: $0) }) ?? 0
        return String(decoding: bytes[..<count], as: UTF8.self)
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

    /// Its time counts from here: a busy machine's delay in starting it is not the program's.
    func began(_ process: pid_t, mayTake seconds: Double) {
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { self.kill(.late) }
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
