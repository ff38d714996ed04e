import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// Many callers of AudioSocket on one thread, each paced by the monotonic clock as a telephone is: 20 ms of sound every 20 ms, in a rhythm of
/// its own. By the protocol's document alone; the server's code has no part in it.
///
/// A caller that the other side does not read from keeps its rhythm: what the socket does not take waits, and goes out late. How late the thread
/// itself comes to a packet is counted: where it has no core of its own, thousands of calls are too many for it.
final class VirtualCallers: @unchecked Sendable {
    struct Caller {
        /// The 16 bytes of its id, as 32 hexadecimal digits.
        var id: String
        /// When its first packet was due, in nanoseconds of the monotonic clock.
        var startNanoseconds: UInt64
        fileprivate var socket: Int32
        fileprivate var firstPacket: Int
        fileprivate var isHangingUp = false
        /// Packets that went out whole.
        fileprivate(set) var packets = 0
        /// Of the present packet.
        fileprivate var sentBytes = 0
    }

    static let packetSeconds = 0.02
    static let sampleRate = 8000
    static var framesPerPacket: Int { Int(packetSeconds * Double(sampleRate)) }

    private(set) var callers: [Caller] = []
    /// Processor time that the callers themselves took.
    private(set) var processorSeconds = 0.0
    /// How late it came to each packet, in milliseconds, the last for all that were later.
    private var latePackets = [Int](repeating: 0, count: 1001)
    private let packets: [[UInt8]]
    private let seconds: Double
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - sound: at 8 kHz; each caller says it over and over, from a place of its own.
    ///   - spreadSeconds: their first packets are due within so long, evenly: calls do not begin together.
    init(count: Int, port: Int, sound: [Int16], seconds: Double, spreadSeconds: Double) throws {
        self.seconds = seconds
        let frames = Self.framesPerPacket
        let bytes = 2 * frames
        packets = (0..<sound.count / frames).map { index in
            [0x10, UInt8(bytes >> 8), UInt8(bytes & 255)]
                + sound[index * frames..<(index + 1) * frames].flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        }
        let now = Self.now() + 300_000_000
        for index in 0..<count {
            var id = [UInt8](repeating: 0, count: 16)
            for place in 0..<4 { id[place] = UInt8(truncatingIfNeeded: index >> (8 * place)) }
            callers.append(
                Caller(
                    id: id.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined(),
                    startNanoseconds: now + UInt64(spreadSeconds * 1e9 * Double(index) / Double(count)), socket: try Self.connect(port),
                    firstPacket: index * 7919 % packets.count))
            let greeting: [UInt8] = [0x01, 0, 16] + id
            guard unsafe send(callers[index].socket, greeting, greeting.count, Int32(MSG_NOSIGNAL)) == greeting.count
            else { throw POSIXError(.EPIPE) }
        }
    }

    static func now() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// What 99 in 100 packets were sent within, behind the moment at which they were due.
    var lateMilliseconds: Double {
        var left = latePackets.reduce(0, +) / 100
        for milliseconds in latePackets.indices.reversed() {
            left -= latePackets[milliseconds]
            if left < 0 { return Double(milliseconds) }
        }
        return 0
    }

    /// When the packet was due that holds a frame of a caller's sound.
    func due(ofFrame frame: Int, caller: Int) -> UInt64 {
        callers[caller].startNanoseconds + UInt64(frame / Self.framesPerPacket) * UInt64(Self.packetSeconds * 1e9)
    }

    func start() {
        let thread = Thread { [self] in
            speak()
            var usage = rusage()
            unsafe getrusage(__rusage_who_t(1), &usage)  // RUSAGE_THREAD
            func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
            processorSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime)
            ended.signal()
        }
        thread.name = "callers"
        thread.start()
    }

    /// Waits until all have said everything and hung up.
    func wait() {
        ended.wait()
        for caller in callers { close(caller.socket) }
    }

    private func speak() {
        let period = UInt64(Self.packetSeconds * 1e9)
        let total = Int(seconds / Self.packetSeconds)
        let first = callers[0].startNanoseconds
        // In one period each has one moment, so a turn through all in the order of those is in order of time.
        let order = callers.indices.sorted { (callers[$0].startNanoseconds - first) % period < (callers[$1].startNanoseconds - first) % period }
        let lastTurn = total + Int((callers[callers.count - 1].startNanoseconds - first) / period)
        for turn in 0..<lastTurn {
            for index in order {
                let packet = turn - Int((callers[index].startNanoseconds - first) / period)
                guard 0..<total ~= packet else { continue }
                let due = callers[index].startNanoseconds + UInt64(packet) * period
                sleep(until: due)
                latePackets[min(Int((Self.now() - due) / 1_000_000), latePackets.count - 1)] += 1
                push(index, upTo: packet + 1)
            }
        }
        for index in callers.indices {
            _ = fcntl(callers[index].socket, F_SETFL, fcntl(callers[index].socket, F_GETFL) & ~O_NONBLOCK)
            push(index, upTo: total)
            let bye: [UInt8] = [0, 0, 0]
            _ = unsafe send(callers[index].socket, bye, bye.count, Int32(MSG_NOSIGNAL))
        }
    }

    private func push(_ index: Int, upTo count: Int) {
        while callers[index].packets < count {
            let packet = packets[(callers[index].firstPacket + callers[index].packets) % packets.count]
            let left = packet.count - callers[index].sentBytes
            let sent = unsafe packet.withUnsafeBytes {
                unsafe send(
                    callers[index].socket, $0.baseAddress! + callers[index].sentBytes, left,
                    Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            callers[index].sentBytes += sent
            guard callers[index].sentBytes == packet.count else { return }
            callers[index].sentBytes = 0
            callers[index].packets += 1
        }
    }

    private func sleep(until time: UInt64) {
        guard Self.now() < time else { return }
        var target = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        while unsafe clock_nanosleep(CLOCK_MONOTONIC, Int32(TIMER_ABSTIME), &target, nil) == EINTR {}
    }

    private static func connect(_ port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        unsafe address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(
                    descriptor, $0,
                    socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .ECONNREFUSED) }
        var on: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        return descriptor
    }
}
