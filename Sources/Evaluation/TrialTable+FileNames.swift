import Text

extension TrialTable {
    /// The rows of a score file by the paths of the trials that have the same file name.
    func rowsByName(_ rowOfPath: [String: Int], of scores: CSVTable) throws(TableError) -> [String: Int] {
        var rowOfName: [Substring: Int] = [:]
        rowOfName.reserveCapacity(rowOfPath.count)
        var problems: [String] = []
        for (path, row) in rowOfPath.sorted(by: { $0.value < $1.value }) {
            if let first = rowOfName.updateValue(row, forKey: Self.fileName(path)) {
                problems.append(
                    "\(scores.place(scores.rows[row])): the name \(Self.fileName(path)) has a score on line \(scores.rows[first].line) already")
            }
        }
        var result: [String: Int] = [:]
        var pathOfRow: [Int: String] = [:]
        for trial in trials {
            guard let row = rowOfName[Self.fileName(trial.path)] else { continue }
            result[trial.path] = row
            if let first = pathOfRow.updateValue(trial.path, forKey: row) {
                problems.append(
                    "\(scores.place(scores.rows[row])): \(Self.fileName(trial.path)) could be \(first) or \(trial.path); give whole paths")
            }
        }
        // A name twice harms only where names are what matches.
        guard problems.isEmpty || result.isEmpty else { throw TableError(problems) }
        return result
    }

    /// A path without folders and without the suffix of an audio file; other dots belong to the name.
    private static func fileName(_ path: String) -> Substring {
        let last = path.split(separator: "/").last ?? Substring(path)
        guard let dot = last.lastIndex(of: "."), audioSuffixes.contains(last[dot...].dropFirst().lowercased()) else { return last }
        return last[..<dot]
    }

    private static let audioSuffixes: Set<String> = ["wav", "flac", "mp3", "ogg", "opus", "m4a", "aac", "sph", "aiff", "wma", "webm"]
}
