import Foundation
import Synchronization

/// Where a running `listen` takes words from outside: a Unix-domain socket of its owner only.
public struct ControlSocketPath: Sendable, Equatable {
    public let path: String

    /// - Parameter stateFolder: where it goes without a run-time directory.
    public static func standard(stateFolder: String) -> ControlSocketPath {
        let runtime = ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        return ControlSocketPath(path: runtime.map { "\($0)/falsetto/control.sock" } ?? "\(stateFolder)/control.sock")
    }

    public init(path: String) { self.path = path }

    /// - Throws: `ControlError` of kind `usage` where no socket can be made: the path is too long, or something else stands there.
    public func check() throws(ControlError) {
        _ = try ControlSocket.address(path)
        var status = stat()
        guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFSOCK else { return }
        throw ControlError(.usage, "\(path): is there already and is no socket; give the control socket another path")
    }
}

public struct ControlError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// Nobody listens there.
        case absent
        case permission
        /// No socket can be made at such a path.
        case usage
        /// The disk has no room for a socket's name.
        case full
        case other
    }

    public let kind: Kind
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// Accepts one request a connection: a line of JSON in, a line of JSON out.
package final class ControlSocket: Sendable {
    private let path: String
    private let descriptor: Int32
    private let stops = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)

    /// A request is short; more is no request.
    private static let mostBytes = 4096
    /// Of an answer, which holds some hundred bytes a call.
    fileprivate static let mostBytesOfAnswer = 262_144
    /// What a request may take to come, and its answer to be taken.
    private static let patienceSeconds = 2

    /// - Throws: `ControlError` when the socket cannot be made there.
    package init(_ place: ControlSocketPath, answer: @escaping @Sendable (ControlRequest) async -> ControlReply) throws(ControlError) {
        path = place.path
        descriptor = try Self.listen(at: place.path)
        let thread = Thread { [self] in
            accept(answer)
            ended.signal()
        }
        thread.name = "control"
        thread.start()
    }

    /// Closes and removes the socket.
    package func stop() {
        stops.store(true, ordering: .relaxed)
        // Ends a poll that waits.
        shutdown(descriptor, Int32(SHUT_RDWR))
        ended.wait()
        close(descriptor)
        unsafe unlink(path)
    }

    private static func listen(at path: String) throws(ControlError) -> Int32 {
        func failure(_ what: String) -> ControlError {
            let code = errno
            return ControlError(
                [EACCES, EPERM].contains(code) ? .permission : [ENOSPC, EDQUOT].contains(code) ? .full : .other,
                """
                \(path): the control socket cannot be \(what): \(unsafe String(cString: strerror(code))); set XDG_RUNTIME_DIR to a folder of your own
                """
            )
        }
        try ControlSocketPath(path: path).check()
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var address = try Self.address(path)
        // One daemon a store holds the lock before it comes here, so a socket that is left is of one that died.
        unsafe unlink(path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure("made") }
        // Made under a mask, so that at no moment anybody else may write to it.
        let mask = umask(0o177)
        let bound = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        umask(mask)
        guard bound == 0, Glibc.listen(descriptor, 8) == 0 else {
            let error = failure("opened")
            close(descriptor)
            throw error
        }
        return descriptor
    }

    package static func address(_ path: String) throws(ControlError) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path) - 1
        guard path.utf8.count <= room else {
            throw ControlError(.usage, "\(path): a socket's path has at most \(room) bytes; give a shorter one, or set XDG_RUNTIME_DIR to one")
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        return address
    }

    private func accept(_ answer: @escaping @Sendable (ControlRequest) async -> ControlReply) {
        while !stops.load(ordering: .relaxed) {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&waiting, 1, 500) > 0 else { continue }
            let client = Glibc.accept(descriptor, nil, nil)
            guard client >= 0 else { continue }
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            guard Self.isOwner(client) else {
                close(client)
                continue
            }
            // Somebody who connects and says nothing, or a byte a second, must not stop the others.
            let line = readLine(from: client, mostBytes: Self.mostBytes, seconds: Self.patienceSeconds)
            Task {
                let reply: ControlReply
                do {
                    reply = await answer(try JSONDecoder().decode(ControlRequest.self, from: Data(line)))
                } catch let DecodingError.dataCorrupted(context) {
                    reply = .refused(context.debugDescription)
                } catch { reply = .refused("a request is one line of JSON, such as {\"request\":\"status\"}") }
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                if let data = try? encoder.encode(reply) { writeAll(Array(data) + [UInt8(ascii: "\n")], to: client, seconds: Self.patienceSeconds) }
                close(client)
            }
        }
    }

    /// The kernel says who is at the other end.
    private static func isOwner(_ client: Int32) -> Bool {
        // struct ucred, which Swift's Glibc does not show: process, user, group.
        var peer: (pid: Int32, user: UInt32, group: UInt32) = (0, .max, .max)
        var size = socklen_t(MemoryLayout.size(ofValue: peer))
        guard unsafe getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 else { return false }
        return peer.user == getuid() || peer.user == 0
    }
}

