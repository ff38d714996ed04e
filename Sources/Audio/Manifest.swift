import Text

/// A list of recordings in a file: a path a line, or CSV with a column `path`.
struct Manifest {
    /// As they stand there, in order.
    let paths: [String]

    /// It is CSV when its first line, split at commas, holds a field `path`; otherwise each line that is not blank is a path.
    init(path: String) throws(AudioError) {
        let file = try FileHandle(readingRegularFile: path, displayName: path)
        // A list of paths is text of moderate length; a recording given by mistake is not read whole.
        let limitBytes = 256 << 20
        guard file.byteCount <= limitBytes else { throw AudioError(.limit, path: path, "a manifest of more than 256 MiB is not read") }
        let bytes = file.bytes(at: 0, count: file.byteCount)
        let isRecording = Container.of(file) != nil
        if isRecording {
            throw AudioError(.usage, path: path, "this is a recording, not a list of recordings", advice: "give it without --manifest")
        }
        if let problem = TextProblem.encoding(of: bytes) { throw AudioError(.usage, path: path, problem) }
        guard var text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
            throw AudioError(
                .usage, path: path, "this manifest is not UTF-8 text", advice: "give a file with a path a line, or CSV with a column path")
        }
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        let lines = text.split { $0 == "\n" || $0 == "\r\n" }
        let columns = lines.first?.split(separator: ",").map { $0.trimmed(of: [" ", "\""]) } ?? []
        if columns.count == 1, let problem = TextProblem.separator(of: columns[0]),
            columns[0].split(whereSeparator: { ";\t|".contains($0) }).contains(where: { $0.trimmed(of: [" ", "\""]) == "path" })
        {
            throw AudioError(.usage, path: path, "line 1: \(problem)")
        }
        paths = columns.contains("path") ? try Manifest.csvPaths(text, path: path) : lines.map { $0.trimmed(of: [" ", "\t"]) }.filter { !$0.isEmpty }
        guard !paths.isEmpty else { throw AudioError(.usage, path: path, "this manifest lists no recording") }
    }

    private static func csvPaths(_ text: String, path: String) throws(AudioError) -> [String] {
        do {
            let table = try CSVTable(name: path, text: text)
            let column = try table.required("path")
            return table.rows.map { $0.fields[column] }.filter { !$0.isEmpty }
        } catch {
            throw AudioError(.usage, path: nil, error.problems[0])
        }
    }
}

extension Substring {
    fileprivate func trimmed(of characters: Set<Character>) -> String {
        var rest = self
        while let first = rest.first, characters.contains(first) { rest.removeFirst() }
        while let last = rest.last, characters.contains(last) { rest.removeLast() }
        return String(rest)
    }
}
