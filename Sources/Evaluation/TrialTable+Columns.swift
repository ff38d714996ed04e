extension TrialTable {
    /// Adds a column, or replaces it, from values found by path; a trial without one has an empty field.
    ///
    /// This is how a measured level becomes a null, or the manifest's durations come to a list of trials that has none.
    public mutating func setColumn(_ column: String, _ valueOfPath: (String) -> String?) {
        precondition(!["path", "label", "score", "outcome"].contains(column), "\(column) is no group column")
        if !groupColumns.contains(column) { groupColumns.append(column) }
        for index in trials.indices {
            let value = valueOfPath(trials[index].path)
            trials[index].groups[column] = value?.isEmpty == true ? nil : value
        }
    }

    /// The trials' scores as a CSV of `path,score,outcome` that `join` reads back to the same bits.
    ///
    /// Natural log, positive is synthetic; an unscored trial has an empty field.
    public func scoresCSV() -> String {
        var text = "path,score,outcome\n"
        for trial in trials {
            text += "\(Self.quoted(trial.path)),\(trial.score.map { "\($0)" } ?? ""),\(trial.outcome?.rawValue ?? "")\n"
        }
        return text
    }

    private static func quoted(_ field: String) -> String {
        let mustQuote = field.utf8.contains { [UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains($0) }
        return mustQuote ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
    }
}
