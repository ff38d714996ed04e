import Glibc

/// Recordings that stand in one file one behind the other, as `cat` and recorders that append leave them, and as Ogg allows for
/// ("chained"). Every decoder stops at the end of the first, or loses its place in time.
enum JoinedFiles {
    /// Where each begins and ends, in order; one range for a file that holds one recording.
    static func ranges(of file: FileHandle, _ container: Container) -> [Range<Int>] {
        let end = file.byteCount
        var starts: [Int] = []
        switch container.demuxer {
        case "ogg": starts = oggLinks(file)
        case "flac": starts = file.offsets(of: Array("fLaC".utf8), from: 1) { file.bytes(at: $0 + 5, count: 3) == [0, 0, 0x22] }
        case "amr":
            starts = file.offsets(of: Array("#!AMR".utf8), from: 1) { offset in
                [Array("\n".utf8), Array("-WB\n".utf8)].contains { file.bytes(at: offset + 5, count: $0.count) == $0 }
            }
        case "au": starts = file.offsets(of: Array(".snd".utf8), from: 1) { isAU(file.bytes(at: $0, count: 24)) }
        case "aiff": starts = file.offsets(of: Array("FORM".utf8), from: 1) { file.bytes(at: $0 + 8, count: 3) == Array("AIF".utf8) }
        case "matroska":
            starts = file.offsets(of: [0x1A, 0x45, 0xDF, 0xA3], from: 1) { offset in
                let head = file.bytes(at: offset, count: 64)
                return ["webm", "matroska"].contains { head.firstRange(of: Array($0.utf8)) != nil }
            }
        case "mov": starts = movies(file)
        case "caf": starts = file.offsets(of: Array("caff".utf8) + [0, 1, 0, 0], from: 1) { file.bytes(at: $0 + 8, count: 4) == Array("desc".utf8) }
        case "voc": starts = file.offsets(of: Array("Creative Voice File\u{1A}".utf8), from: 1) { _ in true }
        case "nistsphere": starts = file.offsets(of: Array("NIST_1A\n".utf8), from: 1) { _ in true }
        case "w64": starts = file.offsets(of: Array("riff".utf8) + [0x2E, 0x91, 0xCF, 0x11, 0xA5, 0xD6, 0x28, 0xDB], from: 1) { _ in true }
        case "asf":
            let header: [UInt8] = [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C]
            starts = file.offsets(of: header, from: 1) { _ in true }
        case "wv": starts = file.offsets(of: Array("wvpk".utf8), from: 1) { isFirstBlock(file.bytes(at: $0, count: 32)) }
        // Decoders of bare frames take what is none of them for damage, and are silent about it; at another rate they lose their place in time.
        case "mp3": starts = MPEGAudioHeader.changes(in: file, .layer)
        case "aac": starts = MPEGAudioHeader.changes(in: file, .adts)
        default: break
        }
        if let others = headers(file, behind: container.demuxer) { starts = Set(starts + others).sorted() }
        // A decoder is started for each; what is joined more often than any recorder does goes to the last of them.
        let edges = [0] + starts.prefix(mostParts - 1) + [end]
        return zip(edges, edges.dropFirst()).map { $0..<$1 }.filter { !$0.isEmpty }
    }

    private static let mostParts = 64

    /// Where a WAV, FLAC or Ogg begins behind a recording of another kind; nil where the kind's own walk finds what follows it.
    private static func headers(_ file: FileHandle, behind demuxer: String) -> [Int]? {
        if ["wav", "ogg", "mov", "avi", "qcp"].contains(demuxer) { return nil }
        let waves = file.offsets(of: Array("RIFF".utf8), from: 1) { file.bytes(at: $0 + 8, count: 8) == Array("WAVEfmt ".utf8) }
        // In Matroska it stands before each track of FLAC.
        let flacs =
            ["flac", "matroska"].contains(demuxer)
            ? [] : file.offsets(of: Array("fLaC".utf8), from: 1) { file.bytes(at: $0 + 5, count: 3) == [0, 0, 0x22] }
        // An Ogg's first page begins a stream, at its beginning.
        let oggs = file.offsets(of: Array("OggS".utf8) + [0, 2, 0, 0, 0, 0, 0, 0, 0, 0], from: 1) { _ in true }
        return waves + flacs + oggs.prefix(1)
    }

    /// Whether a container that counts its own bytes ends before it should: the outermost atom of a film, the segment of Matroska, the last
    /// page of an Ogg.
    static func isCutOff(_ file: FileHandle, _ container: Container, range: Range<Int>) -> Bool {
        var at = range.lowerBound
        switch container.demuxer {
        case "mov":
            for _ in 0..<1 << 16 where at + 8 <= range.upperBound {
                guard let length = atomLength(file.bytes(at: at, count: 16)), length > 0 else { return false }
                guard length <= range.upperBound - at else { return true }
                at += length
            }
            return at < range.upperBound
        case "matroska":
            for _ in 0..<16 where at < range.upperBound {
                let head = file.bytes(at: at, count: 12)
                guard head.count == 12 else { return false }
                let name = head[0].leadingZeroBitCount + 1
                guard name <= 4, head[name] != 0 else { return false }
                let width = head[name].leadingZeroBitCount + 1
                let mask = UInt64(1) << UInt64(7 * width) - 1
                let size = head[name..<min(12, name + width)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } & mask
                guard size != mask, size < UInt64(Int.max >> 1) else { return false }
                guard Int(size) <= range.upperBound - at - name - width else { return true }
                at += name + width + Int(size)
            }
            return false
        case "ogg":
            let tail = file.bytes(at: max(at, range.upperBound - mostPageBytes), count: min(mostPageBytes, range.count))
            let last = tail.indices.reversed().first { tail[$0] == UInt8(ascii: "O") && tail[$0...].starts(with: "OggS\0".utf8) }
            return last.map { pageLength(tail[$0...]) ?? .max > tail.count - $0 } ?? false
        default: return false
        }
    }

