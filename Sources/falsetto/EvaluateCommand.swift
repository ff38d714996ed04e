import Alerting
import ArgumentParser
import Audio
import Classifier
import Evaluation
import Foundation
import Policies
import Reporting
import Scoring
import Screening
import Text

extension HeadlineTrials.Name: ExpressibleByArgument {}

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measures a detector on labelled recordings: error rates with intervals, groups, nulls.",
        discussion: """
            The manifest is CSV with the columns `path` and `label` (bonafide or spoof, human or synthetic); every other column
            becomes a group; --columns says where these two bear other names. Scores are natural logs, positive is synthetic. Score files
            may be CSV or lines as `utterance score` or `utterance system key score`; which way they grow is guessed from the labels, and
            said. A trial without a score counts as an error.

            EXAMPLES
              falsetto evaluate --manifest corpus/manifest.csv
              falsetto evaluate --manifest corpus/manifest.csv --policy mine.json
              falsetto evaluate --manifest trials.csv --from-scores other.csv
              falsetto evaluate --manifest trials.csv --compare ours.csv theirs.csv
              falsetto evaluate --corpus ASVspoof2021 --subset eval
              falsetto evaluate --corpus LA --from-scores eval_scores.txt --higher-is-human
              falsetto evaluate --manifest dev/manifest.csv --headline narrow --headline-set dev2 --report headline.html
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    enum Headline: String, ExpressibleByArgument, CaseIterable {
        case narrow, wide
        var condition: HeadlineTrials.Condition { self == .narrow ? .narrowBand : .wideBand }
    }

    @Option(help: ArgumentHelp("CSV of trials: path, label, and any columns to group by.", valueName: "file"))
    var manifest: String?

    @Option(help: ArgumentHelp("Where the manifest's relative paths begin; by default at the manifest.", valueName: "folder"))
    var root: String?

    @OptionGroup var corpus: CorpusChoice

    @Option(
        help: ArgumentHelp(
            "Measures these scores instead of scoring the recordings; without --manifest or --corpus the file has labels too.",
            valueName: "file"))
    var fromScores: String?

    @Flag(help: "The scores of --from-scores are higher for humans; nothing is guessed.")
    var higherIsHuman = false

    @Flag(help: "The scores of --from-scores are higher for synthetic voices; nothing is guessed.")
    var higherIsSynthetic = false

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Compares two score files on the same trials; before a name `turned:` says that its scores are higher for humans, "
                + "`kept:` for synthetic voices.", valueName: "[turned:|kept:]file"))
    var compare: [String] = []

    @Option(help: "The corpus' headline trials, cut to 2.9 s, and their three figures: narrow or wide band; --headline-set says which.")
    var headline: Headline?

    @Option(help: ArgumentHelp("Which headline trials: dev, the older dev sources (default), or dev2, those added later.", valueName: "set"))
    var headlineSet: HeadlineTrials.Name?

    @Option(help: ArgumentHelp("Hears this much of each recording only.", valueName: "seconds"))
    var limit: Double?

    @Option(help: ArgumentHelp("Writes the scores as CSV.", valueName: "file"))
    var scores: String?

    @Option(help: ArgumentHelp("Writes a self-contained page: DET curve, histograms, groups.", valueName: "file"))
    var report: String?

    @Option(help: "text for people, json for machines.")
    var format: Format = .text

    @OptionGroup var choice: ModelChoice

    @OptionGroup var policy: PolicyChoice

    @Option(help: ArgumentHelp("Recordings scored at a time; by default one a core.", valueName: "number"))
    var jobs: Int?

    @Flag(help: "Scores afresh, without the cache of earlier runs.")
    var noCache = false

    func validate() throws {
        if !compare.isEmpty {
            guard compare.count == 2 else { throw ValidationError("--compare needs two score files.") }
            guard manifest != nil || corpus.corpus != nil else {
                throw ValidationError("--compare needs --manifest FILE or --corpus FOLDER for the labels.")
            }
            if fromScores != nil || scores != nil || report != nil {
                throw ValidationError("--compare goes with --manifest and --headline only.")
            }
        } else if manifest == nil, fromScores == nil, corpus.corpus == nil {
            throw ValidationError("Give --manifest FILE, --corpus FOLDER, or --from-scores FILE with a column label.")
        }
        if corpus.corpus != nil, manifest != nil || root != nil || headline != nil || corpus.columns != nil {
            throw ValidationError("--corpus is read as its owner lays it out: without --manifest, --root, --columns and --headline.")
        }
        if !compare.isEmpty || fromScores != nil,
            limit != nil || choice.model != nil || policy.policy != nil || policy.point != nil || root != nil || noCache
        {
            throw ValidationError("--limit, --model, --policy, --point, --root and --no-cache are for scoring recordings; here scores are given.")
        }
        if headline == nil, headlineSet != nil { throw ValidationError("--headline-set needs --headline narrow or wide.") }
        if headline != nil, limit != nil { throw ValidationError("--headline trials are cut to 2.9 s; leave out --limit.") }
        if higherIsHuman || higherIsSynthetic, fromScores == nil {
            throw ValidationError("--higher-is-human and --higher-is-synthetic need --from-scores.")
        }
        if higherIsHuman, higherIsSynthetic { throw ValidationError("Give --higher-is-human or --higher-is-synthetic, not both.") }
        if let limit, !(limit > 0 && limit <= 1e6) { throw ValidationError("--limit needs seconds above 0, at most a million.") }
        if let jobs, jobs < 1 { throw ValidationError("--jobs needs a number from 1.") }
    }

    func run() async throws {
        try await reporting {
            try OutputFile.check([scores, report], inputs: [manifest, fromScores, choice.model, policy.policy] + compare)
            do { try await evaluate() } catch let error as TableError { throw Fault(error.description, code: Exit.usage) }
        }
    }

    private func evaluate() async throws {
        if compare.count == 2 { return try comparePair() }
        var table: TrialTable
        var title = "falsetto"
        var unreadable = 0
        var polarity: ScorePolarity?
        if let fromScores {
            title = URL(fileURLWithPath: fromScores).lastPathComponent
            let file = try ScoreFile(contentsOf: URL(fileURLWithPath: fromScores), columns: manifest == nil ? corpus.trialColumns() : .init())
            table = try trials() ?? TrialTable(file.table)
            polarity = try table.join(file, higherIs: higherIsHuman ? .human : higherIsSynthetic ? .synthetic : nil)
        } else {
            table = try trials()!
            let model = try choice.load()
            let policy = try self.policy.load(for: model)
            title =
                "falsetto \(Falsetto.version), model \(model.name) (\(model.identity.prefix(12))), operating point "
                + policy.operatingPoint.name.escapedForTerminal + (policy.policy.map { " of policy \($0.name.escapedForTerminal)" } ?? "")
            (table, unreadable) = try await scored(table, model: model, policy: policy)
        }
        if let scores { try OutputFile.write(table.scoresCSV(), to: scores) }
        let madeBy = "falsetto \(Falsetto.version)"
        if let headline {
            var result = try HeadlineReport(table, title: title, headlineSet ?? .dev, condition: headline.condition)
            result.polarity = polarity
            try write(
                page: EvaluationHTML.page(result, madeBy: madeBy), json: EvaluationJSON.record(result), text: result.text())
        } else {
            var result = try EvaluationReport(table, title: title)
            result.polarity = polarity
            try write(
                page: EvaluationHTML.page(result, madeBy: madeBy), json: EvaluationJSON.record(result), text: result.text())
        }
        if unreadable > 0 { throw Exit.unreadableInput }
    }

    /// Writes a result in the forms that were asked for, and makes no other.
    private func write(page: @autoclosure () -> String, json: @autoclosure () -> String, text: @autoclosure () -> String) throws {
        if let report { try OutputFile.write(page(), to: report) }
        try format == .json ? Console.write(json() + "\n") : Console.say(text())
    }

    /// nil where the score file has the labels itself.
    private func trials() throws -> TrialTable? {
        if let folder = try corpus.folder() { return folder.table }
        return try manifest.map { try TrialTable(contentsOf: URL(fileURLWithPath: $0), columns: corpus.trialColumns()) }
    }

    private func comparePair() throws {
        let trials = try trials()!
        let tables = try compare.map { name in
            let (prefix, told) = ["turned:": Trial.Label.human, "kept:": .synthetic].first { name.hasPrefix($0.key) } ?? ("", nil)
            let file = URL(fileURLWithPath: String(name.dropFirst(prefix.count)))
            var table = trials
            let polarity = try table.join(ScoreFile(contentsOf: file), higherIs: told)
            if let headline { table = try HeadlineTrials(table, headlineSet ?? .dev, condition: headline.condition).table(.all) }
            return (table, file.lastPathComponent, polarity)
        }
        var comparison = try PairedComparison(tables[0].0, named: tables[0].1, tables[1].0, named: tables[1].1)
        (comparison.firstPolarity, comparison.secondPolarity) = (tables[0].2, tables[1].2)
        try format == .json ? Console.write(EvaluationJSON.record(comparison) + "\n") : Console.say(comparison.text())
    }

    /// Scores the trials that the figures need, and brings what was measured on the way into the table as columns.
    private func scored(
        _ table: TrialTable, model: Model, policy: AppliedPolicy
    ) async throws -> (table: TrialTable, unreadable: Int) {
        let root = (root ?? corpus.corpus).map { URL(fileURLWithPath: $0) } ?? URL(fileURLWithPath: manifest!).deletingLastPathComponent()
        let chosen = try headline.map { try HeadlineTrials(table, headlineSet ?? .dev, condition: $0.condition).table(.all) } ?? table
        try chosen.requireFiles(under: root)
        try OutputFile.check([scores, report], inputs: chosen.trials.map { $0.file(under: root).path })
        var screening = RecordingScreening(model: model, policy: policy)
        screening.limitSeconds = limit ?? (headline == nil ? nil : HeadlineTrials.clipSeconds)
        let scoring: TrialScoring
        do { scoring = try TrialScoring(screening, cacheFolder: noCache ? nil : ScoreCache.defaultFolder) } catch {
            Console.complain("scores cannot be remembered (\((error as NSError).localizedDescription)); scoring without")
            scoring = try TrialScoring(screening, cacheFolder: nil)
        }
        var entries: [String: ScoreCache.Entry] = [:]
        var unreadable = 0
        try await Work.onConsole(jobs: jobs).run(chosen.trials.map { ($0.path, $0.file(under: root).path) }) { trial throws(AudioError) in
            try scoring.score(.path(trial.1, raw: nil))
        } take: { trial, result in
            switch result {
            case .success(let entry):
                entries[trial.0] = entry
                return entry.durationSeconds
            case .failure(let error):
                Console.complain(error.description)
                unreadable += 1
                return 0
            }
        }
        if let headline { try checkBand(of: entries, for: headline) }
        var result = table
        for index in result.trials.indices {
            guard let entry = entries[result.trials[index].path] else { continue }
            result.trials[index].score = entry.llr
            result.trials[index].outcome = Trial.Outcome(rawValue: entry.outcome.rawValue)
        }
        result.setColumn("level_dbfs") { entries[$0]?.levelDBFS.map { "\($0)" } }
        result.setColumn("net_speech_s") { entries[$0].map { "\($0.netSpeechSeconds)" } }
        if !result.groupColumns.contains("duration_s") {
            result.setColumn("duration_s") { entries[$0].map { "\($0.durationSeconds)" } }
        }
        return (result, unreadable)
    }

    /// A headline that was not measured in its band would carry a wrong name. Through a real channel some clips have little
    /// above 4 kHz, and Opus at 8 kbit/s, a sixth of the narrow bank, leaves something there in a third of its clips: the bulk decides.
    private func checkBand(of entries: [String: ScoreCache.Entry], for headline: Headline) throws {
        let heard = entries.values.filter { $0.llr != nil }
        let wide = heard.filter { $0.bandwidth == .wideband }.count
        let fits = headline == .narrow ? wide * 10 <= heard.count : wide * 2 >= heard.count
        guard fits else {
            throw Fault(
                "\(wide) of \(heard.count) clips were heard in wide band, so these are not \(headline.rawValue)-band trials; "
                    + "make them with Tools/evaluation/headline.py", code: Exit.usage)
        }
    }
}
