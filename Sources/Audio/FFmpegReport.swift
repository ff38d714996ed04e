import Glibc

/// What ffmpeg says on its standard error. Only hints are taken from it, and whether the coder is one with DTX.
struct FFmpegReport {
    /// As the container states it.
    var durationSeconds: Double?
    /// The first sound track's encoding, such as `aac`.
    var encoding: String?
    var soundTrackCount = 0
    var lastLine = "no reason given"

    init(_ text: String) {
        var isInput = true
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.drop { $0 == " " }
            if words.hasPrefix("Output #") { isInput = false }
            if isInput, words.hasPrefix("Duration: "), durationSeconds == nil {
                durationSeconds = FFmpegReport.seconds(words.dropFirst("Duration: ".count).prefix { $0 != "," })
            }
            if isInput, words.hasPrefix("Stream #"), let range = words.firstRange(of: ": Audio: ") {
                soundTrackCount += 1
                if encoding == nil { encoding = String(words[range.upperBound...].prefix { $0 != " " && $0 != "," }) }
            }
            if !words.isEmpty { lastLine = String(words.prefix(200)) }
        }
    }

    /// Why there was no sound at all.
    func openingError(status: Int32, containerName: String, displayName: String) -> AudioError {
        if lastLine.contains("matches no streams") || lastLine.contains("To ignore this, add a trailing") {
            return AudioError(.noAudio, path: displayName, "this \(containerName) file has no sound track")
        }
        return AudioError(.childFailed, path: displayName, "ffmpeg cannot decode this \(containerName) file: \(reason(status: status))")
    }

    /// Its last words, or which limit it ran into.
    func reason(status: Int32) -> String {
        switch status {
        case 128 + SIGKILL, 128 + SIGXCPU: "it used up its processor time"
        case 128 + SIGXFSZ: "it tried to write a file"
        case 128...: "it died of signal \(status - 128)"
        default: lastLine
        }
    }

    /// `HH:MM:SS.cc`; nil for `N/A`.
    private static func seconds(_ text: Substring) -> Double? {
        let parts = text.split(separator: ":").map { Double($0) }
        guard parts.count == 3, let hours = parts[0], let minutes = parts[1], let seconds = parts[2] else { return nil }
        let total = hours * 3600 + minutes * 60 + seconds
        return total > 0 && total < 1e6 ? total : nil
    }
}