    /// Of an Ogg (RFC 3533).
    private static let mostPageBytes = 65_307

    /// Nil where its header is not all there.
    private static func pageLength(_ page: ArraySlice<UInt8>) -> Int? {
        let head = Array(page.prefix(27 + 255))
        guard head.count >= 27, head.count >= 27 + Int(head[26]) else { return nil }
        return 27 + Int(head[26]) + head[27..<27 + Int(head[26])].reduce(0) { $0 + Int($1) }
    }

    /// Nil where there is none; 0 for one that goes to the end of the file.
    private static func atomLength(_ head: [UInt8]) -> Int? {
        guard head.count >= 8 else { return nil }
        let short = head[0..<4].reduce(0) { $0 << 8 | Int($1) }
        guard short == 1 else { return short == 0 || short >= 8 ? short : nil }
        guard head.count == 16 else { return nil }
        let long = Int(clamping: head[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        return long >= 16 ? long : nil
    }

    private static func isAU(_ head: [UInt8]) -> Bool {
        guard head.count == 24 else { return false }
        func word(_ index: Int) -> Int { head[index * 4..<index * 4 + 4].reduce(0) { $0 << 8 | Int($1) } }
        return (24...65_536).contains(word(1)) && (1...27).contains(word(3)) && AudioLimits.sampleRates.contains(word(4))
            && AudioLimits.channelCounts.contains(word(5))
    }

    /// WavPack: block 0 of the sound, and of its channels the first.
    private static func isFirstBlock(_ head: [UInt8]) -> Bool {
        head.count == 32 && head[16..<20].allSatisfy { $0 == 0 } && head[25] & 0x08 != 0
            && head[20..<24].contains { $0 != 0 }
    }

    /// The pages that begin a link (RFC 3533): first pages of a stream behind pages that are not; and recordings of other kinds behind pages.
    private static func oggLinks(_ file: FileHandle) -> [Int] {
        let end = file.byteCount
        var (at, starts, isBehindPages, damages) = (0, [Int](), false, 0)
        while at + 27 <= end, damages < 256 {
            let page = file.bytes(at: at, count: 27 + 255)
            guard page.starts(with: "OggS\0".utf8), let length = pageLength(page[...]) else {
                if isBehindPages, let other = Container.of(file, at: at), other.demuxer != "ogg" { starts.append(at) }
                // Damage: the next page is looked for.
                guard let next = file.offsets(of: Array("OggS".utf8), from: at + 1, most: 1, where: { _ in true }).first else { break }
                at = next
                damages += 1
                continue
            }
            let isFirst = page[5] & 2 != 0
            if isFirst, isBehindPages { starts.append(at) }
            isBehindPages = !isFirst
            at += length
        }
        return starts
    }

    /// The `ftyp` atoms behind a complete film: one that has its `moov` and its `mdat`; and what else begins where its atoms end.
    private static func movies(_ file: FileHandle) -> [Int] {
        var (at, starts, seen) = (0, [Int](), Set<[UInt8]>())
        let end = file.byteCount
        for _ in 0..<1 << 16 where at + 8 <= end {
            let head = file.bytes(at: at, count: 16)
            guard head.count >= 8 else { break }
            let name = Array(head[4..<8])
            if name == Array("ftyp".utf8), seen.isSuperset(of: [Array("moov".utf8), Array("mdat".utf8)]) {
                starts.append(at)
                seen = []
            }
            seen.insert(name)
            guard let length = atomLength(head), length > 0, length <= end - at else {
                // An atom that is cut off is no other recording.
                let isWhole = seen.isSuperset(of: [Array("moov".utf8), Array("mdat".utf8)])
                if isWhole, let other = Container.of(file, at: at), other.demuxer != "mov" { starts.append(at) }
                break
            }
            at += length
        }
        return starts
    }
}

extension FileHandle {
    /// Where `pattern` stands in the file and `condition` holds, in order.
    func offsets(of pattern: [UInt8], from start: Int, most: Int = 1 << 12, where condition: (Int) -> Bool) -> [Int] {
        let step = 1 << 20
        var (found, base, examined) = ([Int](), start, 0)
        while found.count < most, examined < 1 << 16 {
            let bytes = bytes(at: base, count: step + pattern.count - 1)
            guard bytes.count >= pattern.count else { break }
            let places = Self.places(of: pattern, in: bytes)
            for offset in places where found.count < most && condition(base + offset) { found.append(base + offset) }
            examined += places.count
            base += step
        }
        return found
    }

    private static func places(of pattern: [UInt8], in bytes: [UInt8]) -> [Int] {
        unsafe bytes.withUnsafeBytes { bytes in
            let end = bytes.count - pattern.count
            var (result, at) = ([Int](), 0)
            while at <= end, let hit = unsafe memchr(bytes.baseAddress! + at, Int32(pattern[0]), end + 1 - at) {
                let offset = unsafe UnsafeRawPointer(hit) - bytes.baseAddress!
                if unsafe memcmp(bytes.baseAddress! + offset, pattern, pattern.count) == 0 { result.append(offset) }
                at = offset + 1
            }
            return result
        }
    }
}
