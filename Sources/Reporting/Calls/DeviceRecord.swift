import Text

/// A device that can be captured from, for people and machines.
public struct DeviceRecord: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable { case hardware, configured, source, monitor }

    public var name: String
    public var kind: Kind
    public var description: String
    public var isUSB: Bool
    /// In Hz; nil, as the next two, where the device could not be asked.
    public var sampleRates: ClosedRange<Int>?
    public var channelCounts: ClosedRange<Int>?
    public var encodings: [String]?
    /// Why it could not be asked.
    public var problem: String?

    public init(
        name: String, kind: Kind, description: String, isUSB: Bool, sampleRates: ClosedRange<Int>?, channelCounts: ClosedRange<Int>?,
        encodings: [String]?, problem: String?
    ) {
        self.name = name
        self.kind = kind
        self.description = description
        self.isUSB = isUSB
        self.sampleRates = sampleRates
        self.channelCounts = channelCounts
        self.encodings = encodings
        self.problem = problem
    }

    /// What it is good for in a telephone call.
    public var advice: String {
        switch (kind, isUSB) {
        case (.monitor, _): "what an output plays: the far side of a softphone's call"
        case (.source, true), (.hardware, true): "a USB phone adapter's line or a USB microphone"
        case (.source, false): "a microphone or line: the near side of a softphone's call"
        case (.hardware, false): "a sound card's input: a telephone line through a coupler, or a microphone"
        case (.configured, _): "a name of ALSA's configuration"
        }
    }

    public static func jsonDocument(_ devices: [DeviceRecord]) -> String {
        func range(_ range: ClosedRange<Int>?) -> JSONValue {
            range.map { .object([("from", .integer($0.lowerBound)), ("to", .integer($0.upperBound))]) } ?? .null
        }
        let values = devices.map { device in
            JSONValue.object([
                ("name", .string(device.name)), ("kind", .string(device.kind.rawValue)), ("description", .string(device.description)),
                ("usb", .bool(device.isUSB)), ("monitorOfOutput", .bool(device.kind == .monitor)), ("rates", range(device.sampleRates)),
                ("channels", range(device.channelCounts)), ("formats", device.encodings.map { .array($0.map(JSONValue.string)) } ?? .null),
                ("problem", JSONValue(device.problem)), ("advice", .string(device.advice)),
            ])
        }
        return JSONValue.array(values).pretty() + "\n"
    }

    public static func text(_ devices: [DeviceRecord], width: Int, colour: Bool) -> String {
        let paint = Paint(on: colour)
        let summary = TextSummary(width: width)
        var text = ""
        for device in devices {
            text += paint.bold(device.name.escapedForTerminal) + (device.kind == .monitor ? paint.green("  monitor of an output") : "") + "\n"
            if !device.description.isEmpty { text += summary.wrapped(device.description.escapedForTerminal, indent: 4) }
            text += summary.wrapped(device.ability.escapedForTerminal, indent: 4, style: paint.dim)
            text += summary.wrapped(device.advice, indent: 4)
        }
        if devices.isEmpty { text += "Nothing to capture from: no sound card has an input, and no sound server runs for this user.\n" }
        return text + "\n" + choice(devices).map { summary.wrapped($0, indent: 0, hanging: 2) }.joined()
    }

    private var ability: String {
        guard let sampleRates, let channelCounts, let encodings else { return "cannot be asked: \(problem ?? "unknown")" }
        func range(_ range: ClosedRange<Int>) -> String {
            range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
        }
        let formats = encodings.isEmpty ? "another format" : encodings.joined(separator: ", ")
        return "\(range(sampleRates)) Hz, \(range(channelCounts)) channel\(channelCounts == 1...1 ? "" : "s"), \(formats)"
    }

    private static func choice(_ devices: [DeviceRecord]) -> [String] {
        func example(_ found: DeviceRecord?, _ otherwise: String) -> String { found?.name ?? otherwise }
        let monitor = example(devices.first { $0.kind == .monitor }, "pulse:SINK.monitor")
        let adapter = example(devices.first { $0.isUSB && $0.kind == .hardware }, "hw:1,0")
        let line = example(devices.first { !$0.isUSB && $0.kind == .hardware }, "hw:0,0")
        return [
            "What to choose:",
            "· A softphone: the monitor of the output that it plays to: --device \(monitor.escapedForTerminal). Your own side is a second --device.",
            "· A USB phone adapter: its hardware name: --device \(adapter.escapedForTerminal).",
            "· A line into a sound card: --device \(line.escapedForTerminal); where it is busy, through the sound server or dsnoop.",
            "· Both parties on two channels: --leg far=left --leg near=right.",
        ]
    }
}
