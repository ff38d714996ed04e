/// What kind of file this is, judged by its first bytes and never by its name.
struct Container: Equatable, Sendable {
    enum Decoder: Equatable, Sendable {
        case libsndfile
        case ffmpeg
    }

    /// For people: `WAV`, `MP4/M4A/3GP`.
    var name: String
    var decoder: Decoder
    /// ffmpeg's name for it. It is always given to ffmpeg, so that its own guessing (play lists, scripts that name
    /// other files) is never at work.
    var demuxer: String
    /// How long it is, where that was counted and is no estimate.
    var exactSeconds: Double?
    /// Its codec leaves out what is not worth sending, so that gaps are no loss.
    var holdsNotSent = false
    /// By its own count the file goes on behind its end.
    var isCutOff = false

    /// Its times count from the beginning of the recording, so that a late start is a gap. Elsewhere they begin anywhere.
    var timeStartsAtZero: Bool { demuxer == "mov" || demuxer == "matroska" }
    /// Its header states how long its sound is. Of the others ffmpeg guesses, or tells the length of another track.
    var statesItsLength: Bool { ["asf", "wv", "ape", "tta"].contains(demuxer) }

    private init(_ name: String, _ decoder: Decoder, demuxer: String) {
        self.name = name
        self.decoder = decoder
        self.demuxer = demuxer
    }

    init(headerless raw: RawFormat, demuxer: String) { self.init("headerless \(raw)", .ffmpeg, demuxer: demuxer) }

    /// Enough for every magic below, and for three frames of MPEG audio at the highest bit rate.
    static let prefixByteCount = 8192

    /// - Parameter start: where in the file it begins.
    static func of(_ file: FileHandle, at start: Int = 0) -> Container? {
        let prefix = file.bytes(at: start, count: prefixByteCount)
        guard prefix.starts(with: "ID3".utf8), prefix.count >= 10 else { return identify(prefix) }
        // An ID3v2 tag may stand before MP3, AAC or FLAC: what follows it decides. Its length has 7 bits a byte.
        let length = prefix[6..<10].reduce(0) { $0 << 7 | Int($1 & 0x7F) }
        return identify(file.bytes(at: start + 10 + length, count: prefixByteCount)) ?? mpegAudio(layer: 3)
    }

    /// MPEG audio or AAC that begins with something else: a recording that was joined in mid-frame, or junk of some sender.
    /// Asked for only where nothing else is known of a file.
    static func behindJunk(_ file: FileHandle) -> Container? {
        let bytes = file.bytes(at: 0, count: searchedByteCount)
        for offset in bytes.indices where bytes[offset] == 0xFF {
            if MPEGAudioHeader.startsChain(bytes, at: offset, as: .layer, frames: 6) {
                return mpegAudio(layer: MPEGAudioHeader.layer(bytes[offset + 1]))
            }
            if MPEGAudioHeader.startsChain(bytes, at: offset, as: .adts, frames: 6) { return Container("AAC", .ffmpeg, demuxer: "aac") }
        }
        return nil
    }

    private static let searchedByteCount = 1 << 16

    private static func mpegAudio(layer: Int) -> Container { Container("MP\(layer)", .ffmpeg, demuxer: "mp3") }

    static func identify(_ bytes: [UInt8]) -> Container? {
        func has(_ magic: String, at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: magic.utf8) }
        func has(_ magic: [UInt8], at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: magic) }

        if (has("RIFF") || has("RIFX")), has("WAVE", at: 8) { return Container("WAV", .libsndfile, demuxer: "wav") }
        if has("RF64") || has("BW64") { return Container("RF64", .libsndfile, demuxer: "wav") }
        if has("riff"), has([0x2E, 0x91, 0xCF, 0x11], at: 4) { return Container("W64", .libsndfile, demuxer: "w64") }
        if has("fLaC") { return Container("FLAC", .libsndfile, demuxer: "flac") }
        if has("OggS") { return Container("Ogg", .ffmpeg, demuxer: "ogg") }
        if has("caff") { return Container("CAF", .libsndfile, demuxer: "caf") }
        if has(".snd") || has("dns.") { return Container("AU", .libsndfile, demuxer: "au") }
        if has("FORM"), has("AIFF", at: 8) || has("AIFC", at: 8) { return Container("AIFF", .libsndfile, demuxer: "aiff") }
        if has("NIST_1A") { return Container("NIST SPHERE", .libsndfile, demuxer: "nistsphere") }
        if has("Creative Voice File") { return Container("VOC", .libsndfile, demuxer: "voc") }

        if has([0x0B, 0x77]), bytes.count > 6, bytes[5] >> 3 <= 16 {
            return Container("AC-3", .ffmpeg, demuxer: bytes[5] >> 3 > 10 ? "eac3" : "ac3")
        }
        if has("#!AMR") { return Container("AMR", .ffmpeg, demuxer: "amr") }
        if ["ftyp", "moov", "mdat", "wide"].contains(where: { has($0, at: 4) }) {
            return Container("MP4/M4A/3GP", .ffmpeg, demuxer: "mov")
        }
        if has([0x1A, 0x45, 0xDF, 0xA3]) { return Container("WebM/Matroska", .ffmpeg, demuxer: "matroska") }
        if has([0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11]) { return Container("WMA/ASF", .ffmpeg, demuxer: "asf") }
        if has("RIFF"), has("AVI ", at: 8) { return Container("AVI", .ffmpeg, demuxer: "avi") }
        if has("RIFF"), has("QLCM", at: 8) { return Container("QCP", .ffmpeg, demuxer: "qcp") }
        if has("FLV\u{1}") { return Container("FLV", .ffmpeg, demuxer: "flv") }
        if has([0x00, 0x00, 0x01, 0xBA]) { return Container("MPEG program stream", .ffmpeg, demuxer: "mpeg") }
        if [0, 188, 376].allSatisfy({ has([0x47], at: $0) }) { return Container("MPEG transport stream", .ffmpeg, demuxer: "mpegts") }
        if has("wvpk") { return Container("WavPack", .ffmpeg, demuxer: "wv") }
        if has("MAC ") { return Container("Monkey's Audio", .ffmpeg, demuxer: "ape") }
        if has("TTA1") { return Container("TTA", .ffmpeg, demuxer: "tta") }
        if has([0x02, 0x64, 0x73, 0x73]) || has([0x03, 0x64, 0x73, 0x73]) { return Container("DSS", .ffmpeg, demuxer: "dss") }

        if MPEGAudioHeader.startsChain(bytes, as: .adts) { return Container("AAC", .ffmpeg, demuxer: "aac") }
        if MPEGAudioHeader.startsChain(bytes, as: .layer) { return mpegAudio(layer: MPEGAudioHeader.layer(bytes[1])) }
        return nil
    }
}

