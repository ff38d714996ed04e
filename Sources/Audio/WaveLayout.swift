/// Where the sound of a WAV or RF64 file lies: every data chunk of every file that stands in it one behind the other.
///
/// Rule: a length in a header is believed as far as the file goes. Where it cannot be true and is one that programs write who
/// do not know the length yet (sox, GStreamer, ffmpeg, arecord on a pipe, a recorder that died), all that follows is sound, up
/// to where another WAV begins.
struct WaveLayout: Equatable {
    /// Sound in one piece.
    struct Part: Equatable {
        /// The `fmt ` chunk's content.
        var format: [UInt8]
        /// Of the file's bytes.
        var range: Range<Int>
        /// Where the WAV that it stands in begins.
        var start = 0
        /// What the header promises to be there; nil where it leaves the length open.
        var promisedBytes: Int?
        /// A recorder died before it wrote any length.
        var isUnfilled = false
        var isBigEndian = false

        private func number(_ offset: Int, _ count: Int) -> Int {
            let bytes = format[offset..<offset + count]
            return Int((isBigEndian ? Array(bytes) : bytes.reversed()).reduce(0) { $0 << 8 | UInt64($1) })
        }

        var channelCount: Int { number(2, 2) }
        var sampleRate: Int { number(4, 4) }
        var byteRate: Int { number(8, 4) }

        var truncationWarning: String? {
            guard let promisedBytes, byteRate > 0 else { return nil }
            return HeaderPromise.truncationWarning(
                promised: Double(promisedBytes) / Double(byteRate), present: Double(range.count) / Double(byteRate))
        }

        /// A header that says what is there: RIFF, or RF64 where its 32 bits do not suffice.
        var header: [UInt8] {
            let isLong = range.count > 0xFFF0_0000
            func word(_ value: Int) -> [UInt8] {
                let bytes = (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
                return isBigEndian ? bytes.reversed() : bytes
            }
            let formatChunk = Array("fmt ".utf8) + word(format.count) + format + (format.count % 2 == 1 ? [0] : [])
            let dataChunk = Array("data".utf8) + word(isLong ? 0xFFFF_FFFF : range.count)
            guard isLong else {
                return Array((isBigEndian ? "RIFX" : "RIFF").utf8) + word(4 + formatChunk.count + 8 + range.count) + Array("WAVE".utf8)
                    + formatChunk + dataChunk
            }
            let total = 4 + 36 + formatChunk.count + 8 + range.count
            func long(_ value: Int) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
            return Array("RF64".utf8) + word(0xFFFF_FFFF) + Array("WAVEds64".utf8) + word(28) + long(total) + long(range.count) + long(0)
                + word(0) + formatChunk + dataChunk
        }
    }

    private(set) var parts: [Part] = []
    /// Bytes behind the last chunk that are none themselves: another recording that was appended, or rubbish.
    private(set) var strayBytes = 0

    /// A well-made file has a handful of chunks; a hostile one shall not keep us busy.
    private static let mostChunks = 4096
    /// A `fmt ` chunk has 16 to 40 bytes, with a codec's table some hundred.
    private static let mostFormatBytes = 1 << 12

    /// Nil where the file is no WAV. `parts` is empty where no sound is found in it.
    init?(_ file: FileHandle) {
        guard WaveLayout.isHeader(file.bytes(at: 0, count: 12)) else { return nil }
        let end = file.byteCount
        var at = 0
        var format: [UInt8] = []
        var data64: Int?
        var isBigEndian = false
        var riff = 0
        for _ in 0..<WaveLayout.mostChunks {
            let head = file.bytes(at: at, count: 12)
            if WaveLayout.isHeader(head) {
                isBigEndian = head.starts(with: "RIFX".utf8)
                (format, data64, riff) = ([], nil, at)
                at += 12
                continue
            }
            guard head.count >= 8, head.prefix(4).allSatisfy({ (0x20...0x7E).contains($0) }) else {
                strayBytes = max(0, end - at)
                break
            }
            let lengthBytes = Array(head[4..<8])
            let length = Int((isBigEndian ? lengthBytes.reversed() : lengthBytes).littleEndian(at: 0, bytes: 4))
            let start = at + 8
            if head.starts(with: "fmt ".utf8) { format = file.bytes(at: start, count: min(length, WaveLayout.mostFormatBytes)) }
            if head.starts(with: "ds64".utf8) {
                let sizes = file.bytes(at: start, count: 16)
                if sizes.count == 16 { data64 = Int(clamping: sizes.littleEndian(at: 8, bytes: 8)) }
            }
            guard head.starts(with: "data".utf8) else {
                at = start + length + length % 2
                continue
            }
            guard format.count >= 16 else { break }
            var part = Part(format: format, range: start..<start, start: riff, isBigEndian: isBigEndian)
            let promised = length == 0xFFFF_FFFF ? data64 ?? length : length
            let cannotBeTrue = promised > end - start || promised == 0
            if cannotBeTrue, WaveLayout.isOpen(promised), promised > 0 || WaveLayout.holdsMoreThanChunks(file, from: start) {
                let next = WaveLayout.nextHeader(in: file, from: start)
                part.range = start..<(next ?? end)
                part.isUnfilled = promised == 0
            } else {
                part.range = start..<min(end, start + min(promised, end))
                part.promisedBytes = promised
            }
            if !part.range.isEmpty { parts.append(part) }
            at = part.range.upperBound
            // A chunk of odd length has one byte more, which some leave out.
            if at % 2 != start % 2, !WaveLayout.isChunk(file, at: at) { at += 1 }
        }
    }

    /// Lengths that stand for "not known yet": 0, and what is close to the ends of 31, 32 and 63 bits.
    private static func isOpen(_ length: Int) -> Bool {
        length == 0 || (0x7FFF_0000...0x8000_FFFF).contains(length) || (0xFFFF_0000...0xFFFF_FFFF).contains(length) || length > Int.max >> 1
    }

    private static func isHeader(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 12 && ["RIFF", "RIFX", "RF64", "BW64"].contains { bytes.starts(with: $0.utf8) } && bytes[8..<12].elementsEqual("WAVE".utf8)
    }

    private static func isChunk(_ file: FileHandle, at offset: Int) -> Bool {
        let head = file.bytes(at: offset, count: 8)
        return head.count == 8 && head.prefix(4).allSatisfy { (0x20...0x7E).contains($0) }
    }

    private static func holdsMoreThanChunks(_ file: FileHandle, from offset: Int) -> Bool {
        let next = file.bytes(at: offset, count: 8)
        guard next.count == 8 else { return false }
        return !(isChunk(file, at: offset) && offset + 8 + Int(next.littleEndian(at: 4, bytes: 4)) <= file.byteCount)
    }

    /// Where another WAV begins in sound whose end is not known.
    private static func nextHeader(in file: FileHandle, from start: Int) -> Int? {
        for mark in ["RIFF", "RIFX", "RF64"] {
            if let found = file.offsets(of: Array(mark.utf8), from: start, where: { isHeader(file.bytes(at: $0, count: 12)) }).first { return found }
        }
        return nil
    }
}
