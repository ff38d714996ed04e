import Foundation

/// The loopback address with a port, as the calls of sockets take it: the address, then its size.
func withLoopbackAddress<Result>(port: Int, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) throws -> Result) rethrows -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return try withUnsafeMutablePointer(to: &address) { pointer in
        try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { try body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
}

/// A TCP connection to a port of this machine.
func connectedSocket(port: Int) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard withLoopbackAddress(port: port, { connect(descriptor, $0, $1) }) == 0 else {
        let fault = POSIXError(POSIXErrorCode(rawValue: errno) ?? .ECONNREFUSED)
        close(descriptor)
        throw fault
    }
    return descriptor
}

/// Sends all of it; false when the other side has closed.
func sendAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
        let count = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { return false }
        sent += count
    }
    return true
}

/// A port of this machine that nobody listens on.
public func freePort() -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    return withLoopbackAddress(port: 0) { address, size in
        var size = size
        _ = bind(descriptor, address, size)
        _ = getsockname(descriptor, address, &size)
        return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { Int(in_port_t(bigEndian: $0.pointee.sin_port)) }
    }
}
