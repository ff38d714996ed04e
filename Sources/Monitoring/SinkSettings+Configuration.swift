import Calls
import Capture

extension SinkSettings {
    private static let kinds = ["ndjson", "command", "syslog", "webhook", "desktop", "tone"]

    /// Reads a `[[sink]]` of the configuration; nil where something is missing or wrong, which is noted.
    static func read(_ table: inout ConfigurationReader) -> SinkSettings? {
        let name = table.text("name")
        if name == nil { table.complain("name", "is missing; give each sink a name, its messages wait under it") }
        let kind = table.choice("type", { $0 }, of: kinds)
        if kind == nil, !table.has("type") { table.complain("type", "is missing; give one of \(kinds.joined(separator: ", "))") }
        let timeout = table.number("timeout", in: 0.1...3600, unit: "s") ?? 10
        let wanted = table.names("events", of: CallEvent.names).map { Set($0) }
        guard let kind else {
            // What any kind has is not called unknown as well.
            table.skip("path", "command", "socket", "url", "secret-file", "secret-environment", "trust", "bus", "device", "level")
            return nil
        }
        guard let target = target(kind, &table), let name else { return nil }
        return SinkSettings(name: name, target: target, events: wanted ?? target.usualEvents, timeoutSeconds: timeout)
    }

    private static func target(_ kind: String, _ table: inout ConfigurationReader) -> Target? {
        switch kind {
        case "ndjson":
            let path = table.text("path")
            if path == nil { table.complain("path", "is missing; give a file, or - for standard output") }
            return path.map { $0 == "-" ? .standardOutput : .file($0) }
        case "command":
            let words = table.texts("command", counts: 1...100)
            if words == nil, !table.has("command") {
                table.complain("command", "is missing; give the program and its arguments, as in [\"/usr/bin/notify-desk\", \"--urgent\"]")
            }
            return words.map { .command($0) }
        case "syslog": return .syslog(table.text("socket") ?? SyslogSink.standardPath)
        case "webhook": return webhook(&table).map { .webhook($0) }
        case "desktop": return .desktop(bus: table.text("bus"))
        case "tone":
            let device = table.text("device") ?? "default"
            let level = table.number("level", in: -70...Tone.loudestDBFS, unit: "dB relative to full scale")
            return .tone(Tone(device: device, levelDBFS: level ?? Tone(device: device).levelDBFS))
        default: preconditionFailure("no sink is of the kind \(kind)")
        }
    }

    private static func webhook(_ table: inout ConfigurationReader) -> WebhookSettings? {
        let (url, file, variable, trust) = (table.text("url"), table.text("secret-file"), table.text("secret-environment"), table.text("trust"))
        let secret: WebhookSettings.Secret? = file.map { .file($0) } ?? variable.map { .environment($0) }
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

extension SinkSettings.Target {
    /// What is sent where the configuration does not say: what stops a person in what they do hears of alerts alone.
    fileprivate var usualEvents: Set<String> {
        switch self {
        case .desktop: SinkSettings.alarmEvents
        case .tone: ["alertRaised"]
        default: SinkSettings.usualEvents
        }
    }
}
