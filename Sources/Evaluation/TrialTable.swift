import Foundation
import Text

/// The trials of a manifest, in its order.
public struct TrialTable: Sendable {
    /// What error lines and reports call the table.
    public var name: String
    public var trials: [Trial]
    /// The manifest's columns besides `path`, `label`, `score` and `outcome`, in order.
    public var groupColumns: [String]

    public init(name: String, trials: [Trial], groupColumns: [String] = []) {
        self.name = name
        self.trials = trials
        self.groupColumns = groupColumns
    }

    /// Which columns of a CSV file are the path and the label, where they do not bear those names.
    public struct Columns: Sendable, Equatable {
        public var path: String
        public var label: String

        public init(path: String = "path", label: String = "label") {
            self.path = path
            self.label = label
        }
    }

    /// Reads a manifest file; see `init(_:columns:)`.
    public init(contentsOf file: URL, columns: Columns = Columns()) throws(TableError) {
        try self.init(CSVTable(contentsOf: file), columns: columns)
    }

    /// Reads a manifest: a path and a label are needed, `score` (positive is synthetic) and `outcome` are read where
    /// they exist, every other column is a group.
    ///
    /// - Throws: `TableError`, all problems at once by line: an empty or repeated path, a label, score or outcome
    ///   that is none.
    public init(_ csv: CSVTable, columns: Columns = Columns()) throws(TableError) {
        let path = try csv.required(columns.path)
        let label = try csv.required(columns.label)
        let score = csv.index(of: "score")
        let outcome = csv.index(of: "outcome")
        let others = csv.columns.indices.filter { ![path, label, score, outcome].contains($0) }

        var problems: [String] = []
        var trials: [Trial] = []
        trials.reserveCapacity(csv.rows.count)
        var lineOfPath: [String: Int] = [:]
        lineOfPath.reserveCapacity(csv.rows.count)
        for row in csv.rows {
            let fields = row.fields
            if fields[path].isEmpty { problems.append("\(csv.place(row)): the path is empty") }
            if let first = lineOfPath.updateValue(row.line, forKey: fields[path]) {
                problems.append("\(csv.place(row)): \(fields[path]) stands on line \(first) already; a trial counts once")
            }
            guard let label = Trial.Label(word: fields[label]) else {
                problems.append(
                    "\(csv.place(row)): unknown label \"\(fields[label])\"; use \(Trial.Label.words)")
                continue
            }
            var trial = Trial(path: fields[path], label: label, line: row.line)
            if let score {
                do throws(TableError) {
                    trial.score = try parsedScore(fields[score], at: csv.place(row))
                } catch { problems += error.problems }
            }
            if let outcome, !fields[outcome].isEmpty {
                trial.outcome = Trial.Outcome(rawValue: fields[outcome])
                if trial.outcome == nil {
                    problems.append(
                        "\(csv.place(row)): unknown outcome \"\(fields[outcome])\"; use human, synthetic, inconclusive or leave it empty")
                }
            }
            for column in others where !fields[column].isEmpty { trial.groups[csv.columns[column]] = fields[column] }
            trials.append(trial)
        }
        guard problems.isEmpty else { throw TableError(problems) }
        guard !trials.isEmpty else { throw TableError("\(csv.name): a header and no rows: there is nothing to evaluate") }
        self.init(name: csv.name, trials: trials, groupColumns: others.map { csv.columns[$0] })
    }

    /// How a score file met the table.
    public struct Joined: Sendable, Equatable {
        /// Trials that got a score.
        public var scored: Int
        /// Trials that are without one now.
        public var unscored: Int
        /// Rows of the score file that name no trial of the table; they count nowhere.
        public var ignored: Int
    }

