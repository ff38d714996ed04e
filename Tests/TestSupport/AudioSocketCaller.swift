import Foundation

/// A caller of AudioSocket, written by its document alone: the server's code has no part in it.
public final class AudioSocketCaller {
    private let descriptor: Int32

    public init(port: Int) throws {
        descriptor = try connectedSocket(port: port)
    }

    /// False when the other side has closed.
    @discardableResult public func send(_ bytes: [UInt8]) -> Bool { sendAll(bytes, to: descriptor) }

    @discardableResult
    public func say(_ kind: UInt8, _ payload: [UInt8] = []) -> Bool { send([kind, UInt8(payload.count >> 8), UInt8(payload.count & 255)] + payload) }

    public func begin(_ id: UInt8 = 7) { say(1, [UInt8](repeating: id, count: 16)) }

    /// - Parameter kind: 0x10 is 8 kHz, 0x12 is 16 kHz.
    public func speak(_ samples: [Int16], kind: UInt8 = 0x12, piece: Int = 320) {
        for start in stride(from: 0, to: samples.count, by: piece) {
            say(
                kind,
                samples[start..<min(start + piece, samples.count)].flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })
        }
    }

    /// Whether the other side closes within so long.
    public func sawClose(within seconds: Double = 60) -> Bool {
        var waits = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var byte: UInt8 = 0
        return poll(&waits, 1, Int32(seconds * 1000)) == 1 && recv(descriptor, &byte, 1, 0) <= 0
    }

    /// What the other side says until it closes.
    public func answer() -> String {
        var bytes: [UInt8] = [], block = [UInt8](repeating: 0, count: 1024)
        while true {
            let count = recv(descriptor, &block, block.count, 0)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += block[..<count]
        }
    }

    /// Breaks the connection without a word.
    public func drop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Hangs up, and waits until the call has ended there.
    public func hangUp() {
        say(0)
        _ = sawClose()
    }

    deinit { close(descriptor) }
}
