import Alerting
import ArgumentParser
import Audio
import Classifier
import Foundation
import Policies
import Reporting
import Screening
import Text

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Makes two calls on the spot, one spoken by machines and one by people, and screens them.",
        discussion: """
            EXAMPLES
              falsetto demo
              falsetto demo --keep demo-calls
            """)

    @Option(help: ArgumentHelp("Keeps the two recordings in this folder.", valueName: "folder"))
    var keep: String?

    @OptionGroup var choice: ModelChoice

    @OptionGroup var policy: PolicyChoice

    func run() async throws {
        try await reporting {
            let folder =
                keep.map { URL(fileURLWithPath: $0) }
                ?? FileManager.default.temporaryDirectory.appending(path: "falsetto-demo-\(UUID().uuidString)")
            do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
                throw Fault("\(folder.path): cannot be made: \((error as NSError).localizedDescription)", code: Exit.usage)
            }
            defer { if keep == nil { try? FileManager.default.removeItem(at: folder) } }
            let model = try choice.load()
            let policy = try self.policy.load(for: model)
            let demo: DemoCalls
            do throws(DemoError) { demo = try DemoCalls.make(in: folder) } catch { throw Fault(error) }
            try show(demo, model: model, policy: policy)
            if let keep { try Console.write("\nThe recordings are in \(keep.escapedForTerminal).\n") }
        }
    }

    /// Screens both calls and says what is known beside what was found. The exit code is 0 either way: a demonstration shows
    /// the program, it judges nobody's call.
    private func show(_ demo: DemoCalls, model: Model, policy: AppliedPolicy) throws {
        var screening = RecordingScreening(model: model, policy: policy)
        screening.keepsTrack = true
        let summary = TextSummary.forConsole()
        let provenance = Provenance(model, policy)
        if !demo.silent.isEmpty {
            let names = demo.silent.joined(separator: " and ")
            Console.complain(
                "\(names) did not speak (not installed, or without a voice), so the machine's call is not the README's; install it to hear that one")
        }
        var llr: [DemoCalls.Call.Caller: Double] = [:]
        for call in demo.calls {
            try Console.say("A call by \(call.caller == .machine ? "machines" : "people"): \(call.origin)\n(\(call.licence))\n\n")
            let recording = try screening.screen(.path(call.file.path, raw: nil))
            for leg in recording.legs {
                llr[call.caller] = leg.result.llr
                let record = AnalysisRecord(
                    path: call.file.lastPathComponent, leg: leg.name, result: leg.result, provenance: provenance,
                    warnings: recording.warnings)
                try Console.say(summary.text(.analysis(record)))
            }
            try Console.write("\n")
        }
        let comparison = summary.paragraph(DemoCalls.comparison(machineLLR: llr[.machine], humanLLR: llr[.human]))
        try Console.say(summary.threshold(policy.operatingPoint) + "\n" + comparison + "\n" + summary.paragraph(demo.closing))
    }
}

extension Fault {
    init(_ error: DemoError) {
        switch error {
        case .missing: self.init(error.description, code: Exit.missingOnMachine)
        case .failed: self.init(error.description, code: Exit.internalError)
        }
    }
}
