import Glibc

/// Turns what was given on the command line into recordings: files, directories, manifests.
public struct RecordingFinder: Sendable {
    /// Paths in the order they are to be screened, each once; `-` stands for standard input.
    public private(set) var paths: [String] = []
    /// What could not be looked into, in the order it was met; the search went on after each.
    public private(set) var problems: [AudioError] = []

    /// By bytes: a string's own equality takes two spellings of one letter, two files to the system, for one.
    private var seenPaths: Set<[UInt8]> = []
    /// Device and inode of each directory that was walked: a link back to one of them ends there.
    private var seenDirectories: Set<[UInt64]> = []

    public init() {}

    /// Adds a file, `-`, or a directory with everything in and below it.
    ///
    /// A file is taken as it is: whether it is a recording shows when it is read. In a directory, entries go by name in byte
    /// order; hidden ones (a leading dot) are passed over; a file is taken when its suffix or its first bytes are a recording's.
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

    private mutating func walk(_ directory: String, _ status: stat) {
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
        switch status.st_mode & S_IFMT {
        case S_IFDIR: walk(path, status)
        case S_IFREG where RecordingFinder.isRecordingSuffix(path) || RecordingFinder.holdsRecording(path): take(path)
        default: break
        }
    }

    private static func holdsRecording(_ path: String) -> Bool {
        guard let file = try? FileHandle(readingRegularFile: path, displayName: path) else { return false }
        return Container.of(file) != nil
    }

    static func isRecordingSuffix(_ path: String) -> Bool {
        suffixes.contains(pathSuffix(path)) || RawFormat.suggested(forPath: path) != nil
    }

    private static let suffixes: Set<String> = [
        "wav", "wave", "flac", "ogg", "oga", "opus", "spx", "mp3", "au", "snd", "caf", "w64", "rf64", "aif", "aiff", "aifc", "sph",
        "amr", "awb", "m4a", "mp4", "m4v", "3gp", "3g2", "mov", "webm", "mkv", "mka", "aac", "wma", "wmv", "asf", "avi", "wv", "ape", "qcp", "dss",
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
