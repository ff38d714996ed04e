import CSpanDSP

/// How a telephone system codes the samples that it sends.
enum SampleCoding: Sendable, Equatable {
    case ulaw, alaw
    /// 16-bit linear, little-endian or in network order.
    case linearLittle, linearBig
    /// ITU-T G.722 (11/1988) at 64 kbit/s: one byte is two samples at 16 kHz.
    case g722

    /// Bytes of the smallest piece that can be decoded.
    var pieceBytes: Int { self == .linearLittle || self == .linearBig ? 2 : 1 }
}

/// Decodes one channel of a call, piece by piece, to 16-bit samples in the machine's byte order.
struct SampleDecoder {
    let coding: SampleCoding
    private let g722: G722Decoder?

    init(_ coding: SampleCoding) {
        self.coding = coding
        g722 = coding == .g722 ? G722Decoder() : nil
    }

    /// - Parameter bytes: whole pieces; what is behind the last is left out.
    func decode(_ bytes: [UInt8]) -> [UInt8] {
        switch coding {
        case .ulaw, .alaw:
            var samples: [UInt8] = []
            samples.reserveCapacity(2 * bytes.count)
            G711.decode(bytes, coding == .ulaw ? .mu : .a, into: &samples)
            return samples
        case .linearLittle: return Linear16.isLittleEndian ? bytes : Linear16.swapped(bytes)
        case .linearBig: return Linear16.isLittleEndian ? Linear16.swapped(bytes) : bytes
        case .g722: return g722?.decode(bytes) ?? []
        }
    }
}

/// SpanDSP's G.722 decoder, which holds the state of one stream.
@safe private final class G722Decoder {
    private let state: OpaquePointer

    init() {
        guard let state = unsafe g722_decode_init(nil, 64_000, 0) else { fatalError("no memory for a G.722 decoder") }
        unsafe self.state = state
    }

    deinit { _ = unsafe g722_decode_free(state) }

    func decode(_ bytes: [UInt8]) -> [UInt8] {
        var samples = [Int16](repeating: 0, count: 2 * bytes.count)
        let count = unsafe g722_decode(state, &samples, bytes, Int32(bytes.count))
        return unsafe samples[..<Int(count)].withUnsafeBytes { unsafe Array($0) }
    }
}
