import NIOCore

/// The ports that one RTP call at a time comes in by: begins it with the first packets, feeds it, and ends it. Used on one event loop only.
final class RTPLine {
    private let door: Door
    private let settings: RTPSettings
    private let turn: LoopTurn?
    private var limits: IngestLimits
    private var streams: [RTPStream] = []
    /// Where the legs share a port: the source that each leg waits for until it is shown, and when it last said something.
    private var reserved: [UInt32?] = []
    private var lastHeard: [Int] = []
    private var packets = 0
    private var goodbyes: Set<UInt32> = []
    private var feed: (any CallFeed)?
    private var begunAt = NIODeadline.now()
    private var cameAt = NIODeadline.now()
    private var heard: [Int64] = []
    /// The call was refused or ended for a fault: what still comes of it is not heard.
    private var isDeaf = false
    private var timer: RepeatedTask?

    private var legNames: [String] { settings.legs == .one ? ["far"] : ["far", "near"] }

    init(_ door: Door, _ settings: RTPSettings, turn: LoopTurn? = nil) {
        self.door = door
        self.settings = settings
        self.turn = turn
        limits = door.terms.limits
        rest()
    }

    func watch(on loop: any EventLoop) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        timer = loop.scheduleRepeatedTask(initialDelay: .milliseconds(250), delay: .milliseconds(250)) { _ in bound.value.look() }
    }

    private func look() {
        let now = NIODeadline.now()
        if packets > 0, now - cameAt > .nanoseconds(Int64(limits.idleSeconds * 1e9)) {
            end(.idle)
            packets = 0
            isDeaf = false
            rest()
        } else if feed != nil, now - begunAt > .nanoseconds(Int64(limits.callHours * 3600e9)) {
            fail(.tooLong, "the call lasted \(limits.callHours) h and has ended")
        }
    }

    /// As before a call.
    private func rest() {
        streams = legNames.map { _ in
            RTPStream(payloads: settings.payloads, reorderPackets: settings.reorderPackets, mostGapSeconds: limits.leadSeconds)
        }
        reserved = legNames.map { _ in nil }
        lastHeard = legNames.map { _ in 0 }
        heard = legNames.map { _ in 0 }
        goodbyes = []
    }

    /// Takes one datagram that came at a port of the line.
    func take(_ bytes: [UInt8], port: Int) {
        if RTPPacket.isControl(bytes) { return takeControl(bytes) }
        guard let packet = RTPPacket(bytes) else { return door.complain("RTP: a datagram that is no RTP packet") }
        cameAt = .now()
        guard !isDeaf else { return }
        if feed != nil, (heard.max() ?? 0) - (cameAt - begunAt).nanoseconds > Int64(limits.leadSeconds * 1e9) {
            return door.complain("RTP: packets come faster than sound runs; some were left out")
        }
        packets += 1
        let leg = settings.legs == .sources ? leg(of: packet) : min(port, streams.count - 1)
        let pieces = streams[leg].take(packet)
        // A source that only asks to take a leg over does not make it heard: its next packets must come to the same leg.
        if streams[leg].source == packet.source { lastHeard[leg] = packets }
        pass(pieces, leg)
    }

    /// Of two legs at one port: the one of this source, else one that has none, else the one that is silent for longest, which it may take over.
    private func leg(of packet: RTPPacket) -> Int {
        if let known = streams.indices.first(where: {
            streams[$0].source == packet.source || streams[$0].source == nil && reserved[$0] == packet.source
        }) {
            return known
        }
        if let free = streams.indices.first(where: { streams[$0].source == nil && reserved[$0] == nil }) {
            reserved[free] = packet.source
            return free
        }
        return lastHeard.indices.min { lastHeard[$0] < lastHeard[$1] } ?? 0
    }

    private func takeControl(_ bytes: [UInt8]) {
        guard feed != nil else { return }
        goodbyes.formUnion(RTPPacket.goodbyes(bytes))
        let sources = streams.compactMap(\.source)
        guard !sources.isEmpty, sources.allSatisfy({ goodbyes.contains($0) }) else { return }
        end(.hungUp)
        rest()
    }

    private func pass(_ pieces: [RTPStream.Heard], _ leg: Int) {
        guard !pieces.isEmpty else { return }
        do throws(CallRefusal) {
            if feed == nil { try begin(leg) }
            for piece in pieces {
                switch piece {
                case .sound(let samples, let rate):
                    heard[leg] += Int64(Double(samples.count / 2) * 1e9 / Double(rate))
                    try feed?.sound(samples, leg: leg, sampleRate: rate)
                case .missing(let frames, let rate, let cause):
                    heard[leg] += Int64(Double(frames) * 1e9 / Double(rate))
                    try feed?.missing(frames: frames, leg: leg, sampleRate: rate, cause)
                }
            }
        } catch { fail(.connectionLost, error.description) }
    }

    private func begin(_ leg: Int) throws(CallRefusal) {
        limits = door.terms.limits
        // A leg that has not spoken yet is taken for one like the other.
        let rate = streams[leg].sampleRate ?? 8000
        feed = try door.taker.begin(
            CallOffer(
                trunk: door.trunk, outsideID: nil,
                legs: legNames.map { OfferedLeg(name: $0, sampleRate: rate, isOnlyChannel: settings.legs == .one) }),
            turn: turn)
        begunAt = .now()
    }

    private func fail(_ ending: CallEnding, _ words: String) {
        door.complain(words)
        end(ending)
        isDeaf = true
    }

    private func end(_ ending: CallEnding) {
        guard let feed else { return }
        for leg in streams.indices { pass(streams[leg].finish(), leg) }
        // Passing on what waited may have ended it.
        guard self.feed != nil else { return }
        self.feed = nil
        feed.end(ending)
    }

    /// With its ports.
    func close() {
        end(.shutdown)
        timer?.cancel()
        timer = nil
    }
}

/// Hands the datagrams of one port to its line.
final class RTPPort: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let line: RTPLine
    private let port: Int

    init(_ line: RTPLine, port: Int) {
        self.line = line
        self.port = port
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { line.take(Array(unwrapInboundIn(data).data.readableBytesView), port: port) }

    /// An error of the socket, such as an ICMP answer, ends nothing.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
