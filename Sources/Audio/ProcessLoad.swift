import Glibc

/// What a process does at a moment, from /proc: whether one of its threads could run, and the processor time it has had, its ended children
/// included.
struct ProcessLoad: Equatable {
    /// A thread runs, waits for a processor or for a disk.
    var wantsToRun: Bool
    var processorSeconds: Double

    init(wantsToRun: Bool, processorSeconds: Double) {
        self.wantsToRun = wantsToRun
        self.processorSeconds = processorSeconds
    }

    /// nil when the process is gone.
    init?(of process: pid_t) {
        guard let whole = ProcessLoad.fields("/proc/\(process)/stat"), whole.count > 14 else { return nil }
        // utime, stime, cutime, cstime, counted from the state, which is the third field.
        let ticks = whole[11...14].compactMap { Double($0) }.reduce(0, +)
        processorSeconds = ticks / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        wantsToRun = ProcessLoad.threads(of: process).contains { thread in
            ["R", "D"].contains(ProcessLoad.fields("/proc/\(process)/task/\(thread)/stat")?.first)
        }
    }

    /// Whether it waited for a processor for most of a time: it wants to run, and has had less than half of that time.
    func isStarved(since before: ProcessLoad?, seconds: Double) -> Bool {
        wantsToRun && processorSeconds - (before?.processorSeconds ?? 0) < seconds / 2
    }

    /// The fields behind the program's name, which may hold anything but ends at the last parenthesis.
    private static func fields(_ path: String) -> [Substring]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let text = String(decoding: FileHandle(owning: descriptor).bytes(at: 0, count: 1024), as: UTF8.self)
        return text.lastIndex(of: ")").map { text[text.index(after: $0)...].split(separator: " ") }
    }

    private static func threads(of process: pid_t) -> [String] {
        guard let folder = unsafe opendir("/proc/\(process)/task") else { return [] }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name.first != "." { names.append(name) }
        }
        return names
    }
}
