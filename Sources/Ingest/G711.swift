/// ITU-T G.711 (11/1988): one byte a sample to 16-bit linear, as its tables 1a to 2b lay the codes out. Held to libsndfile's decoder by a test.
public enum G711 {
    public enum Law: Sendable, Equatable { case mu, a }

    /// All 256 values of a law.
    static func table(_ law: Law) -> [Int16] {
        (0...255).map { (code: Int) -> Int16 in
            switch law {
            case .mu:
                // Sent inverted; sign, three bits of segment, four of step, over a bias of 33 in units of 4.
                let bits = ~code & 0xff
                let magnitude = ((bits & 0x0f) << 3 + 0x84) << (bits >> 4 & 7) - 0x84
                return Int16(bits & 0x80 != 0 ? -magnitude : magnitude)
            case .a:
                // Even bits are sent inverted; the first segment is linear.
                let bits = code ^ 0x55
                let (segment, step) = (bits >> 4 & 7, (bits & 0x0f) << 4 + 8)
                let magnitude = segment == 0 ? step : (step + 0x100) << (segment - 1)
                return Int16(bits & 0x80 != 0 ? magnitude : -magnitude)
            }
        }
    }

    private static let mu = table(.mu)
    private static let a = table(.a)

    /// Appends the samples in the machine's byte order.
    public static func decode(_ codes: some Sequence<UInt8>, _ law: Law, into samples: inout [UInt8]) {
        let table = law == .mu ? mu : a
        for code in codes {
            let value = UInt16(bitPattern: table[Int(code)]).littleEndian
            samples.append(UInt8(truncatingIfNeeded: value))
            samples.append(UInt8(truncatingIfNeeded: value >> 8))
        }
    }
}

/// 16-bit samples as bytes.
enum Linear16 {
    static let isLittleEndian = UInt16(1).littleEndian == 1

    /// The two bytes of each sample the other way round; a half sample at the end is left out.
    static func swapped(_ bytes: [UInt8]) -> [UInt8] {
        var samples = bytes
        for offset in stride(from: 0, to: bytes.count - 1, by: 2) { samples.swapAt(offset, offset + 1) }
        if !bytes.count.isMultiple(of: 2) { samples.removeLast() }
        return samples
    }

    /// One channel of interleaved samples.
    static func channel(_ channel: Int, of count: Int, _ bytes: [UInt8]) -> [UInt8] {
        if count == 1 { return bytes }
        var samples: [UInt8] = []
        samples.reserveCapacity(bytes.count / count)
        for offset in stride(from: channel * 2, to: bytes.count - 1, by: count * 2) { samples += bytes[offset...offset + 1] }
        return samples
    }
}
