/// The smallest honest PNG: eight bits a pixel through a palette, deflate's stored blocks, no compression.
///
/// Own code because it is fifty lines and an image library would be one more thing to install; the spectrogram it is for
/// is at most 1200 by 64 pixels. After the PNG specification, third edition (W3C 2023), and RFC 1950, RFC 1951.
enum PNG {
    /// - Parameters:
    ///   - pixels: `width * height` indices into the palette, top row first.
    ///   - palette: 1 to 256 colours, red first.
    static func paletted(width: Int, height: Int, pixels: [UInt8], palette: [SIMD3<UInt8>]) -> [UInt8] {
        precondition(width > 0 && height > 0 && pixels.count == width * height, "a PNG needs width times height pixels")
        precondition((1...256).contains(palette.count), "a PNG's palette holds 1 to 256 colours")
        var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        // Depth 8, colour type 3 (palette), deflate, adaptive filters, not interlaced.
        chunk("IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 3, 0, 0, 0], to: &bytes)
        chunk("PLTE", palette.flatMap { [$0.x, $0.y, $0.z] }, to: &bytes)
        var rows: [UInt8] = []
        rows.reserveCapacity((width + 1) * height)
        for row in 0..<height {
            rows.append(0)  // filter type None
            rows += pixels[row * width..<(row + 1) * width]
        }
        chunk("IDAT", zlibStored(rows), to: &bytes)
        chunk("IEND", [], to: &bytes)
        return bytes
    }

    static func zlibStored(_ data: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x78, 0x01]
        var start = 0
        repeat {
            let end = min(start + 65_535, data.count)
            let length = UInt16(end - start)
            bytes.append(end == data.count ? 1 : 0)
            bytes += [UInt8(truncatingIfNeeded: length), UInt8(length >> 8)]
            bytes += [UInt8(truncatingIfNeeded: ~length), UInt8(~length >> 8)]
            bytes += data[start..<end]
            start = end
        } while start < data.count
        return bytes + bigEndian(adler32(data))
    }

    private static func chunk(_ type: String, _ data: [UInt8], to bytes: inout [UInt8]) {
        let body = Array(type.utf8) + data
        bytes += bigEndian(UInt32(data.count)) + body + bigEndian(crc32(body))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }

    static func crc32(_ data: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in data { crc = crc >> 8 ^ crcTable[Int((crc ^ UInt32(byte)) & 255)] }
        return ~crc
    }

    private static let crcTable: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
    }

    static func adler32(_ data: [UInt8]) -> UInt32 {
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in data {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return b << 16 | a
    }
}
