import Foundation
import Text

/// The layouts of public corpora that are read as they are unpacked, each known by its list of trials.
public enum CorpusLayout: String, Sendable, CaseIterable {
    case asvspoof2019LA, asvspoof2021LA, asvspoof2021DF, asvspoof5, inTheWild

    /// What people call it.
    public var title: String {
        switch self {
        case .asvspoof2019LA: "ASVspoof 2019 LA"
        case .asvspoof2021LA: "ASVspoof 2021 LA"
        case .asvspoof2021DF: "ASVspoof 2021 DF"
        case .asvspoof5: "ASVspoof 5"
        case .inTheWild: "In-the-Wild"
        }
    }

    /// Where the list of trials of a subset may stand below the corpus' folder, the owner's own place first.
    func lists(subset: CorpusSubset) -> [String] {
        switch self {
        case .asvspoof2019LA: ASVspoof2019.lists(subset: subset)
        case .asvspoof2021LA: ASVspoof2021.la.lists
        case .asvspoof2021DF: ASVspoof2021.df.lists
        case .asvspoof5: ASVspoof5.lists(subset: subset)
        case .inTheWild: InTheWild.lists
        }
    }
}

/// Which trials of a corpus that has several sets of them.
public enum CorpusSubset: String, Sendable, CaseIterable {
    case train, dev, progress, eval, hidden
}

/// A corpus found in a folder: its trials, and where their recordings are.
public struct CorpusFolder: Sendable {
    public let layout: CorpusLayout
    /// The folder that was given.
    public let root: URL
    /// Labels as the owner states them. Every path is relative to `root`.
    public let table: TrialTable

    /// Reads the corpus in a folder, or in the one folder below it.
    ///
    /// - Parameter subset: which trials; `eval` is what published figures are stated on. In-the-Wild has one set only.
    /// - Throws: `TableError`: no list of trials is there (with all that was looked for), the list does not have its owner's
    ///   form (with the line), the recordings' folder is missing, or no trial is of the subset.
    public init(_ root: URL, subset: CorpusSubset = .eval) throws(TableError) {
        guard Self.isFolder(root) else {
            throw TableError("\(root.path): no such folder")
        }
        for base in [""] + Self.folders(in: root).map({ $0 + "/" }) {
            for layout in CorpusLayout.allCases {
                for list in layout.lists(subset: subset) where Self.isFile(root.appending(path: base + list)) {
                    self.root = root
                    self.layout = layout
                    table = try Self.read(layout, root: root, base: base, list: base + list, subset: subset)
                    return
                }
            }
        }
        let looked = CorpusLayout.allCases.map { "\($0.lists(subset: subset)[0]) (\($0.title))" }.joined(separator: ", ")
        throw TableError(
            "\(root.path): no corpus that is known here; looked for \(looked); for other recordings give --manifest, a CSV with path and label")
    }

    private static func read(
        _ layout: CorpusLayout, root: URL, base: String, list: String, subset: CorpusSubset
    ) throws(TableError) -> TrialTable {
        let lines = try ProtocolLines(contentsOf: root.appending(path: list), named: list)
        switch layout {
        case .asvspoof2019LA: return try ASVspoof2019.table(lines, root: root, base: base, subset: subset)
        case .asvspoof2021LA: return try ASVspoof2021.la.table(lines, root: root, base: base, subset: subset)
        case .asvspoof2021DF: return try ASVspoof2021.df.table(lines, root: root, base: base, subset: subset)
        case .asvspoof5: return try ASVspoof5.table(lines, root: root, base: base, subset: subset)
        case .inTheWild: return try InTheWild.table(root: root, list: list)
        }
    }

    private static func isFile(_ url: URL) -> Bool { kind(url) == false }
    private static func isFolder(_ url: URL) -> Bool { kind(url) == true }

    /// Whether there is a folder; nil where there is nothing.
    private static func kind(_ url: URL) -> Bool? {
        var isFolder: ObjCBool = false
        return unsafe FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) ? isFolder.boolValue : nil
    }

    private static func folders(in root: URL) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        return names.filter { !$0.hasPrefix(".") && isFolder(root.appending(path: $0)) }.sorted()
    }

    /// The first of some folders that exists, for the recordings.
    static func recordings(_ candidates: [String], root: URL, for layout: CorpusLayout) throws(TableError) -> String {
        for candidate in candidates where isFolder(root.appending(path: candidate)) { return candidate }
        let looked = candidates.enumerated().filter { !candidates[..<$0].contains($1) }.map(\.element)
        throw TableError("\(root.path): the list of \(layout.title) is there, its recordings are not; looked for \(looked.joined(separator: ", "))")
    }
}

/// A list of trials whose fields stand apart by white space, one trial a line; `-` is an empty field.
struct ProtocolLines {
    let name: String
    let rows: [(line: Int, fields: [Substring])]

    init(contentsOf file: URL, named name: String) throws(TableError) {
        let data: Data
        do { data = try Data(contentsOf: file) } catch {
            throw TableError("\(name): cannot be read: \(error.localizedDescription)")
        }
        self.name = name
        rows = String(decoding: data, as: UTF8.self).split(separator: /\r?\n/, omittingEmptySubsequences: false).enumerated().compactMap {
            let fields = $1.split(whereSeparator: \.isWhitespace)
            return fields.isEmpty ? nil : ($0 + 1, fields)
        }
    }

    /// Turns the lines into trials.
    ///
    /// - Parameters:
    ///   - columns: the owner's columns, in order; a line must have them all.
    ///   - body: the trial of a line's fields by column, nil where it is of another subset.
    func table(
        _ title: String, columns: [String], _ body: ([String: String]) -> (path: String, key: String, groups: [String: String])?
    ) throws(TableError) -> TrialTable {
        var problems: [String] = []
        var trials: [Trial] = []
        var lineOfPath: [String: Int] = [:]
        for row in rows {
            guard row.fields.count == columns.count else {
                problems.append(
                    "\(name): line \(row.line): \(row.fields.count) fields, but \(title) has \(columns.count): \(columns.joined(separator: " "))")
                continue
            }
            let fields = Dictionary(uniqueKeysWithValues: zip(columns, row.fields.map { $0 == "-" ? "" : String($0) }))
            guard let (path, key, groups) = body(fields) else { continue }
            guard let label = Trial.Label(word: key), label == .human || label == .synthetic else {
                problems.append("\(name): line \(row.line): the key is \"\(key)\"; \(title) has bonafide and spoof")
                continue
            }
            if let first = lineOfPath.updateValue(row.line, forKey: path) {
                problems.append("\(name): line \(row.line): \(path) stands on line \(first) already; a trial counts once")
            }
            trials.append(Trial(path: path, label: label, groups: groups.filter { !$0.value.isEmpty }, line: row.line))
        }
        guard problems.isEmpty else { throw TableError(problems) }
        let used = Set(trials.flatMap(\.groups.keys))
        return TrialTable(name: title, trials: trials, groupColumns: used.sorted())
    }
}
