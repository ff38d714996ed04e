import Foundation

/// A sender of RTP (RFC 3550), written by the document alone: the server's code has no part in it.
public final class RTPCaller {
    private let descriptor: Int32
    private let port: Int
    public var source: UInt32
    public var payloadType: UInt8
    public var sequence: UInt16 = 65_530
    public var time: UInt32 = 0xffff_ff00
    /// Units of the clock that one byte of payload stands for.
    public var unitsPerByte: Double

    public init(port: Int, source: UInt32 = 0xfeed, payloadType: UInt8 = 0, unitsPerByte: Double = 1) {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        self.port = port
        self.source = source
        self.payloadType = payloadType
        self.unitsPerByte = unitsPerByte
    }

    /// The next packet, with its time; what is not sent is lost.
    public func packet(_ payload: [UInt8], type: UInt8? = nil) -> [UInt8] {
        defer {
            sequence &+= 1
            time &+= UInt32(Double(payload.count) * unitsPerByte)
        }
        let words = [time, source].flatMap { word in (0..<4).reversed().map { UInt8(word >> (8 * UInt32($0)) & 255) } }
        return [0x80, type ?? payloadType, UInt8(sequence >> 8), UInt8(sequence & 255)] + words + payload
    }

    public func send(_ bytes: [UInt8]) {
        _ = withLoopbackAddress(port: port) { sendto(descriptor, bytes, bytes.count, 0, $0, $1) }
    }

    /// RTCP BYE, behind an empty receiver report as RFC 3550, 6.1 asks.
    public func goodbye() {
        let id = (0..<4).reversed().map { UInt8(source >> (8 * UInt32($0)) & 255) }
        send([0x80, 201, 0, 1] + id + [0x81, 203, 0, 1] + id)
    }

    deinit { close(descriptor) }
}

/// G.711 mu-law by its rule (G.711, table 2a): the code whose step holds a sample. Written apart from the decoder, for tests.
public func mulaw(_ sample: Int16) -> UInt8 {
    let magnitude = min(abs(Int(sample)) >> 2, 8158) + 33
    let segment = Int.bitWidth - 1 - magnitude.leadingZeroBitCount - 5
    let code = segment << 4 | (magnitude >> (segment + 1)) & 15
    return ~UInt8(code | (sample < 0 ? 0x80 : 0))
}
