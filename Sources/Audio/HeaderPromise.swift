/// What the header of an AU file claims, read without believing it; WAV has a `WaveLayout`.
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
    /// The header of `file`; nil when it is of another kind or too short to say.
    init?(_ file: FileHandle) {
        let head = file.bytes(at: 0, count: 28)
        guard head.count >= 12 else { return nil }
        guard head.starts(with: ".snd".utf8) else { return nil }
        self.init(auHeader: head, fileByteCount: file.byteCount)
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

    static func duration(_ seconds: Double) -> String {
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