    /// Gives every trial the score (and outcome, where the file has that column) that a `path,score` file holds for its
    /// path. Scores the table had before are forgotten; an empty score field is an unscored trial.
    ///
    /// Where not one path is in the table, rows and trials are matched by the file's name without folder and suffix: published
    /// score files name utterances.
    ///
    /// - Parameter higherIsHuman: The system's scores grow with humanness: each is negated.
    /// - Throws: `TableError`, all problems at once by line: a path twice, a score that is no finite number, a `label`
    ///   that is not the trial's; or when not one path is in the table, or a name stands for two trials.
    @discardableResult
    public mutating func join(_ scores: CSVTable, higherIsHuman: Bool = false) throws(TableError) -> Joined {
        let path = try scores.required("path")
        let score = try scores.required("score")
        let outcome = scores.index(of: "outcome")
        var problems: [String] = []
        var rowOfPath: [String: Int] = [:]
        rowOfPath.reserveCapacity(scores.rows.count)
        var values = [Double?](repeating: nil, count: scores.rows.count)
        for (index, row) in scores.rows.enumerated() {
            if let first = rowOfPath.updateValue(index, forKey: row.fields[path]) {
                problems.append(
                    "\(scores.place(row)): \(row.fields[path]) has a score on line \(scores.rows[first].line) already")
            }
            do throws(TableError) {
                values[index] = try parsedScore(row.fields[score], at: scores.place(row)).map { higherIsHuman ? -$0 : $0 }
            } catch { problems += error.problems }
            if let outcome, !row.fields[outcome].isEmpty, Trial.Outcome(rawValue: row.fields[outcome]) == nil {
                problems.append(
                    "\(scores.place(row)): unknown outcome \"\(row.fields[outcome])\"; use human, synthetic, inconclusive or leave it empty")
            }
        }
        guard problems.isEmpty else { throw TableError(problems) }
        if !trials.contains(where: { rowOfPath[$0.path] != nil }) { rowOfPath = try rowsByName(rowOfPath, of: scores) }

        let label = scores.index(of: "label")
        var found = 0
        for index in trials.indices {
            let row = rowOfPath[trials[index].path]
            if let row {
                found += 1
                // Words that are none of ours, such as 0 and 1, contradict nothing.
                if let label, let word = Trial.Label(word: scores.rows[row].fields[label]), word != trials[index].label {
                    let place = "\(scores.place(scores.rows[row])): \(scores.rows[row].fields[path])"
                    problems.append("\(place) is \(word.rawValue) here, \(trials[index].label.rawValue) in \(name)")
                }
            }
            trials[index].score = row.flatMap { values[$0] }
            trials[index].outcome = outcome.flatMap { column in
                row.flatMap { Trial.Outcome(rawValue: scores.rows[$0].fields[column]) }
            }
        }
        guard problems.isEmpty else { throw TableError(problems) }
        guard found > 0 else {
            throw TableError(
                "\(scores.name): none of its \(scores.rows.count) paths is in \(name); "
                    + "a score is joined by its path, or by the file's name without folder and suffix")
        }
        let scored = trials.count(where: { $0.score != nil })
        return Joined(scored: scored, unscored: trials.count - scored, ignored: scores.rows.count - found)
    }

    /// Checks that every trial's file exists.
    ///
    /// - Parameter root: The folder that relative paths are in.
    /// - Throws: `TableError` with one line for each trial without a file.
    public func requireFiles(under root: URL) throws(TableError) {
        let problems = trials.filter { !FileManager.default.fileExists(atPath: $0.file(under: root).path) }.map {
            "\(name): line \($0.line): no file \($0.file(under: root).path)"
        }
        guard problems.isEmpty else { throw TableError(problems) }
    }

    /// The table with only the trials that pass.
    public func filtered(name: String? = nil, _ passes: (Trial) -> Bool) -> TrialTable {
        TrialTable(name: name ?? self.name, trials: trials.filter(passes), groupColumns: groupColumns)
    }
}

extension Trial {
    /// The trial's file: `path` itself when it is absolute, otherwise below `root`.
    public func file(under root: URL) -> URL {
        path.hasPrefix("/") ? URL(fileURLWithPath: path) : root.appendingPathComponent(path)
    }
}

/// A score field: nil when empty.
private func parsedScore(_ field: String, at place: String) throws(TableError) -> Double? {
    if field.isEmpty { return nil }
    guard let value = Double(field) else { throw TableError("\(place): \"\(field)\" is not a number") }
    guard value.isFinite else {
        throw TableError("\(place): the score is \(field), which is not finite; leave the field empty if there is none")
    }
    return value
}
