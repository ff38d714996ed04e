import Alerting
import Evaluation
import Foundation
import Text

/// One leg of a recording and what is known of it.
public struct LabelledLeg: Sendable, Equatable {
    /// A part of the leg with one label.
    public struct Stretch: Sendable, Equatable {
        public var label: Trial.Label
        /// From the start of the leg.
        public var startSeconds: Double
        /// nil: to the end of the leg.
        public var endSeconds: Double?
        /// Empty when unknown.
        public var speaker: String
        /// The line of the manifest it stands on; 0 where there is none.
        public var line: Int

        public init(label: Trial.Label, startSeconds: Double = 0, endSeconds: Double? = nil, speaker: String = "", line: Int = 0) {
            self.label = label
            self.startSeconds = startSeconds
            self.endSeconds = endSeconds
            self.speaker = speaker
            self.line = line
        }
    }

    /// The recording, as the manifest names it.
    public var path: String
    /// Which channel, as `falsetto analyze --leg` takes it; empty for the only one.
    public var leg: String
    /// In order of time; they do not overlap. What none of them covers is counted nowhere.
    public var stretches: [Stretch]
    /// Where the recording is from; empty when unknown.
    public var source: String
    /// Copies of one recording (through several channels, say) share this; empty for a recording of its own.
    public var recording: String
    /// The model file to score it with, as the manifest names it; empty for the model the policy is for.
    public var model: String
    /// It is measured, and nothing is chosen or fitted on it; the manifest's column `use` says `measure`.
    public var isMeasuredOnly: Bool
    /// Every other column that is not empty, by name; of the leg's first row.
    public var groups: [String: String]

    public init(
        path: String, leg: String = "", stretches: [Stretch], source: String = "", recording: String = "", model: String = "",
        isMeasuredOnly: Bool = false, groups: [String: String] = [:]
    ) {
        self.path = path
        self.leg = leg
        self.stretches = stretches
        self.source = source
        self.recording = recording
        self.model = model
        self.isMeasuredOnly = isMeasuredOnly
        self.groups = groups
    }

    /// A leg is synthetic as soon as one of its voices is; `enhanced` or `nonspeech` where nothing else stands on it.
    public var label: Trial.Label {
        let labels = stretches.map(\.label)
        return labels.contains(.synthetic) ? .synthetic : labels.contains(.human) ? .human : labels[0]
    }

    /// The speaker of the stretch that the leg's label is of.
    public var speaker: String { stretches.first { $0.label == label }?.speaker ?? "" }
}

/// Legs of calls whose truth is known: what `falsetto tune` works on.
public struct CallTable: Sendable {
    /// What error lines and reports call it.
    public var name: String
    public var legs: [LabelledLeg]
    /// Columns to group by, in the manifest's order.
    public var groupColumns: [String]

    public init(name: String, legs: [LabelledLeg], groupColumns: [String] = []) {
        self.name = name
        self.legs = legs
        self.groupColumns = groupColumns
    }

    /// Every trial of a corpus is a leg of its own, the whole of it.
    public init(_ table: TrialTable) {
        name = table.name
        let own: Set = ["speaker", "source", "recording", "model", "use"]
        groupColumns = table.groupColumns.filter { !own.contains($0) }
        legs = table.trials.map { trial in
            LabelledLeg(
                path: trial.path, stretches: [.init(label: trial.label, speaker: trial.speaker, line: trial.line)], source: trial.source,
                recording: trial.groups["recording"] ?? "", model: trial.groups["model"] ?? "",
                isMeasuredOnly: trial.groups["use"] == "measure", groups: trial.groups.filter { !own.contains($0.key) })
        }
    }

