import Audio
import Foundation
import Ingest
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

    /// - Parameter name: what errors call it.
    public init(text: String, name: String) throws(ConfigurationError) {
        if let problem = TOMLText.fault(in: text) { throw ConfigurationError(["\(name): \(problem)"]) }
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
        sinks = reader.tables("sink") { sink in SinkSettings.read(&sink) }
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

/// Everything wrong with a configuration, told at once.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One line each: the file, the key path or the place, what is wrong, what may stand there.
    public let problems: [String]
    public init(_ problems: [String]) { self.problems = problems }
    public var description: String { problems.joined(separator: "\n") }
}
