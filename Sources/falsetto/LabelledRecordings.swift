import ArgumentParser
import Audio
import Evaluation
import Foundation
import Text
import Tuning

/// Recordings whose truth is known: a manifest, a corpus as it is unpacked, or two folders.
struct LabelledRecordings: ParsableArguments {
    @Option(help: ArgumentHelp("CSV of recordings: path, label, and what else is known.", valueName: "file"))
    var manifest: String?

    @Option(help: ArgumentHelp("Where the manifest's relative paths begin; by default at the manifest.", valueName: "folder"))
    var root: String?

    @OptionGroup var corpus: CorpusChoice

    @Option(help: ArgumentHelp("A folder with recordings of people; with --synthetic.", valueName: "folder"))
    var human: String?

    @Option(help: ArgumentHelp("A folder with recordings of synthetic voices; with --human.", valueName: "folder"))
    var synthetic: String?

    @Flag(help: "Adds the calls of the store that were judged by somebody who had not seen their score.")
    var includeReviews = false

    func validate() throws {
        guard (human == nil) == (synthetic == nil) else {
            throw ValidationError("--human and --synthetic go together: a threshold is chosen between the two.")
        }
        let given = [manifest != nil, corpus.corpus != nil, human != nil].filter(\.self).count
        guard given == 1 || given == 0 && includeReviews else {
            throw ValidationError("Give --manifest FILE, or --corpus FOLDER, or --human FOLDER and --synthetic FOLDER, or --include-reviews.")
        }
        if root != nil || corpus.columns != nil, manifest == nil { throw ValidationError("--root and --columns go with --manifest.") }
    }

    /// - Returns: the calls, and the folder that their paths begin in; no calls where only the store's are wanted.
    func read() throws -> (CallTable, URL) {
        let here = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
        if manifest == nil, corpus.corpus == nil, human == nil { return (CallTable(name: "judged calls", legs: []), here) }
        if let manifest {
            let file = URL(fileURLWithPath: manifest)
            let table = try CallTable(CSVTable(contentsOf: file), columns: corpus.trialColumns())
            return (table, root.map { URL(fileURLWithPath: $0) } ?? file.deletingLastPathComponent())
        }
        if let folder = try corpus.folder() { return (CallTable(folder.table), folder.root) }
        var legs: [LabelledLeg] = []
        for (folder, label) in [(human!, Trial.Label.human), (synthetic!, .synthetic)] {
            var finder = RecordingFinder()
            finder.add(path: folder)
            if let problem = finder.problems.first { throw Fault(problem) }
            if let line = RecordingInput.passedOver(finder.passedOver) { Console.complain(line) }
            legs += finder.paths.map { LabelledLeg(path: $0, stretches: [.init(label: label)]) }
        }
        return (CallTable(name: "\(human!) and \(synthetic!)", legs: legs), here)
    }
}

/// A public corpus as it is unpacked, and how the columns of another CSV file are called.
struct CorpusChoice: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A folder with ASVspoof 2019 LA, 2021 LA or DF, ASVspoof 5 or In-the-Wild as unpacked, keys included.", valueName: "folder"))
    var corpus: String?

    @Option(help: "Which trials of the corpus: train, dev, progress, eval or hidden, as its owner has them.")
    var subset: CorpusSubset = .eval

    @Option(help: ArgumentHelp("The manifest's columns for path and label, as in path=file,label=verdict.", valueName: "names"))
    var columns: String?

    func folder() throws -> CorpusFolder? {
        try corpus.map { try CorpusFolder(URL(fileURLWithPath: $0), subset: subset) }
    }

    func trialColumns() throws -> TrialTable.Columns {
        var result = TrialTable.Columns()
        for pair in (columns ?? "").split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            switch (parts.first, parts.count) {
            case ("path", 2): result.path = parts[1]
            case ("label", 2): result.label = parts[1]
            default: throw Fault("--columns \(pair): give path=NAME,label=NAME", code: Exit.usage)
            }
        }
        return result
    }
}

extension CorpusSubset: ExpressibleByArgument {}
