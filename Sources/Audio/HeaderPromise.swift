/// What the header of a WAV, RF64 or AU file claims, read without believing it.
///
/// libsndfile silently mends wrong lengths. Whoever screens a cut-off recording should hear that it is cut off, and
/// which limit an impossible header breaks, so the few fields that say so are read here.
struct HeaderPromise: Equatable {
    var channelCount: Int
    var sampleRate: Int
    /// What the data's length and byte rate amount to; nil where the header leaves the length open, as programs that
    /// write to a pipe do.
    var seconds: Double?
    /// How long the data that the header announces can be at most, the file being as long as it is.
    var secondsPresent: Double?
    /// A WAV whose recorder died before it wrote the length: something that is no chunk stands behind a data chunk of length 0.
    var isUnfilled = false

    /// The header of `file`; nil when it is of another kind or too short to say.
    init?(_ file: FileHandle) {
        let head = file.bytes(at: 0, count: 28)
        guard head.count >= 12 else { return nil }
        if head.starts(with: ".snd".utf8) {
            self.init(auHeader: head, fileByteCount: file.byteCount)
        } else if head.starts(with: "RIFF".utf8) || head.starts(with: "RF64".utf8) || head.starts(with: "BW64".utf8) {
            self.init(waveIn: file)
        } else {
            return nil
        }
    }

    private init?(auHeader head: [UInt8], fileByteCount: Int) {
        guard head.count >= 24 else { return nil }
        func word(_ index: Int) -> Int { head[index * 4..<index * 4 + 4].reduce(0) { $0 << 8 | Int($1) } }
        channelCount = word(5)
        sampleRate = word(4)
        let bytesPerSample = [1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1][word(3)]
        let length = word(2)
        guard let bytesPerSample, length != 0xFFFF_FFFF, channelCount > 0, sampleRate > 0 else { return }
        let byteRate = Double(bytesPerSample) * Double(channelCount) * Double(sampleRate)
        seconds = Double(length) / byteRate
        secondsPresent = Double(max(0, fileByteCount - word(1))) / byteRate
    }

    private init?(waveIn file: FileHandle) {
        var offset = 12
        var data64: Int?
        var format: [UInt8] = []
        var data: (length: Int, offset: Int)?
        // A well-made file has its few chunks at the front; a hostile one shall not keep us busy.
        for _ in 0..<64 {
            let chunk = file.bytes(at: offset, count: 8)
            guard chunk.count == 8 else { break }
            let length = Int(chunk.littleEndian(at: 4, bytes: 4))
            let name = chunk.prefix(4)
            if name.elementsEqual("fmt ".utf8) { format = file.bytes(at: offset + 8, count: min(length, 16)) }
            if name.elementsEqual("ds64".utf8) {
                let sizes = file.bytes(at: offset + 8, count: 16)
                if sizes.count == 16 { data64 = Int(clamping: sizes.littleEndian(at: 8, bytes: 8)) }
            }
            if name.elementsEqual("data".utf8) {
                data = (length, offset + 8)
                break
            }
            offset += 8 + length + length & 1
        }
        guard format.count >= 12 else { return nil }
        channelCount = Int(format.littleEndian(at: 2, bytes: 2))
        sampleRate = Int(format.littleEndian(at: 4, bytes: 4))
        if let data, data.length == 0 { isUnfilled = HeaderPromise.holdsMoreThanChunks(file, from: data.offset) }
        let byteRate = Double(format.littleEndian(at: 8, bytes: 4))
        guard let data, byteRate > 0 else { return }
        // 0, 0xFFFFFFFF and their neighbours stand for "not known yet" (ffmpeg and sox on a pipe); RF64 has its own field.
        let promised = data.length == 0xFFFF_FFFF ? data64 : data.length
        guard let promised, promised > 0, promised < 0xFFFF_F000 || data64 != nil, !(0x7FFF_F000...0x7FFF_FFFF).contains(promised) else { return }
        seconds = Double(promised) / byteRate
        secondsPresent = Double(max(0, file.byteCount - data.offset)) / byteRate
    }

    private static func holdsMoreThanChunks(_ file: FileHandle, from offset: Int) -> Bool {
        let next = file.bytes(at: offset, count: 8)
        guard next.count == 8 else { return false }
        let isChunk = next.prefix(4).allSatisfy { (0x20...0x7E).contains($0) } && offset + 8 + Int(next.littleEndian(at: 4, bytes: 4)) <= file.byteCount
        return !isChunk
    }

    /// One line when clearly less is there than the header promises; nil otherwise.
    var truncationWarning: String? {
        guard let seconds, let secondsPresent else { return nil }
        return HeaderPromise.truncationWarning(promised: seconds, present: secondsPresent)
    }

    /// A tenth of a second is less than any cut that matters, and more than the padding of any block code.
    static func truncationWarning(promised: Double, present: Double) -> String? {
        guard promised - present > 0.1 else { return nil }
        return "truncated: the header promises \(duration(promised)), \(duration(present)) are there"
    }

    private static func duration(_ seconds: Double) -> String {
        if seconds >= 100 { return "\(Int(min(seconds, 1e15).rounded())) s" }
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}

extension [UInt8] {
    /// The unsigned number in `count` bytes from `offset`, least significant first.
    func littleEndian(at offset: Int, bytes count: Int) -> UInt64 {
        self[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
