import Foundation

/// A synthesizer that a Debian package brings, and the voices the demo takes from it.
enum DemoSynthesizer: CaseIterable {
    case espeak, flite, festival

    var command: String {
        switch self {
        case .espeak: "espeak-ng"
        case .flite: "flite"
        case .festival: "text2wave"
        }
    }

    /// What people call it.
    var name: String { self == .festival ? "festival" : command }

    /// One line a voice, so that the call has several voices and each speaks for seconds.
    private var lines: [(voice: String, text: String)] {
        switch self {
        case .espeak:
            [
                ("en-gb", "Good morning. This is the customer service desk, calling about the order you placed last week."),
                ("en-us+f3", "The parcel is ready, but the address on the label is not complete. Could you help me with it?"),
            ]
        case .flite:
            [
                ("slt", "Thank you for waiting. I have found your file, and there are two small things we should talk about."),
                ("rms", "The first is the date of delivery. Would Thursday afternoon suit you, or is Friday better?"),
            ]
        case .festival:
            [("", "One more question, and then we are done. Is this still the best number to reach you in the evening?")]
        }
    }

    /// Speaks its lines into WAV files of the folder, in order.
    func speak(into folder: URL) throws(DemoError) -> [URL] {
        guard let program = CommandLineProgram(command) else { throw .missing(packages: [command]) }
        var files: [URL] = []
        for (index, line) in lines.enumerated() {
            let file = folder.appendingPathComponent("\(command)-\(index).wav")
            switch self {
            case .espeak: try program.run(["-v", line.voice, "-s", "155", "-w", file.path, line.text])
            case .flite: try program.run(["-voice", line.voice, "-t", line.text, "-o", file.path])
            case .festival: try program.run(["-o", file.path], input: line.text + "\n")
            }
            // text2wave without a voice ends with 0 and writes an empty file; a header alone has 44 bytes.
            let size = (try? FileManager.default.attributesOfItem(atPath: file.path)[.size]) as? Int ?? 0
            guard size > 44 else { throw .failed(command: command, words: "it spoke nothing; is a voice installed?") }
            files.append(file)
        }
        return files
    }
}