    /// Reads a manifest: `path`, `label` and, where they are, `leg`, `startSeconds`, `endSeconds`, `speaker`, `source`,
    /// `recording`, `model`, `use`. Rows of one path and leg are its stretches; every other column becomes a group.
    ///
    /// - Throws: `TableError`, all problems at once by line: an unknown label, a time that is none, stretches that overlap, a
    ///   leg that stands there twice.
    public init(_ csv: CSVTable, columns: TrialTable.Columns = .init()) throws(TableError) {
        let path = try csv.required(columns.path)
        let label = try csv.required(columns.label)
        let known = ["leg", "startSeconds", "endSeconds", "speaker", "source", "recording", "model", "use"]
        let place = Dictionary(uniqueKeysWithValues: known.map { ($0, csv.index(of: $0)) })
        let others = csv.columns.indices.filter { index in
            index != path && index != label && !known.contains(csv.columns[index])
        }
        var problems: [String] = []
        var legs: [LabelledLeg] = []
        var index: [[String]: Int] = [:]
        for row in csv.rows {
            func field(_ name: String) -> String { place[name]!.map { row.fields[$0] } ?? "" }
            func seconds(_ name: String) -> Double? {
                let text = field(name)
                if text.isEmpty { return nil }
                if let value = Double(text), value.isFinite, value >= 0 { return value }
                problems.append("\(csv.place(row)): \(name) is \"\(text)\"; give seconds from the start of the recording, or leave it empty")
                return nil
            }
            if !["", "measure"].contains(field("use")) {
                problems.append("\(csv.place(row)): use is \"\(field("use"))\"; write measure for what is only to be measured, or leave it empty")
            }
            if row.fields[path].isEmpty { problems.append("\(csv.place(row)): the path is empty") }
            guard let label = Trial.Label(word: row.fields[label]) else {
                problems.append("\(csv.place(row)): unknown label \"\(row.fields[label])\"; use \(Trial.Label.words)")
                continue
            }
            let stretch = LabelledLeg.Stretch(
                label: label, startSeconds: seconds("startSeconds") ?? 0, endSeconds: seconds("endSeconds"), speaker: field("speaker"),
                line: row.line)
            if let end = stretch.endSeconds, end <= stretch.startSeconds {
                problems.append("\(csv.place(row)): the stretch ends at \(end) s, before it begins at \(stretch.startSeconds) s")
            }
            if let known = index[[row.fields[path], field("leg")]] {
                if legs[known].source != field("source") || legs[known].model != field("model") {
                    problems.append("\(csv.place(row)): source or model differs from line \(legs[known].stretches[0].line) of the same leg")
                }
                legs[known].stretches.append(stretch)
                continue
            }
            var groups: [String: String] = [:]
            for column in others where !row.fields[column].isEmpty { groups[csv.columns[column]] = row.fields[column] }
            index[[row.fields[path], field("leg")]] = legs.count
            legs.append(
                LabelledLeg(
                    path: row.fields[path], leg: field("leg"), stretches: [stretch], source: field("source"), recording: field("recording"),
                    model: field("model"), isMeasuredOnly: field("use") == "measure", groups: groups))
        }
        for leg in legs.indices {
            legs[leg].stretches.sort { $0.startSeconds < $1.startSeconds }
            problems += Self.overlaps(legs[leg], in: csv.name)
        }
        guard problems.isEmpty else { throw TableError(problems) }
        guard !legs.isEmpty else { throw TableError("\(csv.name): a header and no rows: there is nothing to tune on") }
        self.init(name: csv.name, legs: legs, groupColumns: others.map { csv.columns[$0] })
    }

    private static func overlaps(_ leg: LabelledLeg, in name: String) -> [String] {
        zip(leg.stretches, leg.stretches.dropFirst()).compactMap { first, second in
            let (early, late) = first.line < second.line ? (first, second) : (second, first)
            if first.startSeconds == 0, first.endSeconds == nil, second.startSeconds == 0, second.endSeconds == nil {
                return "\(name): line \(late.line): \(leg.path) stands on line \(early.line) already; a recording counts once"
            }
            // Times written with six decimals may miss each other by half of the last one.
            guard second.startSeconds < (first.endSeconds ?? .infinity) - 1e-6 else { return nil }
            return "\(name): line \(late.line): the stretch overlaps that of line \(early.line) (\(leg.path)); every moment has one label"
        }
    }

    /// Checks what no threshold can be chosen without.
    ///
    /// - Parameter bothClasses: whether the table must hold both; not where other calls are added to it.
    /// - Throws: `TableError` when a class is missing, or a recording's file is.
    public func check(under root: URL, bothClasses: Bool = true) throws(TableError) {
        let human = legs.count { $0.label == .human }
        let synthetic = legs.count { $0.label == .synthetic }
        guard !bothClasses || human > 0 && synthetic > 0 else {
            throw TableError("\(name): \(human) human and \(synthetic) synthetic legs; a threshold is chosen between the two, so both are needed")
        }
        let problems = legs.filter { !FileManager.default.fileExists(atPath: $0.file(under: root).path) }.map {
            // What was named on the command line stands in no line.
            let line = $0.stretches[0].line
            return "\(name): \(line > 0 ? "line \(line): " : "")no file \($0.file(under: root).path)"
        }
        guard problems.isEmpty else { throw TableError(problems) }
    }
}

extension LabelledLeg {
    /// The recording's file: `path` itself when it is absolute, otherwise below `root`.
    public func file(under root: URL) -> URL {
        path.hasPrefix("/") ? URL(fileURLWithPath: path) : root.appendingPathComponent(path)
    }
}
