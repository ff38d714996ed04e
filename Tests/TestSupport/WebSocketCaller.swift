import Foundation

/// A WebSocket client of RFC 6455, written by the document alone: the server's code has no part in it.
public final class WebSocketCaller {
    private let descriptor: Int32
    private var received: [UInt8] = []
    /// What the server answered the handshake with: its first line and its headers.
    public private(set) var answer = ""

    /// - Parameters:
    ///   - target: path and query of the request.
    ///   - headers: lines of the request beside those of the handshake.
    public init(port: Int, target: String = "/", headers: [String] = []) throws {
        descriptor = try connectedSocket(port: port)
        send(Array(Self.request(port: port, target: target, headers: headers).utf8))
        while !answer.hasSuffix("\r\n\r\n"), let byte = read(1)?.first { answer.unicodeScalars.append(Unicode.Scalar(byte)) }
    }

    public static func request(port: Int, target: String = "/", headers: [String] = []) -> String {
        ([
            "GET \(target) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ] + headers).joined(separator: "\r\n") + "\r\n\r\n"
    }

    /// RFC 6455, 1.3: the answer to that key.
    public var isIn: Bool { answer.hasPrefix("HTTP/1.1 101 ") && answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") }

    @discardableResult public func send(_ bytes: [UInt8]) -> Bool { sendAll(bytes, to: descriptor) }

    /// RFC 6455, 5.2: a masked frame.
    public static func frame(_ opcode: UInt8, _ payload: [UInt8], isLast: Bool = true, mask: [UInt8]? = [0x37, 0xfa, 0x21, 0x3d]) -> [UInt8] {
        var bytes: [UInt8] = [(isLast ? 0x80 : 0) | opcode]
        let marked: UInt8 = mask == nil ? 0 : 0x80
        switch payload.count {
        case ..<126: bytes.append(marked | UInt8(payload.count))
        case ..<65_536: bytes += [marked | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: bytes += [marked | 127] + (0..<8).reversed().map { UInt8(payload.count >> (8 * $0) & 255) }
        }
        guard let mask else { return bytes + payload }
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
    }

    @discardableResult public func text(_ text: String) -> Bool { send(Self.frame(1, Array(text.utf8))) }
    @discardableResult public func binary(_ bytes: [UInt8]) -> Bool { send(Self.frame(2, bytes)) }

    /// The next frame's kind and payload; nil when the other side has closed.
    public func next() -> (opcode: UInt8, payload: [UInt8])? {
        guard let head = read(2) else { return nil }
        var count = Int(head[1] & 127)
        if count == 126 {
            guard let more = read(2) else { return nil }
            count = Int(more[0]) << 8 | Int(more[1])
        }
        return read(count).map { (head[0] & 15, $0) }
    }

    public func nextText() -> String? { next().map { String(decoding: $0.payload, as: UTF8.self) } }

    private func read(_ count: Int) -> [UInt8]? {
        var block = [UInt8](repeating: 0, count: 4096)
        while received.count < count {
            var waits = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waits, 1, 60_000) == 1 else { return nil }
            let came = recv(descriptor, &block, block.count, 0)
            guard came > 0 else { return nil }
            received += block[..<came]
        }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    /// Reads on until the other side closes; the code that it said goodbye with, or nil.
    public func goodbye() -> Int? {
        var code: Int?
        while let frame = next() {
            if frame.opcode == 8, frame.payload.count >= 2 { code = Int(frame.payload[0]) << 8 | Int(frame.payload[1]) }
        }
        return code
    }

    /// Says goodbye as RFC 6455, 7.1 has it, and waits until it is answered.
    public func hangUp() {
        send(Self.frame(8, [0x03, 0xe8]))
        _ = goodbye()
    }

    /// Breaks the connection without a word.
    public func drop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    deinit { close(descriptor) }
}
