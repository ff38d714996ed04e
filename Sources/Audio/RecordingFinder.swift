import Glibc

/// Turns what was given on the command line into recordings: files, directories, manifests.
public struct RecordingFinder: Sendable {
    /// Paths in the order they are to be screened, each once; `-` stands for standard input.
    public private(set) var paths: [String] = []
    /// What could not be looked into, in the order it was met; the search went on after each.
    public private(set) var problems: [AudioError] = []

    /// Files of folders that are no recordings by suffix and content, in the order they were met.
    public private(set) var passedOver: [String] = []

    /// By bytes: a string's own equality takes two spellings of one letter, two files to the system, for one.
    private var seenPaths: Set<[UInt8]> = []
    /// Called with the number of files looked at, each time it has grown by a thousand: a whole disk takes its time.
    public var progress: (@Sendable (Int) -> Void)?
    private var lookedAt = 0

    /// Device and inode of each directory that was walked: a link back to one of them ends there.
    private var seenDirectories: Set<[UInt64]> = []

    public init() {}

    /// Adds a file, `-`, or a directory with everything in and below it.
    ///
    /// A file is taken as it is: whether it is a recording shows when it is read. In a directory, entries go by name in byte
    /// order; hidden ones (a leading dot) are left out; a file is taken when its suffix or its first bytes are a recording's, and
    /// named in `passedOver` when neither is.
    public mutating func add(path: String) {
        guard path != StandardInputSpool.displayName else { return take(path) }
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return take(path) }
        walk(path, status)
    }

    /// Adds the paths that a manifest lists: one a line, or a CSV file's column `path`.
    ///
    /// Relative paths start at `root`, or at the manifest's folder where no root is given.
    /// Throws: `AudioError` when the manifest cannot be read or lists nothing.
    public mutating func add(manifest: String, root: String? = nil) throws(AudioError) {
        for path in try Manifest(path: manifest).paths {
            if path.hasPrefix("/") {
                take(path)
            } else {
                take(RecordingFinder.join(root ?? RecordingFinder.folder(of: manifest), path))
            }
        }
    }

    private mutating func take(_ path: String) {
        if seenPaths.insert(Array(path.utf8)).inserted { paths.append(path) }
    }

    /// The system's own views of itself, /proc and /sys: their files have no end, and hold no recording.
    private static let systemDevices: Set<UInt64> = Set(
        ["/proc", "/sys"].compactMap { path in
            var status = stat()
            return unsafe stat(path, &status) == 0 && status.st_ino == 1 ? UInt64(status.st_dev) : nil
        })

    private mutating func walk(_ directory: String, _ status: stat) {
        guard !Self.systemDevices.contains(UInt64(status.st_dev)) else { return passedOver.append(directory) }
        guard seenDirectories.insert([UInt64(status.st_dev), UInt64(status.st_ino)]).inserted else { return }
        guard let stream = unsafe opendir(directory) else {
            problems.append(FileHandle.openError(errno, path: directory, displayName: directory))
            return
        }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(validatingCString: $0) }
            }
            guard let name else {
                problems.append(AudioError(.notFound, path: directory, "an entry's name is not UTF-8 and was passed over", advice: "rename it"))
                continue
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        unsafe closedir(stream)
        names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for name in names { visit(RecordingFinder.join(directory, name)) }
    }

    private mutating func visit(_ path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            // A dangling link is worth a word only where a recording was to be expected.
            if RecordingFinder.isRecordingSuffix(path) { problems.append(FileHandle.openError(errno, path: path, displayName: path)) }
            return
        }
        lookedAt += 1
        if lookedAt % 1000 == 0 { progress?(lookedAt) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: walk(path, status)
        case S_IFREG where RecordingFinder.isRecordingSuffix(path) || RecordingFinder.holdsRecording(path): take(path)
        case S_IFREG: passedOver.append(path)
        default: break
        }
    }

    private static func holdsRecording(_ path: String) -> Bool {
        guard let file = try? FileHandle(readingRegularFile: path, displayName: path) else { return false }
        return Container.of(file) != nil || Container.behindJunk(file) != nil
    }

    static func isRecordingSuffix(_ path: String) -> Bool {
        suffixes.contains(pathSuffix(path)) || RawFormat.suggested(forPath: path) != nil
    }

    /// Suffixes of sound, readable here or not: what cannot be read is said, a file at a time.
    private static let suffixes: Set<String> = [
        "wav", "wave", "wav49", "flac", "ogg", "oga", "opus", "spx", "mp3", "mp2", "mp1", "mpa", "mpga", "au", "snd", "caf", "w64", "rf64",
        "bwf", "aif", "aiff", "aifc", "sph", "nist", "voc", "amr", "awb", "evs", "m4a", "m4b", "mp4", "m4v", "3gp", "3g2", "mov", "webm",
        "mkv", "mka", "aac", "adts", "ac3", "eac3", "dts", "wma", "wmv", "asf", "avi", "flv", "wv", "ape", "tta", "mpc", "ra", "rm", "qcp",
        "dss", "ds2", "msv", "dvf", "g719", "g726", "g726-16", "g726-24", "g726-32", "g726-40", "ilbc", "siren7", "siren14", "silk",
        "codec2", "c2", "lpc10", "gsm", "8svx", "iff",
    ]

    static func join(_ directory: String, _ name: String) -> String {
        // A file called `-` must not be taken for standard input.
        directory.isEmpty || directory == "." ? (name == "-" ? "./-" : name) : directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }

    static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
