import Alerting
import ArgumentParser
import Audio
import Classifier
import Dashboard
import Evaluation
import Foundation
import Policies
import Reporting
import Scoring
import Screening
import Store
import Text
import Tuning

struct TuneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune",
        abstract: "Chooses thresholds on your own recordings and says how often they will be wrong.",
        discussion: """
            Alerts are counted on recordings that the thresholds were not chosen on, and their rate is promised as an upper bound.
            Where the recordings are too few for that, nothing is set, and what is missing is said in hours of people talking.

            The manifest is CSV with the columns `path` and `label` (human or synthetic) and, where known, `leg`, `startSeconds`,
            `endSeconds`, `speaker`, `source`, `recording` (the same for copies of one recording: they add no hours), `model` (a
            model file to score that row with) and `use` (measure: nothing is chosen on that row). Rows of one path and leg are its stretches. \
            Other columns become groups.

            EXAMPLES
              falsetto tune --manifest calls/manifest.csv --false-alarms-per-hour 0.02 --out policy.json --report tune.html
              falsetto tune --human people/ --synthetic clones/ --alerts-per-day 2 --calls-per-day 400 --mean-call 4m
              falsetto tune --manifest calls.csv --prior 0.001 --cost-miss 1000 --cost-false-alarm 1 --format json
              falsetto tune --corpus ASVspoof5 --subset dev
              falsetto tune --include-reviews --false-alarms-per-hour 1

            EXIT CODES
              0  set, or without a target shown    3   some recording was unreadable and is left out
              2  nothing set: too few recordings,  64  usage, or a manifest at fault
                 or no threshold keeps the target  78  model at fault
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    @OptionGroup var recordings: LabelledRecordings
    @OptionGroup var wanted: TuneTarget

    @Option(help: ArgumentHelp("Net speech for each second of line, 0 to 1; by default what the human calls have.", valueName: "share"))
    var speechShare: Double?

    @Option(help: "What stands in one part only: source, speaker or call; by default the first of these that the recordings allow.")
    var by: DataDivision.Unit?

    @Flag(inversion: .prefixedNo, help: "Corrects the model's calibration where that is clearly better.")
    var recalibrate = true

    @Option(help: ArgumentHelp("The operating point's name.", valueName: "name"))
    var name = "tuned"

    @Option(help: ArgumentHelp("What the recordings are, in one sentence, for the policy.", valueName: "sentence"))
    var description: String?

    @Option(help: ArgumentHelp("Writes the policy, which every command takes with --policy.", valueName: "file"))
    var out: String?

    @Option(help: ArgumentHelp("Writes a self-contained page: DET, ROC, histograms, time to alert, calibration, groups.", valueName: "file"))
    var report: String?

    @Option(
        help: ArgumentHelp(
            """
            An alert also begins where the window LLR stays within MARGIN of its threshold for SECONDS of speech, as in 1:4: \
            one lucky hop decides less.
            """,
            valueName: "margin:seconds"))
    var steady: String?

    @Option(help: "text for people, json for machines.")
    var format: Format = .text

    @OptionGroup var choice: ModelChoice

    @Option(help: ArgumentHelp("Recordings scored at a time; by default one a core.", valueName: "number"))
    var jobs: Int?

    @Flag(help: "Scores afresh, without the cache of earlier runs.")
    var noCache = false

    func validate() throws {
        if let speechShare, !(speechShare > 0 && speechShare <= 1) { throw ValidationError("--speech-share needs a number above 0, at most 1.") }
        if let jobs, jobs < 1 { throw ValidationError("--jobs needs a number from 1.") }
        if steady != nil, chosenSteady == nil {
            throw ValidationError("--steady needs MARGIN:SECONDS, as in 1:4: a margin from 0 to 1.5 and speech up to 600 s.")
        }
        if name.isEmpty { throw ValidationError("--name must say something.") }
    }

    /// nil where there is none, or none that an operating point can have.
    private var chosenSteady: Steady? {
        let numbers = (steady ?? "").split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
        guard numbers.count == 2, let margin = numbers[0], let seconds = numbers[1] else { return nil }
        var point = OperatingPoint.provisional
        point.steady = Steady(margin: margin, netSpeechSeconds: seconds)
        return point.fault == nil ? point.steady : nil
    }

    func run() async throws {
        try await reporting {
            try OutputFile.check([out, report], inputs: [recordings.manifest, choice.model])
            do { try await tune() } catch let error as TableError { throw Fault(error.description, code: Exit.usage) }
        }
    }

    private func tune() async throws {
        let target = try wanted.target()
        let (table, root) = try recordings.read()
        try table.check(under: root, bothClasses: !recordings.includeReviews)
        try OutputFile.check([out, report], inputs: table.legs.map { $0.file(under: root).path })
        let model = try choice.load()
        let start = ContinuousClock.now
        let scoring = LegScoring(
            policyModel: model, root: root, cacheFolder: noCache ? nil : ScoreCache.defaultFolder, work: .onConsole(jobs: jobs),
            complain: Console.complain)
        var (legs, unreadable) = try await scoring.score(table)
        if recordings.includeReviews {
            let rate = target?.falseAlarmsPerHour(speechShare: speechShare ?? 1) ?? 1
            let reviewed = try ReviewedCalls(in: Store(.standard, for: .reading), of: model, falseAlarmsPerHour: rate)
            Console.note(reviewed.summary + "\n")
            legs += reviewed.legs
        }
        let scored = ContinuousClock.now
        var options = TuningOptions(target: target, unit: by, speechShare: speechShare, recalibrates: recalibrate, name: name)
        if let prior = wanted.prior { options.baseRates = [prior] }
        options.description = description ?? table.name
        options.base.steady = chosenSteady
        let tuning = try Tuning(legs, calibration: model.calibration, hopSamples: model.samplesPerHop, options: options)
        let result = tuning.result()
        let tuned = ContinuousClock.now

        try write(result, title: table.name, model: model)
        func seconds(_ duration: Duration) -> String { String(format: "%.1f s", duration / .seconds(1)) }
        Console.note("scored in \(seconds(scored - start)) (remembered tracks are not scored again), tuned in \(seconds(tuned - scored))\n")
        if result.finding != .set, result.finding != .noTarget { throw Exit.noVerdict }
        if unreadable > 0 { throw Exit.unreadableInput }
    }

    private func write(_ result: TuningResult, title: String, model: Model) throws {
        let madeBy = "falsetto \(Falsetto.version)"
        if let out {
            let target = result.target.map { TuningResult.sentence($0, result) } ?? ""
            let policy = result.policy(
                name: name, madeBy: madeBy, model: .init(name: model.name, identity: model.identity), target: target)
            if let policy { try OutputFile.write(policy.json(), to: out) }
        }
        if let report {
            let options = EvaluationOptions(resampling: .init(draws: 300), groupColumns: [], nullColumns: [])
            let windows = try EvaluationReport(result.strongestWindows, title: name, options: options)
            let legs = try? EvaluationReport(result.legLLRs, title: name, options: options)
            try OutputFile.write(
                TuningHTML.page(
                    result, title: title, windows: windows, legs: legs, madeBy: "\(madeBy), model \(model.name) (\(model.identity.prefix(12)))"),
                to: report)
        }
        switch format {
        case .json: try Console.write(TuningJSON.record(result, model: model.name, modelIdentity: model.identity))
        case .text:
            try Console.say(result.text())
            if result.finding == .set {
                try Console.say(out.map { "\nThe policy is in \($0.escapedForTerminal).\n" } ?? "\nNo policy was written; give --out FILE.\n")
            }
        }
    }
}

extension DataDivision.Unit: ExpressibleByArgument {}
