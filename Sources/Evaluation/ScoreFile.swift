import Foundation
import Text

/// The scores that a detector wrote, as a table with the columns `path` and `score`, and `label`, `system` where the file has them.
///
/// Read are files with a line of column names (ours: `path,score,outcome`; ASVspoof 5's: `filename cm-score`) and files without
/// one, whose fields stand apart by spaces, tabs or commas:
/// - `utterance score`: the baselines of ASVspoof 2021 and what its evaluation package takes (github.com/asvspoof-challenge/2021);
/// - `utterance system key score`, the system `-` for a person: ASVspoof 2019's package, and what AASIST writes
///   (`produce_evaluation_file` in `main.py` of github.com/clovaai/aasist); also with the columns of the protocol before it.
///
/// Rule: without names, the score is the one column of numbers, the utterance the first whose words are all different, the key
/// the one of bonafide and spoof. Why: the order differs from writer to writer. Otherwise a column of labels in figures, or
/// the second of two logits, would be measured in silence: where two columns could be the score, the file is refused.
public struct ScoreFile: Sendable {
    public let table: CSVTable

    /// Whether this program wrote it (its files have outcomes): then positive is synthetic, whatever the labels say.
    public var isOwn: Bool { table.index(of: "outcome") != nil }

    /// Reads a file as UTF-8.
    ///
    /// - Parameter columns: Names of the path and the label that count before all usual ones.
    /// - Throws: `TableError`: the file cannot be read, a line has another number of fields than the first, or it is not
    ///   plain which column is the score.
    public init(contentsOf file: URL, columns: TrialTable.Columns = .init()) throws(TableError) {
        let data: Data
        do { data = try Data(contentsOf: file) } catch {
            throw TableError("\(file.path): cannot be read: \(error.localizedDescription)")
        }
        try self.init(name: file.lastPathComponent, text: String(decoding: data, as: UTF8.self), columns: columns)
    }

    public init(name: String, text: String, columns: TrialTable.Columns = .init()) throws(TableError) {
        let plain = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
        let lines = plain.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().compactMap { line, bytes in
            let words = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
            return words.isEmpty ? nil : (line: line + 1, text: Substring(words))
        }
        guard let first = lines.first else { throw TableError("\(name): empty; there is no score in it") }
        let separator: Character = first.text.contains("\t") ? "\t" : first.text.contains(",") ? "," : " "
        func fields(_ text: Substring) -> [String] {
            separator == " "
                ? text.split(whereSeparator: \.isWhitespace).map(String.init)
                : text.split(separator: separator, omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let names = fields(first.text)
        if names.contains(where: { $0.lowercased().contains("score") }), !names.contains(where: { Double($0) != nil }) {
            // Commas and names make it CSV, with its quotes.
            let named =
                separator == ","
                ? try CSVTable(name: name, text: text)
                : try CSVTable(name: name, columns: names, rows: lines.dropFirst().map { .init(line: $0.line, fields: fields($0.text)) })
            table = try Self.renamed(named, columns)
        } else {
            table = try Self.unnamed(
                CSVTable(
                    name: name, columns: names.indices.map { "\($0 + 1)" }, rows: lines.map { .init(line: $0.line, fields: fields($0.text)) }))
        }
    }

    private static let utterances = [
        "path", "file", "filename", "file_name", "utterance", "utterance_id", "utt", "utt_id", "trial", "trial_id", "id", "id_audio", "audio", "name",
    ]
    private static let scores = ["score", "cm-score", "cm_score", "scores"]
    private static let labels = ["label", "key"]
    private static let systems = ["system", "system_id", "source_id", "src", "attack", "attack_label"]

    /// The columns under our names; those that mean nothing to us keep theirs.
    private static func renamed(_ table: CSVTable, _ columns: TrialTable.Columns) throws(TableError) -> CSVTable {
        let lower = table.columns.map { $0.lowercased() }
        func find(_ names: [String]) -> Int? { names.lazy.compactMap { lower.firstIndex(of: $0) }.first }
        let candidates = lower.indices.filter { lower[$0].contains("score") }
        guard let score = find(scores) ?? (candidates.count == 1 ? candidates[0] : nil) else {
            let names = candidates.map { table.columns[$0] }.joined(separator: ", ")
            throw TableError("\(table.name): line 1: any of \(names) could be the score; name one of them score")
        }
        guard let path = find([columns.path.lowercased()] + utterances), path != score else {
            throw TableError(
                "\(table.name): line 1: no column for the recording; the columns are \(table.columns.joined(separator: ", ")); name it path")
        }
        var names = table.columns
        names[path] = "path"
        names[score] = "score"
        if let label = find([columns.label.lowercased()] + labels) { names[label] = "label" }
        if !names.contains("system"), let system = find(systems) { names[system] = "system" }
        return try CSVTable(name: table.name, columns: names, rows: table.rows)
    }

    private static func unnamed(_ table: CSVTable) throws(TableError) -> CSVTable {
        let places = table.columns.indices
        func all(_ column: Int, _ passes: (String) -> Bool) -> Bool { table.rows.allSatisfy { passes($0.fields[column]) } }
        let label = places.first { column in all(column) { Trial.Label(word: $0) != nil } }
        var numbers = places.filter { all($0) { Double($0) != nil } }
        let distinct = places.filter { column in column != label && Set(table.rows.map { $0.fields[column] }).count == table.rows.count }
        // Utterances may be numbers, too; then they stand before the score.
        let utterance =
            distinct.first { !numbers.contains($0) } ?? (numbers.count > 1 ? distinct.first : nil)
            ?? places.first { $0 != label && !numbers.contains($0) } ?? 0
        numbers.removeAll { $0 == utterance }
        // 0 and 1 are a key in figures, and which of them is a person is not said.
        if numbers.count > 1 { numbers.removeAll { column in all(column) { $0 == "0" || $0 == "1" } } }
        guard numbers.count == 1 else {
            let what =
                numbers.isEmpty
                ? "no column holds a number on every line; lines are as in LA_E_1000147 -2.5, or the first one has the names path,score"
                : "columns \(numbers.map { "\($0 + 1)" }.joined(separator: " and ")) could be the score; put the columns' names on a first line"
            throw TableError("\(table.name): \(what)")
        }
        // The protocol's columns stand before: its last is the system.
        let taken = [utterance, numbers[0], label]
        let system = places.last { column in !taken.contains(column) && !all(column) { $0 == "-" || Double($0) != nil } }
        let optional = [("label", label), ("system", system)].compactMap { name, column in column.map { (name, $0) } }
        let chosen = [("path", utterance), ("score", numbers[0])] + optional
        return try CSVTable(
            name: table.name, columns: chosen.map(\.0),
            rows: table.rows.map { row in
                .init(line: row.line, fields: chosen.map { $0.0 == "system" && row.fields[$0.1] == "-" ? "" : row.fields[$0.1] })
            })
    }
}
