import Alerting
import ArgumentParser
import Audio
import Classifier
import Foundation
import Policies
import Reporting
import Screening
import Text

struct AnalyzeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyze",
        abstract: "Screens recorded calls for machine-made voices.",
        discussion: """
            Every channel is a leg of its own. A verdict needs 3 s of speech; the LLR (natural log, positive is synthetic) is
            printed whenever there is any.

            Standard input is screened while it comes in: an alert is said at once, on standard error. The result is that of the
            whole, when it has ended.

            EXAMPLES
              falsetto analyze call.wav
              falsetto analyze --leg far=right --report call.html call.wav
              falsetto analyze --report call.html --embed-audio call.wav
              falsetto analyze --policy mine.json call.wav
              falsetto analyze --raw ulaw:8000:1 < call.ulaw -
              some-recorder | falsetto analyze -
              falsetto analyze --format ndjson --scores archive/ > archive.ndjson
            """,
        aliases: ["analyse"])

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, ndjson, csv }

    @OptionGroup var input: RecordingInput

    @Option(help: "text for people; json, ndjson (a line a leg, as they finish) or csv for machines.")
    var format: Format = .text

    @Flag(help: "Adds the score track to json and ndjson: evidence, speech and windowLLR, hop by hop.")
    var scores = false

    @Option(help: ArgumentHelp("Writes an Audacity label track: alerts and speech.", valueName: "file"))
    var labels: String?

    @Option(help: ArgumentHelp("Writes a self-contained page: the score over a spectrogram.", valueName: "file"))
    var report: String?

    @Flag(help: "Puts the sound of every leg into the page of --report, to be played there. Whoever gets the page gets the call.")
    var embedAudio = false

    @OptionGroup var choice: ModelChoice

    @OptionGroup var policy: PolicyChoice

    @Option(help: ArgumentHelp("Recordings screened at a time; by default one a core.", valueName: "number"))
    var jobs: Int?

    func validate() throws {
        if input.paths.isEmpty, input.manifest == nil { throw ValidationError("Give a recording, a folder, - or --manifest FILE.") }
        if embedAudio, report == nil { throw ValidationError("--embed-audio goes with --report FILE.") }
        if let jobs, jobs < 1 { throw ValidationError("--jobs needs a number from 1.") }
        if scores, format == .text || format == .csv { throw ValidationError("--scores needs --format json or ndjson.") }
    }

    func run() async throws {
        try await reporting {
            try OutputFile.check([labels, report], inputs: input.paths + [input.manifest, choice.model, policy.policy])
            let model = try choice.load()
            let policy = try self.policy.load(for: model)
            var screening = RecordingScreening(model: model, policy: policy)
            screening.choices = try input.choices()
            let (sources, problems) = try input.sources { [screening, point = policy.operatingPoint] arriving, raw in
                Self.hear(arriving, raw, with: screening, at: point)
            }
            try OutputFile.check([labels, report], inputs: sources.map(\.name))
            guard !sources.isEmpty || !problems.isEmpty else {
                throw Fault("\(input.paths.joined(separator: ", ").escapedForTerminal): no recordings in there; name a file", code: Exit.usage)
            }
            if labels != nil, sources.count > 1 {
                throw Fault("--labels writes the track of one recording, there are \(sources.count); give one", code: Exit.usage)
            }
            screening.keepsSpectrogram = report != nil
            let detail: TextSummary.Detail = sources.count > Self.mostFullSummaries ? .oneLine : .full
            screening.keepsTrack = scores || report != nil || labels != nil || format == .text && detail == .full
            let provenance = Provenance(model, policy)

            var output = AnalysisOutput(
                format: format, scores: scores, detail: detail, operatingPoint: policy.operatingPoint,
                keepsRecords: labels != nil || report != nil)
            for problem in problems { try output.take(.unreadable(UnreadableRecord(problem))) }
            let batch = Batch(
                sources: sources, screening: screening, provenance: provenance, jobs: jobs, soundBytes: embedAudio ? Self.mostSoundBytes : 0)
            try await batch.run { records, index in try output.take(records, at: index) }
            try output.finish()

            if let labels { try OutputFile.write(AudacityLabels.text(output.analyses), to: labels) }
            if let report { try OutputFile.write(HTMLReport.page(output.records), to: report) }
            let code = Exit.code(for: output.tally, missingTools: output.missingTools)
            if code != Exit.nothingSynthetic { throw code }
        }
    }

    /// Over an hour of a telephone line; a browser still opens the page.
    private static let mostSoundBytes = 64 << 20

    /// Says at once what is found while standard input still comes in; on a terminal also how far it has come. On standard error, since the
    /// result, on standard output, is that of the whole.
    private static func hear(_ arriving: ArrivingInput, _ raw: RawFormat?, with screening: RecordingScreening, at point: OperatingPoint) {
        let redraws = Console.errorIsTerminal
        screening.hear(arriving, raw: raw) { arrival in
            if redraws { Console.note(BatchProgress.eraseLine) }
            let line = arrival.line(at: point)
            if arrival.alert != nil { Console.complain(line) } else if redraws { Console.note("falsetto: \(line)") }
        }
        if redraws { Console.note(BatchProgress.eraseLine) }
    }

    /// More recordings than this get one line each.
    private static let mostFullSummaries = 6
}

extension UnreadableRecord {
    init(_ error: AudioError, path: String? = nil) {
        var bare = error
        bare.path = nil
        self.init(path: path ?? error.path ?? "", error: bare.description, kind: error.kind.rawValue)
    }
}
