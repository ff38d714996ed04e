/// Puts one leg's RTP packets in order and decodes them: a pure value, packets in, sound and gaps out.
///
/// By RFC 3550 (RTP) and RFC 3551 (payloads), comfort noise by RFC 3389.
/// Rule: a packet waits for those before it by number, never by the clock. Why: what comes out depends on what came in alone, so that a call
/// is the same whatever the machine was doing.
struct RTPStream {
    /// What comes of the packets.
    enum Heard: Equatable {
        /// Decoded 16-bit samples of the first channel.
        case sound([UInt8], sampleRate: Int)
        case missing(frames: Int, sampleRate: Int, MissingSound)
    }

    private let payloads: [UInt8: RTPPayload]
    private let reorderPackets: Int
    /// A time stamp that jumps by more was set anew.
    private let mostGapSeconds: Double

    private(set) var source: UInt32?
    /// The packet that comes next, and the time stamp that it has if nothing is left out.
    private var next: UInt16 = 0
    private var time: UInt32?
    private var waiting: [UInt16: RTPPacket] = [:]
    /// Another source's packets, until it is clear that it took over.
    private var candidate: [RTPPacket] = []
    private var decoder: SampleDecoder?
    private var format: RTPPayload?
    /// Clock units of the last packet of sound.
    private var usualLength: UInt32 = 0
    /// The call's rate, in which gaps are counted before anything was decoded.
    var sampleRate: Int? { format?.sampleRate }

    /// Packets lost since the last sound.
    private var lost = 0

    /// Packets in a row that show a first source (RFC 3550, A.1, MIN_SEQUENTIAL), and another one while nothing comes of the present.
    static let probation = 2
    static let takeover = 5

    init(payloads: [UInt8: RTPPayload], reorderPackets: Int, mostGapSeconds: Double) {
        self.payloads = RTPPayload.fixed.merging(payloads) { $1 }
        self.reorderPackets = reorderPackets
        self.mostGapSeconds = mostGapSeconds
    }

    /// Whether a packet is of a kind that is decoded here.
    func takes(_ packet: RTPPacket) -> Bool { payloads[packet.payloadType] != nil }

    mutating func take(_ packet: RTPPacket) -> [Heard] {
        var heard: [Heard] = []
        if source == packet.source {
            candidate = []
            put(packet, &heard)
            return heard
        }
        // A source's number must go on before it is believed: one stray packet is no call and ends none.
        if let last = candidate.last, last.source == packet.source, packet.sequence == last.sequence &+ 1 {
            candidate.append(packet)
        } else {
            candidate = [packet]
        }
        if candidate.count > 2 * Self.takeover { candidate.removeFirst() }
        guard candidate.count >= (source == nil ? Self.probation : Self.takeover), candidate.contains(where: takes) else { return heard }
        flush(&heard)
        source = packet.source
        next = candidate[0].sequence
        time = nil
        let first = candidate
        candidate = []
        for packet in first { put(packet, &heard) }
        return heard
    }

    /// What still waits, at the end.
    mutating func finish() -> [Heard] {
        var heard: [Heard] = []
        flush(&heard)
        return heard
    }

    private mutating func put(_ packet: RTPPacket, _ heard: inout [Heard]) {
        let ahead = Int16(bitPattern: packet.sequence &- next)
        // A number far off is a sender that began anew, as after a hold.
        if abs(Int(ahead)) > 1000 {
            flush(&heard)
            next = packet.sequence
            time = nil
        } else if ahead < 0 {
            return
        }
        waiting[packet.sequence] = packet
        while let present = waiting.removeValue(forKey: next) { hear(present, lost: 0, &heard) }
        while waiting.count > reorderPackets { giveUp(&heard) }
    }

    /// The packets before the first that waits are lost.
    private mutating func giveUp(_ heard: inout [Heard]) {
        guard let first = waiting.keys.min(by: { $0 &- next < $1 &- next }), let packet = waiting.removeValue(forKey: first) else { return }
        let lost = Int(first &- next)
        next = first
        hear(packet, lost: lost, &heard)
        while let present = waiting.removeValue(forKey: next) { hear(present, lost: 0, &heard) }
    }

    private mutating func flush(_ heard: inout [Heard]) { while !waiting.isEmpty { giveUp(&heard) } }

    private mutating func hear(_ packet: RTPPacket, lost: Int, _ heard: inout [Heard]) {
        next = packet.sequence &+ 1
        self.lost += lost
        guard let payload = payloads[packet.payloadType] else {
            // Comfort noise and telephone events have no sound of the caller's; the next sound's time stamp says how long that was.
            return
        }
        defer { self.lost = 0 }
        if let time, let format {
            let gap = Int(Int32(bitPattern: packet.time &- time))
            let frames = gap * format.sampleRate / format.clockRate
            if gap > 0, Double(gap) <= mostGapSeconds * Double(format.clockRate) {
                heard.append(.missing(frames: frames, sampleRate: format.sampleRate, self.lost > 0 ? .lost : .notSent))
            } else if gap != 0, self.lost > 0, usualLength > 0 {
                // The clock was set anew, so that only the numbers say how much is lost.
                heard.append(
                    .missing(frames: self.lost * Int(usualLength) * format.sampleRate / format.clockRate, sampleRate: format.sampleRate, .lost))
            }
        }
        if payload != format {
            format = payload
            decoder = SampleDecoder(payload.coding)
        }
        let pieces = payload.coding.pieceBytes * payload.channelCount
        let whole = Array(packet.payload[..<(packet.payload.count / pieces * pieces)])
        guard !whole.isEmpty, let decoder else { return }
        let samples = Linear16.channel(0, of: payload.channelCount, decoder.decode(whole))
        heard.append(.sound(samples, sampleRate: payload.sampleRate))
        usualLength = UInt32(samples.count / 2 * payload.clockRate / payload.sampleRate)
        time = packet.time &+ usualLength
    }
}
