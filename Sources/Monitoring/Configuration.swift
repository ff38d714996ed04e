import Audio
import Calls
import Capture
import Foundation
import Ingest
import Reporting
import Store
import TOMLKit

/// What the configuration file says: `$XDG_CONFIG_HOME/falsetto/config.toml`. What it does not say is nil and left to the
/// command line, then to the default.
public struct Configuration: Sendable, Equatable {
    public struct Listen: Sendable, Equatable {
        public var devices: [String]?
        public var labels: [String]?
        public var legs: [String]?
        public var sampleRate: Int?
        public var channelCount: Int?
        public var encoding: SampleEncoding?
        public var screensNearEnd: Bool?
        public var waitsToBeTold: Bool?
        public var keepsAudio: Bool?
        public var control: String?
        public var model: String?
        public var policy: String?
        public var point: String?
    }

    public var consent: String?
    public var listen = Listen()
    public var boundary = CallBoundary.Options()
    public var retention = Retention()
    public var disclosedParties: Set<String> = []
    public var sinks: [SinkSettings] = []
    public var trunks: [Trunk] = []
    /// What the calls of each trunk are heard under, by its name.
    public var trunkPolicies: [String: TrunkPolicy] = [:]
    /// Calls of all trunks at a time.
    public var mostCalls: Int?
    /// Where metrics and health are served.
    public var metrics: ListenAddress?

    public init() {}

    /// Where the file is looked for when nobody says.
    public static var standardPath: String {
        let base =
            ProcessInfo.processInfo.environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? FileManager.default.homeDirectoryForCurrentUser.appending(path: ".config").path
        return base + "/falsetto/config.toml"
    }