/// The other end: sends one request and waits for the answer.
public struct ControlClient: Sendable {
    public let place: ControlSocketPath
    /// How long an answer may take: a program that hangs must not hang the next.
    public let patienceSeconds: Int

    public init(_ place: ControlSocketPath, patienceSeconds: Int = 5) {
        self.place = place
        self.patienceSeconds = patienceSeconds
    }

    public func ask(_ request: ControlRequest) throws(ControlError) -> ControlReply {
        var address = try ControlSocket.address(place.path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        let connected = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard connected == 0 else {
            let code = errno
            if code == ENOENT || code == ECONNREFUSED {
                throw ControlError(.absent, "\(place.path): nobody listens there; start `falsetto listen` first, as the same user")
            }
            throw ControlError(
                code == EACCES ? .permission : .other, "\(place.path): \(unsafe String(cString: strerror(code))); it takes words of its owner only")
        }
        guard let data = try? JSONEncoder().encode(request) else { throw ControlError(.other, "the request cannot be written") }
        writeAll(Array(data) + [UInt8(ascii: "\n")], to: descriptor, seconds: patienceSeconds)
        let line = readLine(from: descriptor, mostBytes: ControlSocket.mostBytesOfAnswer, seconds: patienceSeconds)
        guard let reply = try? JSONDecoder().decode(ControlReply.self, from: Data(line)) else {
            throw ControlError(.other, "\(place.path): no answer came within \(patienceSeconds) s; look at what `falsetto listen` says")
        }
        return reply
    }
}

/// Reads a line; what has come so far when the time for all of it is over.
private func readLine(from descriptor: Int32, mostBytes: Int, seconds: Int) -> [UInt8] {
    let deadline = ContinuousClock.now + .seconds(seconds)
    var line: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1024)
    while line.count < mostBytes, isReady(descriptor, POLLIN, until: deadline) {
        let count = unsafe recv(descriptor, &block, block.count, Int32(MSG_DONTWAIT))
        if count < 0, errno == EINTR || errno == EAGAIN { continue }
        guard count > 0 else { break }
        line += block[..<count]
        if let end = line.firstIndex(of: UInt8(ascii: "\n")) { return Array(line[..<end]) }
    }
    return line
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32, seconds: Int) {
    let deadline = ContinuousClock.now + .seconds(seconds)
    var rest = bytes[...]
    while !rest.isEmpty, isReady(descriptor, POLLOUT, until: deadline) {
        let count = unsafe rest.withUnsafeBytes { unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) }
        if count < 0, errno == EINTR || errno == EAGAIN { continue }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
}

private func isReady(_ descriptor: Int32, _ event: Int32, until deadline: ContinuousClock.Instant) -> Bool {
    while true {
        let left = (deadline - .now) / .milliseconds(1)
        guard left > 0 else { return false }
        var waiting = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        let count = unsafe poll(&waiting, 1, Int32(left.rounded(.up)))
        if count > 0 { return true }
        if count < 0, errno != EINTR { return false }
    }
}
