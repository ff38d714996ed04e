/// What an RTP trunk hears, and where.
public struct RTPSettings: Sendable, Equatable {
    /// How the two legs of a call come in.
    public enum Legs: String, Sendable, Equatable, CaseIterable {
        /// The far end at a port, the near end two ports above it.
        case ports
        /// Both at one port, told apart by their source (SSRC): who speaks first is the far end.
        case sources
        /// One leg a port.
        case one
    }

    public var legs = Legs.one
    /// Calls at a time: so many ports are listened on, two apart (four with `legs = "ports"`), from the trunk's own on.
    public var lines = 1
    /// Dynamic payload types, as the recorder's SDP gives them.
    public var payloads: [UInt8: RTPPayload] = [:]
    /// Packets that may wait for one that was overtaken.
    public var reorderPackets = 10

    public init() {}
}

/// What a payload type carries.
public struct RTPPayload: Sendable, Equatable {
    var coding: SampleCoding
    public var sampleRate: Int
    /// Of the time stamps; G.722's runs at half its samples' (RFC 3551, 4.5.2).
    var clockRate: Int
    public var channelCount: Int

    init(_ coding: SampleCoding, _ sampleRate: Int, clockRate: Int? = nil, channels: Int = 1) {
        self.coding = coding
        self.sampleRate = sampleRate
        self.clockRate = clockRate ?? sampleRate
        channelCount = channels
    }

    /// As SDP's `rtpmap` has it: `PCMU/8000`, `G722/8000`, `L16/16000/2`; nil for what is not decoded here.
    public init?(parsing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let rate = Int(parts[1]), let channels = parts.count == 3 ? Int(parts[2]) : 1, (1...2).contains(channels)
        else { return nil }
        switch parts[0].uppercased() {
        case "PCMU" where (8000...48_000).contains(rate) && channels == 1: self.init(.ulaw, rate)
        case "PCMA" where (8000...48_000).contains(rate) && channels == 1: self.init(.alaw, rate)
        case "G722" where rate == 8000 && channels == 1: self.init(.g722, 16_000, clockRate: 8000)
        case "L16" where (8000...192_000).contains(rate): self.init(.linearBig, rate, channels: channels)
        default: return nil
        }
    }

    /// The fixed types of RFC 3551, table 4, that are decoded here.
    static let fixed: [UInt8: RTPPayload] = [
        0: RTPPayload(.ulaw, 8000), 8: RTPPayload(.alaw, 8000), 9: RTPPayload(.g722, 16_000, clockRate: 8000),
        10: RTPPayload(.linearBig, 44_100, channels: 2), 11: RTPPayload(.linearBig, 44_100),
    ]
}
