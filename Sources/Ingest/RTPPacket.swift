/// One RTP packet's header and payload, by RFC 3550, section 5.1.
struct RTPPacket: Equatable {
    var payloadType: UInt8
    var sequence: UInt16
    /// Of the first sample, in units of the payload's clock, from a random start.
    var time: UInt32
    var source: UInt32
    var payload: [UInt8]

    init(payloadType: UInt8, sequence: UInt16, time: UInt32, source: UInt32, payload: [UInt8]) {
        self.payloadType = payloadType
        self.sequence = sequence
        self.time = time
        self.source = source
        self.payload = payload
    }

    /// - Returns: nil for what is no RTP packet of version 2.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 12, bytes[0] >> 6 == 2 else { return nil }
        var start = 12 + 4 * Int(bytes[0] & 0x0f)
        if bytes[0] & 0x10 != 0 {
            guard bytes.count >= start + 4 else { return nil }
            start += 4 + 4 * (Int(bytes[start + 2]) << 8 | Int(bytes[start + 3]))
        }
        var end = bytes.count
        if bytes[0] & 0x20 != 0 {
            guard let padding = bytes.last, padding > 0 else { return nil }
            end -= Int(padding)
        }
        guard start <= end else { return nil }
        func word(_ offset: Int) -> UInt32 { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        self.init(
            payloadType: bytes[1] & 0x7f, sequence: UInt16(bytes[2]) << 8 | UInt16(bytes[3]), time: word(4), source: word(8),
            payload: Array(bytes[start..<end]))
    }

    /// Whether it is RTCP on the same port (RFC 5761, section 4).
    static func isControl(_ bytes: [UInt8]) -> Bool { bytes.count >= 8 && bytes[0] >> 6 == 2 && (192...223).contains(bytes[1]) }

    /// The sources that an RTCP packet says goodbye for (RFC 3550, section 6.6).
    static func goodbyes(_ bytes: [UInt8]) -> [UInt32] {
        var sources: [UInt32] = []
        var start = 0
        while bytes.count - start >= 4, bytes[start] >> 6 == 2 {
            let length = 4 * (1 + (Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])))
            guard bytes.count - start >= length else { break }
            if bytes[start + 1] == 203 {
                for index in 0..<Int(bytes[start] & 0x1f) where 4 + 4 * index + 4 <= length {
                    sources.append(bytes[(start + 4 + 4 * index)..<(start + 8 + 4 * index)].reduce(0) { $0 << 8 | UInt32($1) })
                }
            }
            start += length
        }
        return sources
    }
}
