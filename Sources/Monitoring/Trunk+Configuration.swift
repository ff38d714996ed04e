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
        if listen != nil, address == nil { table.complain("listen", "must be a numeric address and a port, as in \"127.0.0.1:9092\" or \"[::1]:9092\"") }
        let consent = table.text("consent")
        if !table.has("consent") { table.complain("consent", "is missing; say why listening to this trunk is lawful, nothing is heard without it") }
        var policy = TrunkPolicy(consent: consent ?? "")
        policy.screensNearEnd = table.choice("screen", { ["far": false, "both": true][$0] }, of: ["far", "both"]) ?? false
        var limits = IngestLimits()
        if let most = table.integer("connections", in: 1...100_000, unit: "connections") { limits.connections = most }
        table.number("first-sound", in: 0.1...3600, unit: "s", into: &limits.firstSoundSeconds)
        table.number("idle", in: 1...86_400, unit: "s", into: &limits.idleSeconds)
        table.number("longest-call", in: 0.01...240, unit: "h", into: &limits.callHours)
        let isUnprotected = table.flag("unprotected") ?? false
        guard let name, let kind, let address, consent != nil else { return nil }
        var trunk = Trunk(name: name, kind: kind, address: address)
        trunk.limits = limits
        trunk.isUnprotected = isUnprotected
        if let exposure = trunk.exposure { table.complain("listen", exposure) }
        return (trunk, policy)
    }
}
