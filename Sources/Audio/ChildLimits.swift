import Glibc

/// What a decoding child may use up. A hostile file of 4 KB can make a decoder ask for gigabytes, or for hours.
///
/// The limits are set by `/bin/sh` before it becomes the decoder, since a process can be given none as it is started, and this
/// program must not narrow its own. They hold for whatever the child starts, too.
struct ChildLimits: Equatable {
    /// Of memory of its own (RLIMIT_DATA). ffmpeg needs some 60 MiB.
    var memoryBytes = 384 << 20
    /// Of all memory that it has mapped, libraries included (RLIMIT_AS).
    var addressSpaceBytes = 4 << 30
    /// Of processor time (RLIMIT_CPU).
    var processorSeconds: Int
    /// Of any file that it writes (RLIMIT_FSIZE); it has no reason to write any.
    var fileBytes = 64 << 10
    /// Processes and threads that it may add to those there are (RLIMIT_NPROC; the system holds only others than root to it).
    var addedProcesses = 64

    /// 100 kB of recording are decoded in well under a second everywhere; half a minute to start with bears the slowest machine.
    init(forInputOf bytes: Int) { processorSeconds = 8 + bytes / 100_000 }

    /// Words in front of a program and its arguments.
    var command: [String] {
        // The system counts the processes of a user, so the limit starts from all there are.
        let processes = ChildLimits.processCount() + addedProcesses
        // dash calls the limit of processes -p, others -u. A limit that is lower already cannot be raised and stays.
        let script = """
            ulimit -c 0; ulimit -d \(memoryBytes / 1024); ulimit -v \(addressSpaceBytes / 1024); ulimit -t \(processorSeconds); \
            ulimit -f \(fileBytes / 512); ulimit -u \(processes) || ulimit -p \(processes); exec "$0" "$@" 2>&3 3>&-
            """
        return ["/bin/sh", "-c", "{ \(script); } 3>&2 2>/dev/null"]
    }

    /// Processes and threads of the machine: the fourth field of /proc/loadavg, `running/all`.
    private static func processCount() -> Int {
        let descriptor = unsafe open("/proc/loadavg", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 1 << 15 }
        let file = FileHandle(owning: descriptor)
        let fields = String(decoding: file.bytes(at: 0, count: 128), as: UTF8.self).split(separator: " ")
        return fields.count > 3 ? fields[3].split(separator: "/").last.flatMap { Int($0) } ?? 1 << 15 : 1 << 15
    }
}
