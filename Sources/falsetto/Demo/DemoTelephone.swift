import Foundation

/// Joins recordings to one call as a telephone carries it, with sox.
struct DemoTelephone {
    var sox: CommandLineProgram
    /// For the parts; the caller removes it.
    var work: URL

    /// Silence after each part in turn, seconds: people do not pause by the clock.
    private static let pauses = [0.7, 1.1, 0.5, 0.9]

    /// - Parameter parts: any format that sox reads, at least one.
    func join(_ parts: [URL], into call: URL) throws(DemoError) {
        var prepared: [String] = []
        for (index, part) in parts.enumerated() {
            let file = work.appendingPathComponent("\(call.lastPathComponent)-\(index).wav")
            let pause = String(Self.pauses[index % Self.pauses.count])
            // Level first, so that no voice stands out by being loud; -D: no dither, the same bytes every time.
            try sox.run(["-D", part.path, "-c", "1", "-r", "8000", "-b", "16", "-e", "signed", file.path, "gain", "-n", "-4", "pad", "0", pause])
            prepared.append(file.path)
        }
        try sox.run(["-D"] + prepared + ["-e", "u-law", call.path, "sinc", "300-3400"])
    }
}
