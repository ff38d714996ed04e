import Foundation
import Text

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A file that a command writes its result to; every command that writes one goes through here.
///
/// Rule: an output never replaces an input, nor anything that is no regular file. A regular file is written whole or not at all:
/// to a neighbour first, then in its place, through links to where they lead; into FIFOs, terminals and devices the result is
/// written directly; `-` is standard output. Why: `--report call.wav` was one slip away from the only copy of a call.
struct OutputFile {
    private enum Target {
        /// A regular file, there or not yet: its path behind all links.
        case file(String)
        /// Written into as it stands.
        case stream(String)
        /// Open already: /dev/stdout and its like.
        case descriptor(Int32)
    }

    let path: String
    private let target: Target

    /// Finds out before a long run whether the result can be written where the user wants it.
    /// - Throws: a `Fault` that says why not.
    init(_ path: String) throws {
        self.path = path
        target = try Self.target(path)
    }

    /// The outputs that were asked for, checked against each other and against what the command reads.
    /// - Parameter inputs: paths; what is not there is passed over.
    static func check(_ outputs: [String?], inputs: [String?]) throws {
        var names: [String: Identity] = [:]
        for path in outputs.compactMap({ $0 }) {
            let output = try OutputFile(path)
            guard case .file(let place) = output.target else { continue }
            if names[place] != nil {
                throw Fault("\(path.escapedForTerminal): two results are to be written there; name two files", code: Exit.usage)
            }
            names[place] = Identity(place) ?? Identity(device: 0, inode: 0)
        }
        let present = Set(names.values)
        guard !present.isEmpty else { return }
        for input in inputs.compactMap({ $0 }) {
            let known = input == "-" ? Identity(descriptor: STDIN_FILENO) : Identity(input)
            guard let known, present.contains(known), let output = names.first(where: { $0.value == known })?.key else { continue }
            let same = input == output ? "" : " (\(input.escapedForTerminal))"
            throw Fault("\(output.escapedForTerminal): is one of the inputs\(same) and is not replaced; name another file", code: Exit.usage)
        }
    }

    static func write(_ text: String, to path: String) throws { try OutputFile(path).write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) throws {
        switch target {
        case .descriptor(let descriptor): try Console.write(bytes, to: descriptor, name: path.escapedForTerminal)
        case .stream(let place):
            let descriptor = unsafe open(place, O_WRONLY | O_NOCTTY | O_CLOEXEC)
            guard descriptor >= 0 else { throw fault(errno) }
            defer { close(descriptor) }
            try Console.write(bytes, to: descriptor, name: path.escapedForTerminal)
        case .file(let place): try replace(place, with: bytes)
        }
    }

    private func replace(_ place: String, with bytes: [UInt8]) throws {
        var template = Array("\(place).XXXXXX".utf8CString)
        let descriptor = unsafe mkstemp(&template)
        guard descriptor >= 0 else { throw fault(errno) }
        var isInPlace = false
        defer {
            close(descriptor)
            if !isInPlace { unsafe unlink(template) }
        }
        try Console.write(bytes, to: descriptor, name: path.escapedForTerminal)
        // As a file would be that was written in place: its own mode, or what the user's mask leaves.
        var status = stat()
        let mask = umask(0)
        umask(mask)
        fchmod(descriptor, unsafe stat(place, &status) == 0 ? status.st_mode & 0o7777 : 0o666 & ~mask)
        guard fsync(descriptor) == 0 || errno == EINVAL, unsafe rename(template, place) == 0 else { throw fault(errno) }
        isInPlace = true
    }

    private func fault(_ code: Int32) -> Fault {
        Fault("\(path.escapedForTerminal): cannot be written: \(unsafe String(cString: strerror(code)))", code: Exit.internalError)
    }

    // MARK: what stands there

    /// Links that lead on are followed so often.
    private static let mostLinks = 40

    private static func target(_ path: String) throws -> Target {
        func refused(_ words: String) -> Fault { Fault("\(path.escapedForTerminal): \(words)", code: Exit.usage) }
        guard !path.isEmpty else { throw Fault("an output's name is empty; name a file", code: Exit.usage) }
        if path == "-" { return .descriptor(STDOUT_FILENO) }
        var place = path
        for _ in 0..<mostLinks {
            if let descriptor = openDescriptor(place) {
                guard fcntl(descriptor, F_GETFL) >= 0 else { throw refused("is not open") }
                return .descriptor(descriptor)
            }
            var status = stat()
            guard unsafe lstat(place, &status) == 0 else {
                guard errno == ENOENT else { throw refused(unsafe String(cString: strerror(errno))) }
                try checkFolder(of: place, refused)
                return .file(try canonical(place))
            }
            switch status.st_mode & S_IFMT {
            case S_IFLNK:
                guard let next = try? FileManager.default.destinationOfSymbolicLink(atPath: place) else { throw refused("the link cannot be read") }
                place = next.hasPrefix("/") ? next : folder(of: place) + "/" + next
            case S_IFDIR: throw refused("is a folder; name a file")
            case S_IFBLK: throw refused("is a disk; name a file")
            case S_IFREG:
                try checkFolder(of: place, refused)
                return .file(try canonical(place))
            case S_IFSOCK: throw refused("is a socket; name a file")
            default:
                guard unsafe access(place, W_OK) == 0 else { throw refused("cannot be written; choose another") }
                return .stream(place)
            }
        }
        throw refused("the link leads back to itself")
    }

    private static func checkFolder(of place: String, _ refused: (String) -> Fault) throws {
        let folder = folder(of: place)
        var status = stat()
        guard unsafe stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw refused("there is no folder \(folder.escapedForTerminal); make it first")
        }
        guard unsafe access(folder, W_OK | X_OK) == 0 else { throw refused("the folder cannot be written; choose another") }
    }

    private static func folder(of place: String) -> String {
        guard let slash = place.lastIndex(of: "/") else { return "." }
        return slash == place.startIndex ? "/" : String(place[..<slash])
    }

    /// The same file has one name only, so that two outputs can be told apart.
    private static func canonical(_ place: String) throws -> String {
        let folder = folder(of: place)
        guard let real = unsafe realpath(folder, nil) else { return place }
        defer { unsafe free(real) }
        let name = place[(place.lastIndex(of: "/").map { place.index(after: $0) } ?? place.startIndex)...]
        let base = unsafe String(cString: real)
        return base == "/" ? "/\(name)" : "\(base)/\(name)"
    }

    private static func openDescriptor(_ place: String) -> Int32? {
        switch place {
        case "/dev/stdout": return STDOUT_FILENO
        case "/dev/stderr": return STDERR_FILENO
        default:
            for folder in ["/dev/fd/", "/proc/self/fd/"] where place.hasPrefix(folder) { return Int32(place.dropFirst(folder.count)) }
            return nil
        }
    }

    /// Which file it is, whatever it is called.
    private struct Identity: Hashable {
        var device: UInt64
        var inode: UInt64

        init(device: UInt64, inode: UInt64) { (self.device, self.inode) = (device, inode) }

        init?(_ path: String) {
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { return nil }
            self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        }

        init?(descriptor: Int32) {
            var status = stat()
            guard unsafe fstat(descriptor, &status) == 0 else { return nil }
            self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        }
    }
}
