import ArgumentParser
import Audio
import Reporting
import Screening
import Text

/// The arguments that say what to screen; shared by every command that reads recordings.
struct RecordingInput: ParsableArguments {
    @Argument(help: ArgumentHelp("Recordings, folders (searched through), or - for standard input.", valueName: "path"))
    var paths: [String] = []

    @Option(help: ArgumentHelp("A file that lists recordings: a path a line, or CSV with a column `path`.", valueName: "file"))
    var manifest: String?

    @Option(
        help: ArgumentHelp(
            "Headerless recordings: ulaw, alaw, s16le, gsm, vox, g722, g723 or g729, as in ulaw:8000:1.", valueName: "encoding[:rate[:channels]]"))
    var raw: String?

    @Option(help: ArgumentHelp("Screen this channel only: left, right or a number, and what to call it. Repeatable.", valueName: "[name=]channel"))
    var leg: [String] = []

    func choices() throws -> [LegChoice] { try leg.map { try LegChoice(parsing: $0) } }

    /// The recordings found, and what was wrong on the way to them. What was passed over in folders is said at once.
    ///
    /// - Parameter hearing: hears standard input while it comes in.
    func sources(hearing: (@Sendable (ArrivingInput, RawFormat?) -> Void)? = nil) throws -> (sources: [RecordingSource], problems: [AudioError]) {
        let format = try raw.map { try RawFormat(parsing: $0) }
        var finder = RecordingFinder()
        let start = ContinuousClock.now
        let redraws = Console.errorRedraws
        finder.progress = { count in
            let words = "falsetto: looking for recordings: \(count) files so far"
            guard ContinuousClock.now - start > .seconds(2) else { return }
            if redraws { Console.note(BatchProgress.eraseLine + words) } else if count % 10_000 == 0 { Console.note(words + "\n") }
        }
        for path in paths { finder.add(path: path) }
        if let manifest { try finder.add(manifest: manifest) }
        if redraws { Console.note(BatchProgress.eraseLine) }
        if let line = Self.passedOver(finder.passedOver) { Console.complain(line) }
        var problems = finder.problems
        var hears: (@Sendable (ArrivingInput) -> Void)?
        if let hearing { hears = { hearing($0, format) } }
        let sources = finder.paths.compactMap { path -> RecordingSource? in
            guard path == StandardInputSpool.displayName else { return .path(path, raw: format) }
            do throws(AudioError) { return .standardInput(try StandardInputSpool(hearing: hears), raw: format) } catch {
                problems.append(error)
                return nil
            }
        }
        return (sources, problems)
    }

    /// One line that counts and names them; nil for none.
    static func passedOver(_ files: [String]) -> String? {
        guard !files.isEmpty else { return nil }
        let most = 10
        let names = files.prefix(most).map(\.escapedForTerminal).joined(separator: ", ")
        return "\(files.count) \(files.count == 1 ? "file" : "files") passed over, no recording by name or content: \(names)"
            + (files.count > most ? " and \(files.count - most) more" : "")
    }
}