    /// Reads a file.
    /// - Throws: `ConfigurationError`: the line and column of a syntax error, else everything that is wrong, by key path.
    public init(path: String) throws(ConfigurationError) {
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
            throw ConfigurationError(["\(path): cannot be read: \((error as NSError).localizedDescription)"])
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw ConfigurationError(["\(path): is not UTF-8 text; save it as UTF-8"])
        }
        try self.init(text: text, name: path)
    }

    /// A table whose name does not begin as one, which the parser answers by ending the program in builds with assertions.
    ///
    /// Rule: it looks at scalars, never at characters. Why: to the parser a bracket is one whatever combines with it, and so is a line's
    /// end after a carriage return.
    private static func unnamedTable(in text: String) -> String? {
        for (number, line) in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }
            guard words.first == "[" else { continue }
            let name = words.drop { $0 == "[" }
            let first = name.drop { $0 == " " || $0 == "\t" }.first ?? "\n"
            let isNamed = first.isASCII && first.properties.isAlphabetic || "0"..."9" ~= first || "_-\"']".unicodeScalars.contains(first)
            if words.count - name.count > 2 || !isNamed { return "line \(number + 1): a table is named as in [listen] or [[sink]]" }
        }
        return nil
    }

    /// A bracket or a comma with `}` or a foreign line break behind it, where a value must stand: the parser ends the program there too.
    private static func missingValue(in text: String) -> String? {
        let scalars = Array(text.unicodeScalars)
        var (index, line, last) = (0, 1, Unicode.Scalar(" "))
        var open: (quote: Unicode.Scalar, isLong: Bool)?
        func isTriple(_ quote: Unicode.Scalar) -> Bool { index + 2 < scalars.count && scalars[index + 1] == quote && scalars[index + 2] == quote }
        while index < scalars.count {
            let scalar = scalars[index]
            if scalar == "\n" { line += 1 }
            if let (quote, isLong) = open {
                if scalar == "\\", quote == "\"" {
                    if index + 1 < scalars.count, scalars[index + 1] == "\n" { line += 1 }
                    index += 1
                } else if isLong, scalar == quote, isTriple(quote) {
                    index += 2
                    // Two quotes more may stand at the end of a long text, and belong to it.
                    for _ in 0..<2 where index + 1 < scalars.count && scalars[index + 1] == quote { index += 1 }
                    open = nil
                } else if !isLong, scalar == quote || scalar == "\n" {
                    open = nil
                }
            } else {
                switch scalar {
                case "#": while index + 1 < scalars.count, scalars[index + 1] != "\n" { index += 1 }
                case " ", "\t", "\r", "\n": break
                case "}" where last == "[" || last == ",", "\u{85}", "\u{2028}", "\u{2029}":
                    return "line \(line): a value is missing before \(scalar == "}" ? "}" : "a line break that is none in TOML")"
                case "\"", "'":
                    open = (scalar, isTriple(scalar))
                    if open!.isLong { index += 2 }
                    last = scalar
                default: last = scalar
                }
            }
            index += 1
        }
        return nil
    }

    /// - Parameter name: what errors call it.
    public init(text: String, name: String) throws(ConfigurationError) {
        if let problem = Self.unnamedTable(in: text) ?? Self.missingValue(in: text) { throw ConfigurationError(["\(name): \(problem)"]) }
        let root: TOMLTable
        do { root = try TOMLTable(string: text) } catch let error as TOMLParseError {
            throw ConfigurationError(["\(name): line \(error.source.begin.line), column \(error.source.begin.column): \(error.description)"])
        } catch { throw ConfigurationError(["\(name): cannot be read as TOML: \(error)"]) }
        let problems = ConfigurationProblems(file: name)
        var reader = ConfigurationReader(root, path: "", problems)
        consent = reader.text("consent")
        reader.table("listen") { listen in
            self.listen.devices = listen.texts("devices", counts: 1...2)
            self.listen.labels = listen.texts("labels", counts: 1...2)
            self.listen.legs = listen.texts("legs", counts: 1...2)
            self.listen.sampleRate = listen.integer("rate", in: AudioLimits.sampleRates, unit: "Hz")
            self.listen.channelCount = listen.integer("channels", in: AudioLimits.channelCounts, unit: "channels")
            self.listen.encoding = listen.choice("format", SampleEncoding.init(rawValue:), of: SampleEncoding.allCases.map(\.rawValue))
            self.listen.screensNearEnd = listen.choice("screen", { ["far": false, "both": true][$0] }, of: ["far", "both"])
            self.listen.waitsToBeTold = listen.flag("paused")
            self.listen.keepsAudio = listen.flag("keep-audio")
            self.listen.control = listen.text("control")
            do throws(ControlError) { try self.listen.control.map { ControlSocketPath(path: $0) }?.check() } catch {
                listen.complain("control", error.description)
            }
            self.listen.model = listen.text("model")
            self.listen.policy = listen.text("policy")
            self.listen.point = listen.text("point")
        }
        reader.table("calls") { calls in
            calls.number("start-after-speech", in: 0.2...60, unit: "s", into: &boundary.startAfterSpeechSeconds)
            calls.number("start-within", in: 0.2...600, unit: "s", into: &boundary.startWithinSeconds)
            calls.number("end-after-silence", in: 1...3600, unit: "s", into: &boundary.endAfterSilenceSeconds)
            calls.number("silence-below", in: -120...0, unit: "dB relative to full scale", into: &boundary.silenceBelowDBFS)
            calls.number("end-after-no-speech", in: 1...86_400, unit: "s", into: &boundary.endAfterNoSpeechSeconds)
            calls.number("end-after-away", in: 1...86_400, unit: "s", into: &boundary.endAfterAwaySeconds)
            mostCalls = calls.integer("most", in: 1...100_000, unit: "calls")
            if boundary.startWithinSeconds < boundary.startAfterSpeechSeconds {
                calls.complain("start-within", "cannot be shorter than start-after-speech (\(boundary.startAfterSpeechSeconds) s)")
            }
        }
        reader.table("retention") { table in
            var (calls, audio) = (retention.callDays, retention.audioDays)
            table.number("call-days", in: 0.01...36_500, unit: "days", into: &calls)
            table.number("audio-days", in: 0.01...36_500, unit: "days", into: &audio)
            retention = Retention(callDays: calls, audioDays: audio)
        }
        reader.table("metrics") { table in
            guard let text = table.text("listen") else { return }
            metrics = ListenAddress(text)
            if metrics == nil { table.complain("listen", "must be a numeric address and a port, as in \"127.0.0.1:9464\"") }
        }
        reader.table("disclosed") { disclosed in
            disclosedParties = Set(disclosed.texts("parties", counts: 0...10_000) ?? [])
        }
        sinks = reader.tables("sink") { sink in SinkSettings(&sink) }
        for (index, sink) in sinks.enumerated() where sinks[..<index].contains(where: { $0.name == sink.name }) {
            problems.add("sink[\(index)].name", "\"\(sink.name)\" is the name of another sink; each needs its own")
        }
        for (index, trunk) in reader.tables("trunk", { trunk in Trunk.read(&trunk) }).enumerated() {
            if trunkPolicies[trunk.trunk.name] != nil {
                problems.add("trunk[\(index)].name", "\"\(trunk.trunk.name)\" is the name of another trunk; each needs its own")
            }
            trunks.append(trunk.trunk)
            trunkPolicies[trunk.trunk.name] = trunk.policy
        }
        reader.refuseUnknown()
        guard problems.lines.isEmpty else { throw ConfigurationError(problems.lines) }
    }
}

