import ArgumentParser
import Audio
import Calls
import Classifier
import Foundation
import Reporting
import Screening
import Store

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Hears a stored call again and compares with what was stored, to the byte.",
        discussion: """
            With kept audio the whole engine hears it, gaps, pauses and reopened devices where they were. Without, the alert engine
            judges the stored score track. --audio hears a recording from elsewhere. The policy stored with the call decides, unless
            --policy or --point asks for another.

            EXIT CODES
              0 the same to the byte, 1 it differs, 2 it differs, but model, policy, kernel level or program are not those of
              the call, 3 the audio cannot be read or trusted, 64 usage, 78 store, key or model at fault

            EXAMPLES
              falsetto replay 7kq2m4xw9a1c
              falsetto replay --track 7kq2m4xw9a1c
              falsetto replay --audio other-recorder.wav --leg right 7kq2m4xw9a1c
            """)

    @OptionGroup var call: CallArgument

    @Flag(help: "Replays the stored score track, also where audio was kept.")
    var track = false

    @Option(help: ArgumentHelp("Hears this recording instead.", valueName: "file"))
    var audio: String?

    @Option(help: ArgumentHelp("With --audio: the channel that was the call's leg; repeat for each leg.", valueName: "channel"))
    var leg: [String] = []

    @Option(help: ArgumentHelp("The key that sealed the kept audio, where it is not in its usual place.", valueName: "file"))
    var key: String?

    @OptionGroup var choice: ModelChoice
    @OptionGroup var policy: PolicyChoice
    @OptionGroup var output: StoreOutput

    func validate() throws {
        if track, audio != nil { throw ValidationError("Give --track or --audio, not both.") }
        if !leg.isEmpty, audio == nil { throw ValidationError("--leg is for --audio.") }
    }

    func run() async throws {
        try await reporting {
            let store = try output.store(for: .reading)
            let id = try CallID(call.id)
            let way = try way(store, id)
            var replay = CallReplay(store: store, model: try choice.load(), build: Falsetto.version)
            if policy.policy != nil || policy.point != nil { replay.policy = try policy.load(for: replay.model) }
            let shows = Console.errorRedraws
            if shows { replay.progress = Self.progress(from: .now) }
            defer { if shows { Console.note(BatchProgress.eraseLine) } }
            let report = try replay.run(id, way)
            if shows { Console.note(BatchProgress.eraseLine) }
            try output.format == .json
                ? Console.write(ReplayText.json(report)) : Console.say(ReplayText.text(report, colour: TextSummary.forConsole().colour))
            switch report.judgement {
            case .same: break
            case .differs: throw ExitCode(1)
            case .notComparable: throw ExitCode(2)
            }
        }
    }

    private func way(_ store: Store, _ id: CallID) throws -> CallReplay.Way {
        if let audio { return .recording(.path(audio, raw: nil), legs: try leg.map { try LegChoice(parsing: $0) }) }
        if try track || !store.call(id).keepsAudio { return .track }
        return .audio(try AudioKey(path: key ?? store.folder.audioKey))
    }

    /// One line with the time left, now and then.
    private static func progress(from start: ContinuousClock.Instant) -> @Sendable (Double, Double?) -> Void {
        { heard, length in
            let elapsed = (ContinuousClock.now - start) / .seconds(1)
            guard let length, length > 0, heard > 0, elapsed > 0.5 else { return }
            let left = elapsed * max(length - heard, 0) / heard
            Console.note("\(BatchProgress.eraseLine)replaying: \(Int(heard)) of \(Int(length)) s, about \(Int(left.rounded(.up))) s left")
        }
    }
}
