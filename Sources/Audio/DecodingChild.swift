import Glibc
import Synchronization

/// A child process whose standard output is read, which is ended when it hangs and when its owner is dropped.
///
/// It leads a process group of its own, so that whatever it started itself ends with it.
final class DecodingChild {
    private let displayName: String
    private let programName: String
    private let hangSeconds: Double
    private let process: pid_t
    private var output: FileHandle?
    private var errors: FileHandle?
    private var errorBytes: [UInt8] = []
    private var exitStatus: Int32?
    private var scratch = [UInt8](repeating: 0, count: 1 << 16)

    private static let mostWaits = 15.0

    /// As much of the child's words as is kept; the rest is read and dropped, so that it never waits for us.
    private static let keptErrorBytes = 1 << 16

    var errorText: String { String(decoding: errorBytes, as: UTF8.self) }

    init(
        program: String, arguments: [String], input: FileHandle, displayName: String, hangSeconds: Double, limits: ChildLimits
    ) throws(AudioError) {
        self.displayName = displayName
        self.hangSeconds = hangSeconds
        programName = String(program.split(separator: "/").last ?? "child")
        guard unsafe access(program, X_OK) == 0 else {
            throw AudioError(.childFailed, path: displayName, "\(program) cannot be run: \(systemMessage(errno))")
        }
        let words = limits.command + [program] + arguments
        let started = try DecodingChild.spawning.withLock { _ throws(AudioError) in
            try DecodingChild.start(words[0], Array(words.dropFirst()), input: input, displayName: displayName)
        }
        process = started.process
        output = started.output
        errors = started.errors
    }

    deinit { terminate() }

    /// One start at a time: between a pipe's making and its marking as ours alone, another start would hand the pipe's writing
    /// end to another child, and the end of the sound would never be seen. (pipe2 is out of Swift's reach.)
    private static let spawning = Mutex(())