extension SinkSettings {
    fileprivate init?(_ table: inout ConfigurationReader) {
        let name = table.text("name")
        if name == nil { table.complain("name", "is missing; give each sink a name, its messages wait under it") }
        let kind = table.choice("type", { $0 }, of: Self.types)
        if kind == nil, !table.has("type") { table.complain("type", "is missing; give one of \(Self.types.joined(separator: ", "))") }
        let timeout = table.number("timeout", in: 0.1...3600, unit: "s") ?? 10
        var events = Self.usualEvents
        if let wanted = table.names("events", of: CallEvent.names) { events = Set(wanted) }
        switch kind {
        case "ndjson":
            let path = table.text("path")
            guard let path else {
                table.complain("path", "is missing; give a file, or - for standard output")
                return nil
            }
            guard let name else { return nil }
            self.init(name: name, target: path == "-" ? .standardOutput : .file(path), events: events, timeoutSeconds: timeout)
        case "command":
            guard let words = table.texts("command", counts: 1...100) else {
                if !table.has("command") {
                    table.complain("command", "is missing; give the program and its arguments, as in [\"/usr/bin/notify-desk\", \"--urgent\"]")
                }
                return nil
            }
            guard let name else { return nil }
            self.init(name: name, target: .command(words), events: events, timeoutSeconds: timeout)
        case "syslog":
            let path = table.text("socket") ?? SyslogSink.standardPath
            guard let name else { return nil }
            self.init(name: name, target: .syslog(path), events: events, timeoutSeconds: timeout)
        case "webhook":
            guard let webhook = Self.webhook(&table), let name else { return nil }
            self.init(name: name, target: .webhook(webhook), events: events, timeoutSeconds: timeout)
        case "desktop":
            let bus = table.text("bus")
            guard let name else { return nil }
            if !table.has("events") { events = Self.alarmEvents }
            self.init(name: name, target: .desktop(bus: bus), events: events, timeoutSeconds: timeout)
        case "tone":
            let device = table.text("device") ?? "default"
            let level = table.number("level", in: -70...Tone.loudestDBFS, unit: "dB relative to full scale") ?? Tone(device: device).levelDBFS
            guard let name else { return nil }
            if !table.has("events") { events = ["alertRaised"] }
            self.init(name: name, target: .tone(Tone(device: device, levelDBFS: level)), events: events, timeoutSeconds: timeout)
        default:
            // Read so that they are not called unknown as well.
            _ = (
                table.text("path"), table.texts("command", counts: 1...100), table.text("socket"), Self.webhook(&table, complains: false),
                table.text("bus")
            )
            _ = (table.text("device"), table.number("level", in: -70...0, unit: "dB"))
            return nil
        }
    }

    private static let types = ["ndjson", "command", "syslog", "webhook", "desktop", "tone"]

    private static func webhook(_ table: inout ConfigurationReader, complains: Bool = true) -> WebhookSettings? {
        let (url, file, variable, trust) = (table.text("url"), table.text("secret-file"), table.text("secret-environment"), table.text("trust"))
        let secret: WebhookSettings.Secret? = file.map { .file($0) } ?? variable.map { .environment($0) }
        guard complains else { return nil }
        if url == nil, !table.has("url") { table.complain("url", "is missing; give the address that events are posted to") }
        if (file == nil) == (variable == nil), table.has("secret-file") == table.has("secret-environment") {
            table.complain("secret-file", "the events are signed: give secret-file or secret-environment, one of them")
        }
        guard let url, let secret else { return nil }
        let webhook = WebhookSettings(url: url, secret: secret, trust: trust)
        if webhook == nil { table.complain("url", "must begin with https:// (http:// only for this machine), without a user and password in it") }
        return webhook
    }
}

/// Everything wrong with a configuration, told at once.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One line each: the file, the key path or the place, what is wrong, what may stand there.
    public let problems: [String]
    public init(_ problems: [String]) { self.problems = problems }
    public var description: String { problems.joined(separator: "\n") }
}
