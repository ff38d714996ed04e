/// How to read a file without a header, as exchanges and recorders of telephone lines write them.
public struct RawFormat: Sendable, Equatable, CustomStringConvertible {
    public enum Encoding: String, Sendable, CaseIterable {
        /// G.711 µ-law, one byte a sample.
        case ulaw
        /// G.711 A-law, one byte a sample.
        case alaw
        /// Signed linear, 16 bits, least significant byte first.
        case s16le
        /// GSM 06.10 full rate, 33 bytes for 160 samples, one channel.
        case gsm
        /// G.722 at 64 kbit/s: 16 kHz, one channel.
        case g722
        /// Dialogic's ADPCM, 4 bits a sample, one channel.
        case vox
        /// G.729 at 8 kbit/s, 10 bytes for 80 samples: 8 kHz, one channel.
        case g729
        /// G.723.1, 24 or 20 bytes for 240 samples: 8 kHz, one channel.
        case g723

        /// ffmpeg's name for it, where ffmpeg decodes it.
        var demuxer: String? {
            switch self {
            case .g722: "g722"
            case .g729: "g729"
            case .g723: "g723_1"
            case .ulaw, .alaw, .s16le, .gsm, .vox: nil
            }
        }
    }

    public var encoding: Encoding
    /// In Hz.
    public var sampleRate: Int
    public var channelCount: Int

    public init(_ encoding: Encoding, sampleRate: Int? = nil, channelCount: Int = 1) {
        self.encoding = encoding
        self.sampleRate = sampleRate ?? (encoding == .g722 ? 16_000 : 8_000)
        self.channelCount = channelCount
    }

    public var description: String { "\(encoding.rawValue):\(sampleRate):\(channelCount)" }

    /// Reads `encoding[:rate[:channels]]`, for instance `ulaw`, `alaw:8000` or `s16le:16000:2`.
    ///
    /// The rate is 8000 where none is given (16000 for g722), and there is one channel.
    /// Throws: `AudioError` of kind `usage` that says which part is at fault.
    public init(parsing text: String) throws(AudioError) {
        func fault(_ problem: String) -> AudioError {
            AudioError(.usage, path: nil, "raw format '\(text)': \(problem)", advice: "give ENCODING[:RATE[:CHANNELS]], such as ulaw:8000:1")
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count) else { throw fault("more than three parts") }
        guard let encoding = Encoding(rawValue: parts[0].lowercased()) else {
            throw fault("the encoding is none of \(Encoding.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.init(encoding)
        if parts.count > 1 {
            guard let rate = Int(parts[1]), AudioLimits.sampleRates.contains(rate) else {
                throw fault("the rate is no number from \(AudioLimits.sampleRates.lowerBound) to \(AudioLimits.sampleRates.upperBound)")
            }
            sampleRate = rate
        }
        if parts.count > 2 {
            guard let channels = Int(parts[2]), AudioLimits.channelCounts.contains(channels) else {
                throw fault("the channels are no number from \(AudioLimits.channelCounts.lowerBound) to \(AudioLimits.channelCounts.upperBound)")
            }
            channelCount = channels
        }
        if encoding == .g722, sampleRate != 16_000 { throw fault("g722 is 16000 Hz") }
        if encoding == .g729 || encoding == .g723, sampleRate != 8000 { throw fault("\(encoding.rawValue) is 8000 Hz") }
        if ![.ulaw, .alaw, .s16le].contains(encoding), channelCount != 1 { throw fault("\(encoding.rawValue) has one channel") }
    }

    /// The format that Asterisk's and sox's file suffixes stand for; nil for any other suffix. Where the two differ, Asterisk's
    /// meaning holds: `.pcm` is µ-law and `.raw` signed linear at 8 kHz, since its recordings are of telephone calls.
    ///
    /// Only a suggestion: it is used where the content begins with no known magic, since a `.gsm` file may be a WAV.
    public static func suggested(forPath path: String) -> RawFormat? {
        switch pathSuffix(path) {
        case "ulaw", "ul", "ulw", "mulaw", "mu", "pcm": RawFormat(.ulaw)
        case "alaw", "al", "alw": RawFormat(.alaw)
        case "gsm": RawFormat(.gsm)
        case "g722": RawFormat(.g722)
        case "vox": RawFormat(.vox)
        case "g729", "g729a": RawFormat(.g729)
        case "g723", "g723sf", "g7231": RawFormat(.g723)
        case "sln", "slin", "sln8", "raw": RawFormat(.s16le)
        case "sln12": RawFormat(.s16le, sampleRate: 12_000)
        case "sln16": RawFormat(.s16le, sampleRate: 16_000)
        case "sln24": RawFormat(.s16le, sampleRate: 24_000)
        case "sln32": RawFormat(.s16le, sampleRate: 32_000)
        case "sln44": RawFormat(.s16le, sampleRate: 44_100)
        case "sln48": RawFormat(.s16le, sampleRate: 48_000)
        case "sln96": RawFormat(.s16le, sampleRate: 96_000)
        case "sln192": RawFormat(.s16le, sampleRate: 192_000)
        default: nil
        }
    }
}

/// What follows the last dot of the last component, in lower case; empty without a dot.
func pathSuffix(_ path: String) -> String {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return "" }
    return name[name.index(after: dot)...].lowercased()
}
