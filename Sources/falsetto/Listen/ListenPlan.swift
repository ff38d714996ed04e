import Alerting
import ArgumentParser
import Audio
import Capture
import Classifier
import Foundation
import Ingest
import Monitoring
import Policies
import Reporting
import Screening
import Store
import Text

/// What `listen` will do: the command line over the configuration over the defaults.
struct ListenPlan {
    let command: ListenCommand
    let configuration: Configuration
    let configurationPath: String?
    let devices: [String]
    let options: MonitorOptions
    let screening: ScreeningSetup
    let trunks: [Trunk]
    let stream: SessionSettings.Stream?
    /// The command line says what is listened to, not the configuration.
    private let isNamed: Bool

    init(_ command: ListenCommand) throws {
        self.command = command
        configurationPath = try Self.path(command.config)
        configuration = try Self.read(configurationPath)
        // What the command line names is all that is listened to; without it, all that the configuration names.
        let named = Self.namedTrunks(command)
        isNamed = !command.device.isEmpty || command.stdin || !named.isEmpty
        devices = isNamed ? command.device : configuration.listen.devices ?? []
        let own = isNamed ? [] : configuration.trunks
        guard isNamed || !devices.isEmpty || !own.isEmpty else {
            throw Fault(
                """
                nothing to listen to; give --device NAME (`falsetto devices` lists them), --stdin, --audiosocket, --websocket or --rtp, \
                or listen.devices or a [[trunk]] in the configuration
                """,
                code: Exit.usage)
        }
        // Each trunk of the configuration brings its own consent basis.
        options = try Self.options(command, configuration, ask: true, given: !isNamed && devices.isEmpty ? "" : nil)
        trunks = own + named
        stream = try Self.stream(command, configuration, consent: options.consent)
        screening = try Self.screening(command, configuration)
        _ = try Self.legChoices(command, configuration)
    }

    var output: ListenCommand.Output {
        // The live view draws one call.
        command.output == .auto ? (Console.outputRedraws && trunks.isEmpty ? .live : .ndjson) : command.output
    }

    func settings() -> SessionSettings {
        let listen = configuration.listen
        let choices = (try? Self.legChoices(command, configuration)) ?? []
        let screensNear = command.screen.map { $0 == .both } ?? listen.screensNearEnd ?? false
        // Two legs of one device need as many channels as the higher of them.
        let needed = devices.count == 1 ? choices.map(\.channel).max().map { $0 + 1 } : nil
        let request = FormatRequest(
            sampleRate: command.rate ?? listen.sampleRate, channelCount: command.channels ?? listen.channelCount ?? needed,
            encoding: command.format ?? listen.encoding)
        let lines = devices.enumerated().map { index, device in
            SessionSettings.Line(device: device, label: listen.labels.flatMap { index < $0.count ? $0[index] : nil }, request: request)
        }
        let state = StateFolder.standard.path
        let control = (command.control ?? listen.control).map { ControlSocketPath(path: $0) } ?? .standard(stateFolder: state)
        let (command, path, consent, isNamed) = (command, configurationPath, options.consent, isNamed)
        var settings = SessionSettings(
            lines: lines, legs: { try Self.legs(choices, formats: $0, devices: lines.map(\.device), screensNear: screensNear) },
            options: options, sinks: sinks(configuration), retention: configuration.retention, screening: screening, control: control,
            reload: {
                let new = try Self.read(path)
                var options = try Self.options(command, new, ask: false, given: consent)
                options.keepsAudio = self.options.keepsAudio && options.keepsAudio
                var reloaded = SessionSettings.Reloaded(options: options, sinks: self.sinks(new), screening: try Self.screening(command, new))
                reloaded.trunkPolicies = new.trunkPolicies
                reloaded.trunks = isNamed ? nil : new.trunks
                return reloaded
            })
        settings.trunks = trunks
        settings.trunkPolicies = configuration.trunkPolicies
        for trunk in trunks where settings.trunkPolicies[trunk.name] == nil {
            settings.trunkPolicies[trunk.name] = TrunkPolicy(consent: consent, screensNearEnd: screensNear)
        }
        if let most = configuration.mostCalls { settings.mostCalls = most }
        settings.stream = stream
        settings.metrics = command.metrics.flatMap(ListenAddress.init) ?? configuration.metrics
        settings.build = Falsetto.version
        return settings
    }

    /// The trunks that the command line names, by what they speak.
    private static func namedTrunks(_ command: ListenCommand) -> [Trunk] {
        [(Trunk.Kind.audiosocket, command.audiosocket), (.websocket, command.websocket), (.rtp, command.rtp)].compactMap { kind, text in
            text.flatMap(ListenAddress.init).map { Trunk(name: kind.rawValue, kind: kind, address: $0) }
        }
    }