/// Frame headers of MPEG audio (ISO 11172-3, 13818-3) and of AAC in ADTS (ISO 13818-7).
///
/// Their sync word is a mere eleven set bits, and silence in raw µ-law is all set bits: so three valid frames have to
/// stand one behind the other before a file is believed to be either.
enum MPEGAudioHeader {
    enum Family { case adts, layer }

    /// Whether so many frames stand one behind the other, or as many as there are up to the end of `bytes`; those of the layers
    /// agree in version, layer and rate.
    static func startsChain(_ bytes: [UInt8], at start: Int = 0, as family: Family, frames: Int = 3) -> Bool {
        var offset = start
        for _ in 0..<frames {
            guard let length = frameLength(bytes, at: offset, family), length > 0 else { return false }
            let differs = (bytes[offset + 1] ^ bytes[start + 1]) & 0x1E != 0 || (bytes[offset + 2] ^ bytes[start + 2]) & 0x0C != 0
            if family == .layer, differs { return false }
            offset += length
            if offset == bytes.count, start == 0 { return true }  // a file of one or two frames
        }
        return true
    }

    /// Where frames begin that are of another family or have another rate than those before them, in a file that holds nothing else. Tags and
    /// damage are passed over.
    static func changes(in file: FileHandle, _ first: Family) -> [Int] {
        var (changes, base, bytes, family) = ([Int](), 0, file.bytes(at: 0, count: bytesPerRead), first)
        var (offset, rate) = (0, UInt8?.none)
        while changes.count < mostChanges {
            // Three frames of any kind fit behind it.
            if bytes.count - offset < 1 << 14, base + bytes.count < file.byteCount {
                base += offset
                offset = 0
                bytes = file.bytes(at: base, count: bytesPerRead)
            }
            guard offset + 7 <= bytes.count else { return changes }
            guard bytes[offset] == 0xFF, let length = frameLength(bytes, at: offset, family) else {
                let other: Family = family == .layer ? .adts : .layer
                if rate != nil, bytes[offset] == 0xFF, startsChain(bytes, at: offset, as: other, frames: 6) {
                    changes.append(base + offset)
                    (family, rate) = (other, nil)
                } else {
                    offset += 1
                }
                continue
            }
            let own = family == .layer ? bytes[offset + 1] & 0x18 | bytes[offset + 2] & 0x0C : bytes[offset + 2] & 0x3C
            if own != rate {
                // One alone is damage.
                guard startsChain(bytes, at: offset, as: family) else {
                    offset += 1
                    continue
                }
                if rate != nil { changes.append(base + offset) }
                rate = own
            }
            offset += length
        }
        return changes
    }

    private static let bytesPerRead = 1 << 18
    private static let mostChanges = 64

    /// 1 to 3, from the header's second byte.
    static func layer(_ second: UInt8) -> Int { 4 - Int(second >> 1 & 0x03) }

    private static let kilobits: [[Int]] = [
        [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448], [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320], [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ]

    private static func frameLength(_ bytes: [UInt8], at offset: Int, _ family: Family) -> Int? {
        guard offset + 7 <= bytes.count, bytes[offset] == 0xFF else { return nil }
        let second = bytes[offset + 1], third = bytes[offset + 2]
        switch family {
        case .adts:
            guard second & 0xF6 == 0xF0, third >> 2 & 0x0F < 13 else { return nil }
            let length = Int(bytes[offset + 3] & 0x03) << 11 | Int(bytes[offset + 4]) << 3 | Int(bytes[offset + 5]) >> 5
            return length >= 7 ? length : nil
        case .layer:
            let version = second >> 3 & 0x03  // 0: MPEG 2.5, 2: MPEG 2, 3: MPEG 1
            guard second & 0xE0 == 0xE0, version != 1, second & 0x06 != 0 else { return nil }
            let bitRateIndex = Int(third >> 4), rateIndex = Int(third >> 2 & 0x03), layer = layer(second)
            guard (1...14).contains(bitRateIndex), rateIndex < 3 else { return nil }
            let bits = 1000 * kilobits[version == 3 ? layer - 1 : layer == 1 ? 3 : 4][bitRateIndex - 1]
            let rate = [44_100, 48_000, 32_000][rateIndex] / (version == 3 ? 1 : version == 2 ? 2 : 4)
            let padding = Int(third >> 1 & 1)
            if layer == 1 { return (12 * bits / rate + padding) * 4 }
            return (layer == 3 && version != 3 ? 72 : 144) * bits / rate + padding
        }
    }
}
