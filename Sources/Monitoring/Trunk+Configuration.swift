import Audio
import Ingest

extension Trunk {
    /// Reads a `[[trunk]]` of the configuration; nil where something is missing or wrong, which is noted.
    static func read(_ table: inout ConfigurationReader) -> (trunk: Trunk, policy: TrunkPolicy)? {
        let name = table.text("name")
        if name == nil, !table.has("name") { table.complain("name", "is missing; it stands with each call that comes by the trunk") }
        let kind = table.choice("type", Kind.init(rawValue:), of: Kind.allCases.map(\.rawValue))
        if kind == nil, !table.has("type") { table.complain("type", "is missing; give \(Kind.allCases.map(\.rawValue).joined(separator: ", "))") }
        let listen = table.text("listen")
        let address = listen.flatMap(ListenAddress.init)
        if !table.has("listen") { table.complain("listen", "is missing; give an address and a port, as in \"127.0.0.1:9092\"") }
        if listen != nil, address == nil {
            table.complain("listen", "must be a numeric address and a port, as in \"127.0.0.1:9092\" or \"[::1]:9092\"")
        }
        let consent = table.text("consent")
        if !table.has("consent") { table.complain("consent", "is missing; say why listening to this trunk is lawful, nothing is heard without it") }
        var policy = TrunkPolicy(consent: consent ?? "")
        policy.screensNearEnd = table.choice("screen", { ["far": false, "both": true][$0] }, of: ["far", "both"]) ?? false
        var limits = kind.map { IngestLimits(for: $0) } ?? IngestLimits()
        if let most = table.integer("connections", in: 1...100_000, unit: "connections") { limits.connections = most }
        if let most = table.integer("largest-message", in: 1024...1_048_576, unit: "bytes") { limits.messageBytes = most }
        table.number("first-sound", in: 0.1...3600, unit: "s", into: &limits.firstSoundSeconds)
        table.number("idle", in: 1...86_400, unit: "s", into: &limits.idleSeconds)
        table.number("longest-call", in: 0.01...240, unit: "h", into: &limits.callHours)
        let isUnprotected = table.flag("unprotected") ?? false
        var protection = Protection()
        protection.certificate = table.text("tls-certificate")
        protection.key = table.text("tls-key")
        protection.clientAuthority = table.text("tls-clients")
        protection.tokens = table.text("token-file")
        protection.signatureKeys = table.text("signature-file")
        let raw = table.text("raw").flatMap { text -> RawFormat? in
            let format = try? RawFormat(parsing: text)
            guard let format, format.encoding == .s16le, (1...2).contains(format.channelCount) else {
                table.complain("raw", "must be s16le, a rate and one or two channels, as in \"s16le:16000:1\"")
                return nil
            }
            return format
        }
        let rtp = readRTP(&table)
        guard let name, let kind, let address, consent != nil else { return nil }
        var trunk = Trunk(name: name, kind: kind, address: address)
        trunk.limits = limits
        trunk.isUnprotected = isUnprotected
        trunk.protection = protection
        trunk.rtp = rtp
        if let raw { trunk.unsaid = raw }
        if let exposure = trunk.exposure { table.complain("listen", exposure) }
        return (trunk, policy)
    }
    private static func readRTP(_ table: inout ConfigurationReader) -> RTPSettings {
        var rtp = RTPSettings()
        if let legs = table.choice("legs", RTPSettings.Legs.init(rawValue:), of: RTPSettings.Legs.allCases.map(\.rawValue)) { rtp.legs = legs }
        if let lines = table.integer("lines", in: 1...1000, unit: "lines") { rtp.lines = lines }
        if let packets = table.integer("reorder", in: 0...100, unit: "packets") { rtp.reorderPackets = packets }
        for text in table.texts("payloads", counts: 1...32) ?? [] {
            let parts = text.split(separator: "=", maxSplits: 1)
            if parts.count == 2, let type = UInt8(parts[0]), type < 128, let payload = RTPPayload(parsing: String(parts[1])) {
                rtp.payloads[type] = payload
            } else {
                table.complain("payloads", "must be a payload type and what the SDP maps it to, as in \"96=L16/16000\" (PCMU, PCMA, G722 or L16)")
            }
        }
        return rtp
    }
}