    private static func stream(_ command: ListenCommand, _ configuration: Configuration, consent: String) throws -> SessionSettings.Stream? {
        guard command.stdin, let raw = command.raw else { return nil }
        let format = try RawFormat(parsing: raw)
        guard StreamSource.encodings.contains(format.encoding) else {
            throw Fault(
                """
                --raw \(format.encoding.rawValue): standard input can be heard as it comes in \
                \(StreamSource.encodings.map(\.rawValue).joined(separator: ", ")) only; `falsetto analyze -` takes the others
                """,
                code: Exit.usage)
        }
        let choices = try legChoices(command, configuration)
        let usual = ["far", "near"]
        let names = (0..<format.channelCount).map { channel in
            choices.first { $0.channel == channel }?.name ?? (channel < usual.count ? usual[channel] : "leg\(channel + 1)")
        }
        if let missing = choices.first(where: { $0.channel >= format.channelCount }) {
            throw Fault("--raw \(format): has no channel \(missing.channel + 1); choose another --leg", code: Exit.usage)
        }
        let screensNear = command.screen.map { $0 == .both } ?? configuration.listen.screensNearEnd ?? false
        return SessionSettings.Stream(
            descriptor: STDIN_FILENO, format: format, legs: names, policy: TrunkPolicy(consent: consent, screensNearEnd: screensNear))
    }

    /// Standard output is the live view's or the events': a sink may not write into them.
    private func sinks(_ configuration: Configuration) -> [SinkSettings] {
        configuration.sinks.filter { $0.target != .standardOutput || output == .none }
    }

    private static func path(_ given: String?) throws -> String? {
        if let given { return given }
        let standard = Configuration.standardPath
        return FileManager.default.fileExists(atPath: standard) ? standard : nil
    }

    private static func read(_ path: String?) throws -> Configuration {
        guard let path else { return Configuration() }
        do throws(ConfigurationError) { return try Configuration(path: path) } catch {
            throw Fault(error.description, code: Exit.configuration)
        }
    }

    private static func screening(_ command: ListenCommand, _ configuration: Configuration) throws -> ScreeningSetup {
        var choice = command.choice
        choice.model = choice.model ?? configuration.listen.model
        let model = try choice.load()
        var policy = command.policy
        policy.policy = policy.policy ?? configuration.listen.policy
        policy.point = policy.point ?? configuration.listen.point
        let applied = try policy.load(for: model)
        return ScreeningSetup(
            model: model, operatingPoint: applied.operatingPoint, recalibration: applied.recalibration,
            provenance: Provenance(model, applied))
    }

    private static func options(
        _ command: ListenCommand, _ configuration: Configuration, ask: Bool, given: String? = nil
    ) throws -> MonitorOptions {
        guard let consent = try command.consent ?? configuration.consent ?? given ?? (ask ? askForConsent() : nil) else {
            throw Fault(
                """
                no consent basis: nobody is there to be asked; give --consent BASIS, or consent = "..." in the configuration (docs/listening.md \
                says what law usually asks)
                """,
                code: Exit.configuration)
        }
        var options = MonitorOptions(consent: consent)
        options.boundary = configuration.boundary
        options.waitsToBeTold = command.paused || configuration.listen.waitsToBeTold ?? false
        options.keepsAudio = command.keepAudio || configuration.listen.keepsAudio ?? false
        options.disclosedParties = configuration.disclosedParties
        return options
    }

    /// Asked once, of a person at a terminal; nil where there is none.
    private static func askForConsent() throws -> String? {
        guard isatty(STDIN_FILENO) == 1, Console.errorIsTerminal else { return nil }
        Console.note(
            """
            Falsetto is about to listen to telephone calls on this machine. In many countries that needs the consent of one
            or of all parties. On what basis do you listen? It is stored with each call.
            (for instance: my own calls; both parties are told; announcement at the start)
            basis:\u{20}
            """)
        guard let answer = readLine(), !answer.isBlank else {
            throw Fault("no consent basis was given, so nothing is heard", code: Exit.usage)
        }
        return answer.trimmingCharacters(in: .whitespaces)
    }

    private static func legChoices(_ command: ListenCommand, _ configuration: Configuration) throws -> [LegChoice] {
        let texts = command.leg.isEmpty ? configuration.listen.legs ?? [] : command.leg
        return try texts.map { try LegChoice(parsing: $0) }
    }

    /// Far end first. With two devices each has one leg; with one, each leg is a channel.
    private static func legs(
        _ choices: [LegChoice], formats: [SampleFormat], devices: [String], screensNear: Bool
    ) throws -> [MonitoredLeg] {
        let count = max(choices.count, formats.count)
        return try (0..<count).map { index in
            let line = min(index, formats.count - 1)
            let channel = index < choices.count ? choices[index].channel : 0
            guard channel < formats[line].channelCount else {
                throw Fault(
                    """
                    \(devices[line]): has \(formats[line].channelCount) channel\(formats[line].channelCount == 1 ? "" : "s"), \
                    no channel \(channel + 1); choose another --leg, or ask for more with --channels
                    """
                    .escapedForTerminal,
                    code: Exit.usage)
            }
            let name = (index < choices.count ? choices[index].name : nil) ?? (index == 0 ? "far" : "near")
            return MonitoredLeg(
                name: name, line: line, channel: channel, isScreened: index == 0 || screensNear,
                isOnlyChannel: count == 1 && formats[line].channelCount == 1)
        }
    }
}
