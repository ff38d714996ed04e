/// The frames of an AMR file (RFC 4867, section 5): 20 ms each, the first byte of each says how long it is.
///
/// They are counted because a sender with DTX leaves silence out: a decoder has nothing to give for those frames, and ffmpeg
/// guesses the length from the bit rate.
struct AMRFrames: Equatable {
    private(set) var count = 0
    /// Comfort noise or nothing stands for speech somewhere.
    private(set) var holdsNotSent = false

    var seconds: Double { Double(count) / 50 }

    private static let narrow = [12, 13, 15, 17, 19, 20, 26, 31, 5, 0, 0, 0, 0, 0, 0, 0]
    private static let wide = [17, 23, 32, 36, 40, 46, 50, 58, 60, 5, 0, 0, 0, 0, 0, 0]
    private static let bytesPerRead = 1 << 20

    init(_ file: FileHandle, range: Range<Int>) {
        let isWide = file.bytes(at: range.lowerBound, count: 9).elementsEqual("#!AMR-WB\n".utf8)
        let (lengths, noise) = isWide ? (Self.wide, 9) : (Self.narrow, 8)
        var at = range.lowerBound + (isWide ? 9 : 6)
        while at < range.upperBound {
            let bytes = file.bytes(at: at, count: min(Self.bytesPerRead, range.upperBound - at))
            guard !bytes.isEmpty else { return }
            var offset = 0
            while offset < bytes.count {
                let kind = Int(bytes[offset] >> 3 & 0x0F)
                offset += 1 + lengths[kind]
                guard at + offset <= range.upperBound else { break }
                count += 1
                if kind >= noise { holdsNotSent = true }
            }
            at += offset
        }
    }
}
