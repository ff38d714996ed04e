import Alerting
import ArgumentParser
import Audio
import Capture
import Foundation
import Ingest
import Monitoring
import Reporting
import Screening
import Store
import Text

struct ListenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listen",
        abstract: "Hears calls as they run, and raises an alert within seconds of a machine-made voice.",
        discussion: """
            A call begins when somebody speaks and ends when the line falls silent, or by `falsetto call start` and `call end`.
            On a terminal it draws what it hears; otherwise each event is a line of JSON on standard output. It ends with
            Ctrl-C or SIGTERM, and reads its configuration again at SIGHUP.

            EXAMPLES
              falsetto listen --device pulse:alsa_output.pci-0000_00_1f.3.analog-stereo.monitor
              falsetto listen --device hw:1,0 --leg far=left --leg near=right --consent "both were told"
              falsetto listen --paused --device hw:1,0       # hears nothing until `falsetto call start`
              falsetto listen > events.ndjson                # all from ~/.config/falsetto/config.toml
              some-recorder | falsetto listen --stdin --raw ulaw:8000:1 --consent "my own call"
              falsetto listen --audiosocket 127.0.0.1:9092 --consent "callers are told"    # Asterisk; see docs/telephone.md
              falsetto listen --websocket 127.0.0.1:9093 --consent "callers are told"      # Twilio, jambonz, FreeSWITCH, Asterisk, Genesys
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable { case auto, live, ndjson, none }
    enum Screen: String, ExpressibleByArgument, CaseIterable { case far, both }

    @Option(help: ArgumentHelp("What to capture from (`falsetto devices`): the far end, and a second for the near end.", valueName: "name"))
    var device: [String] = []

    @Flag(help: "Hears standard input as one call; give --raw with it.")
    var stdin = false

    @Option(help: ArgumentHelp("What standard input holds: ulaw, alaw or s16le, the rate, the channels: ulaw:8000:1.", valueName: "format"))
    var raw: String?

    @Option(help: ArgumentHelp("Takes calls from Asterisk's AudioSocket at this address of this machine.", valueName: "address:port"))
    var audiosocket: String?

    @Option(
        help: ArgumentHelp("Takes calls by WebSocket (Twilio, jambonz, FreeSWITCH, Asterisk, Genesys) at this address.", valueName: "address:port"))
    var websocket: String?

    @Option(
        help: ArgumentHelp(
            "Takes a copy of RTP streams (from rtpengine, a SIPREC recorder) at this address of this machine.", valueName: "address:port"))
    var rtp: String?

    @Option(help: ArgumentHelp("Which channel a leg is on, and its name: far=left. Once a leg.", valueName: "[name=]channel"))
    var leg: [String] = []

    @Option(help: "Which legs are screened: the far end only, or both.")
    var screen: Screen?

    @Option(
        help: ArgumentHelp("Samples a second to ask the device for; by default \(LegTime.sampleRate) or its nearest higher rate.", valueName: "Hz"))
    var rate: Int?

    @Option(help: ArgumentHelp("Channels to ask the device for; by default 1, or as many as the legs need.", valueName: "number"))
    var channels: Int?

    @Option(help: ArgumentHelp("Sample format to ask the device for: s16, s32 or float.", valueName: "format"))
    var format: SampleEncoding?

    @Option(help: ArgumentHelp("Why listening is lawful, stored with each call: \"both parties were told\".", valueName: "basis"))
    var consent: String?

    @Flag(help: "Hears nothing until `falsetto call start`.")
    var paused = false

    @Flag(help: "Keeps the sound of calls, sealed, for the retention time. By default none is kept.")
    var keepAudio = false

    @Option(help: "auto: a live view on a terminal, else ndjson. none prints nothing.")
    var output: Output = .auto

    @Flag(help: "Adds every hop of the score track to ndjson.")
    var scores = false

    @Option(help: ArgumentHelp("The configuration file; by default $XDG_CONFIG_HOME/falsetto/config.toml, where there is one.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Where to take words from `falsetto call`.", valueName: "socket"))
    var control: String?

    @Option(help: ArgumentHelp("Serves metrics for Prometheus and health there: 127.0.0.1:9464 (docs/alarms.md).", valueName: "address:port"))
    var metrics: String?

    @OptionGroup var choice: ModelChoice
    @OptionGroup var policy: PolicyChoice

    func validate() throws {
        if device.count > 2 { throw ValidationError("--device: one for the far end and one for the near end at most.") }
        if leg.count > 2 { throw ValidationError("--leg: one for the far end and one for the near end at most.") }
        if stdin, raw == nil { throw ValidationError("--stdin: say with --raw what it holds, as in --raw ulaw:8000:1.") }
        if raw != nil, !stdin { throw ValidationError("--raw: goes with --stdin.") }
        if stdin, !device.isEmpty { throw ValidationError("--stdin: it is one call; listen to devices in a second falsetto.") }
        for (option, text) in [("audiosocket", audiosocket), ("websocket", websocket), ("rtp", rtp)] {
            guard let text else { continue }
            guard let address = ListenAddress(text) else {
                throw ValidationError("--\(option): give a numeric address and a port, as in 127.0.0.1:9092.")
            }
            if !address.isLoopback {
                throw ValidationError(
                    "--\(option): only addresses of this machine, such as 127.0.0.1:9092; others need a [[trunk]] in the configuration.")
            }
            if output == .live { throw ValidationError("--output live: draws one call; give ndjson for many.") }
        }
        if let metrics, ListenAddress(metrics) == nil { throw ValidationError("--metrics: give a numeric address and a port, as in 127.0.0.1:9464.") }
        if let rate, !AudioLimits.sampleRates.contains(rate) {
            throw ValidationError("--rate: from \(AudioLimits.sampleRates.lowerBound) to \(AudioLimits.sampleRates.upperBound) Hz.")
        }
        if let channels, !AudioLimits.channelCounts.contains(channels) {
            throw ValidationError("--channels: from \(AudioLimits.channelCounts.lowerBound) to \(AudioLimits.channelCounts.upperBound).")
        }
        if let consent, consent.isBlank { throw ValidationError("--consent: say why listening is lawful.") }
    }

    func run() async throws {
        try await reporting {
            // A reader of standard output or a command that goes away is an error of that write, not the end of listening.
            signal(SIGPIPE, SIG_IGN)
            // So is a file that may not grow any more.
            signal(SIGXFSZ, SIG_IGN)
            let plan = try ListenPlan(self)
            let settings = plan.settings()
            do { try settings.control.check() } catch { throw Fault("\(error)".escapedForTerminal, code: Exit.usage) }
            let store = try Store(.standard, for: .daemon)
            let (key, keyTrouble) = try Self.key(plan, store)
            let display = BoundedQueue<MonitorItem>(capacity: 4096)
            let screen = ListenScreen(plan: plan, queue: display)
            defer { screen.finish() }
            for id in store.interruptedCalls {
                display.put(.notice("call \(id) was cut short when the program last ended; what was stored until then is there"), mayBeDropped: false)
            }
            if let trouble = store.trouble { display.put(.notice("calls are screened and, for now, not stored: \(trouble)"), mayBeDropped: false) }
            if let keyTrouble { display.put(.notice("calls are screened and their sound is not kept: \(keyTrouble)"), mayBeDropped: false) }
            let session = MonitorSession(settings: settings, store: store, key: key, display: display)
            do { try await session.run() } catch let error as CaptureError {
                throw Fault(error.description, code: error.kind == .unsupported ? Exit.usage : Exit.missingOnMachine)
            } catch let error as IngestError {
                throw Fault(error.description, code: Exit.missingOnMachine)
            } catch let error as MetricsError {
                throw Fault(error.description, code: Exit.missingOnMachine)
            } catch let error as ControlError {
                throw Fault(error.description.escapedForTerminal, code: error.kind == .usage ? Exit.usage : Exit.internalError)
            }
        }
    }

    /// The key for kept sound; nil where none is kept, or where the disk has no room for one, and then why.
    private static func key(_ plan: ListenPlan, _ store: Store) throws -> (AudioKey?, StoreError?) {
        guard plan.options.keepsAudio else { return (nil, nil) }
        do throws(StoreError) { return (try AudioKey(makingAt: store.folder.audioKey), nil) } catch {
            guard error.kind == .full || store.trouble?.kind == .full else { throw error }
            return (nil, error)
        }
    }
}

extension SampleEncoding: ExpressibleByArgument {}