    private static func start(
        _ program: String, _ arguments: [String], input: FileHandle, displayName: String
    ) throws(AudioError) -> (process: pid_t, output: FileHandle, errors: FileHandle) {
        let (outputRead, outputWrite) = try pipe(displayName: displayName)
        let (errorRead, errorWrite) = try pipe(displayName: displayName)

        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input.descriptor, STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, outputWrite.descriptor, STDOUT_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, errorWrite.descriptor, STDERR_FILENO)

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // Should this program ignore SIGPIPE, the child must not: the closed pipe is what ends it.
        var defaults = sigset_t()
        unsafe sigemptyset(&defaults)
        unsafe sigaddset(&defaults, SIGPIPE)
        unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF))

        var words: [UnsafeMutablePointer<CChar>?] = unsafe ([program] + arguments).map { unsafe strdup($0) }
        unsafe words.append(nil)
        defer { unsafe words.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let status = NetworkBan.run { unsafe posix_spawn(&process, program, &actions, &attributes, words, environ) }
        guard status == 0 else {
            throw AudioError(.childFailed, path: displayName, "\(program) cannot be run: \(systemMessage(status))")
        }
        withExtendedLifetime((outputWrite, errorWrite, input)) {}
        return (process, outputRead, errorRead)
    }

    /// Appends up to `count` bytes of the child's output to `bytes` and returns how many; 0 at its end.
    ///
    /// Throws: kind `childFailed` when nothing comes for `hangSeconds`, or for `mostWaits` times as long where the child had no processor to run
    /// on; the child is ended then.
    func append(upTo count: Int, to bytes: inout [UInt8]) throws(AudioError) -> Int {
        guard let output else { return 0 }
        let waitingSince = DecodingChild.monotonicSeconds()
        var deadline = waitingSince + hangSeconds
        let loadBefore = hangSeconds.isFinite ? ProcessLoad(of: process) : nil
        while true {
            let now = DecodingChild.monotonicSeconds()
            let left = deadline - now
            guard left > 0 else {
                // Rule: a child that waits for a processor does not hang. Why: on a machine with ten times its work nothing would be readable.
                // Its own limit of processor time ends one that spins.
                if now - waitingSince < DecodingChild.mostWaits * hangSeconds, let load = ProcessLoad(of: process),
                    load.isStarved(since: loadBefore, seconds: now - waitingSince)
                {
                    deadline = now + hangSeconds / 8
                    continue
                }
                terminate()
                throw AudioError(.childFailed, path: displayName, "\(programName) gave no sound for \(hangText) s and was ended")
            }
            var waits = [pollfd(fd: output.descriptor, events: Int16(POLLIN), revents: 0)]
            if let errors { waits.append(pollfd(fd: errors.descriptor, events: Int16(POLLIN), revents: 0)) }
            _ = unsafe poll(&waits, nfds_t(waits.count), Int32(min(left * 1000 + 1, 60_000)))
            if waits.count > 1, waits[1].revents != 0 { readErrors() }
            guard waits[0].revents != 0 else { continue }
            let got = unsafe Glibc.read(output.descriptor, &scratch, min(count, scratch.count))
            if got < 0, errno == EINTR || errno == EAGAIN { continue }
            guard got > 0 else {
                self.output = nil
                return 0
            }
            bytes.append(contentsOf: scratch[..<got])
            return got
        }
    }

    /// `count` bytes; nil when the output ends before.
    func readExactly(_ count: Int) throws(AudioError) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard try append(upTo: count - bytes.count, to: &bytes) > 0 else { return nil }
        }
        return bytes
    }

    /// Waits for the end of a child whose output has ended, two seconds at most; its exit status (128 + n after signal n).
    func finish() -> (status: Int32, errorText: String) {
        output = nil
        let waitingSince = DecodingChild.monotonicSeconds()
        while DecodingChild.monotonicSeconds() - waitingSince < 2 {
            // Its last words first: once they have ended, so has it, or nearly so.
            if let errors {
                var wait = pollfd(fd: errors.descriptor, events: Int16(POLLIN), revents: 0)
                if unsafe poll(&wait, 1, 20) > 0 { readErrors() }
            } else {
                reap(options: WNOHANG)
                if exitStatus != nil { break }
                poll(nil, 0, 1)
            }
        }
        terminate()
        return (exitStatus ?? 70, errorText)
    }

    private var hangText: String {
        hangSeconds == hangSeconds.rounded() && hangSeconds < 1e6 ? "\(Int(hangSeconds))" : "\(hangSeconds)"
    }

    private func readErrors() {
        guard let errors else { return }
        let got = unsafe Glibc.read(errors.descriptor, &scratch, scratch.count)
        if got < 0, errno == EINTR || errno == EAGAIN { return }
        guard got > 0 else {
            self.errors = nil
            return
        }
        let room = max(0, DecodingChild.keptErrorBytes - errorBytes.count)
        errorBytes.append(contentsOf: scratch[..<min(got, room)])
    }

    private func reap(options: Int32) {
        guard exitStatus == nil else { return }
        var status: Int32 = 0
        var result: pid_t
        repeat { result = unsafe waitpid(process, &status, options) } while result < 0 && errno == EINTR
        guard result == process else { return }
        let signal = status & 0x7F
        exitStatus = signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }

    private func terminate() {
        output = nil
        guard exitStatus == nil else { return }
        kill(-process, SIGKILL)
        kill(process, SIGKILL)
        reap(options: 0)
    }

    private static func pipe(displayName: String) throws(AudioError) -> (read: FileHandle, write: FileHandle) {
        var ends: [Int32] = [0, 0]
        guard unsafe Glibc.pipe(&ends) == 0 else {
            throw AudioError(.io, path: displayName, "no pipe to a decoder: \(systemMessage(errno))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (FileHandle(owning: ends[0]), FileHandle(owning: ends[1]))
    }

    private static func monotonicSeconds() -> Double {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }
}
