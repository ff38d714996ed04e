import Foundation
import Screening
import Testing

@testable import Reporting

@Suite struct PNGTests {
    @Test func checksumsMatchTheirPublishedCheckValues() {
        // The check value of CRC-32/ISO-HDLC, and Adler-32 of the same text: python3 -c "import zlib; print(hex(zlib.adler32(b'123456789')))"
        #expect(PNG.crc32(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(PNG.adler32(Array("123456789".utf8)) == 0x091E_01DE)
        #expect(PNG.adler32([UInt8](repeating: 255, count: 200_000)) == 0x14D0_6057)
    }

    @Test func aSmallPictureIsTheKnownFile() {
        // Built apart from this code with Python's struct.pack, zlib.crc32 and zlib.adler32; zlib.decompress reads its data.
        let bytes = PNG.paletted(width: 2, height: 2, pixels: [0, 1, 1, 0], palette: [[255, 0, 0], [0, 0, 255]])
        let base64 = Data(bytes).base64EncodedString()
        #expect(
            base64 == "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAMAAABFaP0WAAAABlBMVEX/AAAAAP9sof2OAAAAEUlEQVR4AQEGAPn/AAABAAEAAAwAA0i7YjsAAAAASUVORK5CYII=")
    }

    /// The data between the chunks, with every chunk's length and checksum held to the file.
    private func chunks(_ png: [UInt8]) -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        var at = 8
        func number(_ at: Int) -> Int { png[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
        while at < png.count {
            let length = number(at)
            let body = Array(png[at + 4..<at + 8 + length])
            #expect(number(at + 8 + length) == Int(PNG.crc32(body)))
            found[String(decoding: body.prefix(4), as: UTF8.self)] = Array(body.dropFirst(4))
            at += 12 + length
        }
        return found
    }

    @Test(arguments: [1, 65_534, 65_535, 65_536, 200_000]) func storedBlocksHoldTheDataWhateverItsLength(count: Int) {
        let data = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let stored = PNG.zlibStored(data)
        var at = 2
        var read: [UInt8] = []
        var isLast = false
        while !isLast {
            isLast = stored[at] == 1
            let length = Int(stored[at + 1]) | Int(stored[at + 2]) << 8
            #expect(Int(stored[at + 3]) | Int(stored[at + 4]) << 8 == length ^ 0xFFFF)
            read += stored[at + 5..<at + 5 + length]
            at += 5 + length
        }
        #expect(read == data)
        #expect(stored.count == at + 4)
    }

    @Test(arguments: [1, 40, 1200, 1201, 54_000]) func aSpectrogramOfAnyLengthHasAtMostTwelveHundredColumns(columns: Int) throws {
        let overview = SpectrogramOverview(
            columnSeconds: 0.2, levels: (0..<columns * 64).map { UInt8($0 % 64 < 8 ? 90 : 20) })
        let image = try #require(SpectrogramImage(overview, bands: 32))
        #expect(image.width <= 1200 && image.width >= min(columns, 600))
        #expect(image.height == 32)
        // Low bands are loud and at the bottom; the top rows are silent.
        #expect(image.pixels.prefix(image.width).allSatisfy { $0 == 0 })
        #expect(image.pixels.suffix(image.width * 8).allSatisfy { $0 == 255 })
        let png = PNG.paletted(width: image.width, height: 32, pixels: image.pixels, palette: SpectrogramImage.palette)
        #expect(Set(chunks(png).keys) == ["IHDR", "PLTE", "IDAT", "IEND"])
        #expect(chunks(png)["PLTE"]?.count == 768)
    }

    @Test func silenceIsWhiteAndNothingHasNoPicture() throws {
        #expect(SpectrogramImage(SpectrogramOverview(columnSeconds: 0.2)) == nil)
        let silent = try #require(SpectrogramImage(SpectrogramOverview(columnSeconds: 0.2, levels: Array(repeating: 0, count: 640))))
        #expect(silent.pixels.allSatisfy { $0 == 0 })
    }
}
