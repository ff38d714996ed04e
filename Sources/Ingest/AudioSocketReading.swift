import Text

/// Reads Asterisk's AudioSocket, a TCP protocol: kind (1 byte), length (2 bytes, big-endian), payload.
///
/// By the page "AudioSocket" of the Asterisk documentation (docs.asterisk.org, Configuration, Channel Drivers), as it stands for branch 23: 16-bit
/// little-endian mono in kinds 0x10 to 0x18, one for each rate. Versions before the wider rates send any of them as 0x10.
/// Differs: kinds that it does not know are passed over once the id was said, so that a newer Asterisk is still heard.
struct AudioSocketReading {
    /// What has come of a message that is not whole yet.
    private var pending: [UInt8] = []
    private var outsideID: String?
    private var hasBegun = false
    /// Of whole messages, not passed on yet.
    private var sound: [UInt8] = []
    private var soundRate = 0
    private let mostBytes: Int

    private static let soundKinds: ClosedRange<UInt8> = 0x10...0x18
    /// Of each of them, in Hz.
    static let rates = [8000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000]

    init(mostBytes: Int) { self.mostBytes = mostBytes }

    /// How many bytes must still come at least until so many frames have: 16 bits each, and a head before them.
    func leastBytes(of frames: Int) -> Int { frames > 0 ? 3 + 2 * frames - pending.count : 0 }

    /// Takes what came, in pieces of any size. Sound of several messages on end comes out as one piece.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [MediaAction] {
        pending.append(contentsOf: bytes)
        var actions: [MediaAction] = []
        do throws(PeerFault) { try readWholeMessages(&actions) } catch { actions.append(.fault(error)) }
        return actions
    }

    private mutating func passSound(_ actions: inout [MediaAction]) {
        guard !sound.isEmpty else { return }
        actions.append(.sound(sound, leg: 0, sampleRate: soundRate))
        sound = []
    }

    private mutating func readWholeMessages(_ actions: inout [MediaAction]) throws(PeerFault) {
        var start = 0
        defer {
            pending.removeFirst(start)
            passSound(&actions)
        }
        while pending.count - start >= 3 {
            let kind = pending[start]
            let length = Int(pending[start + 1]) << 8 | Int(pending[start + 2])
            // Before the payload is waited for: a peer that speaks something else is not listened to for 64 KiB.
            if outsideID == nil, kind != 0x01 || length != 16 { throw PeerFault("AudioSocket: it does not begin with an id of 16 bytes") }
            guard length <= mostBytes else { throw PeerFault("AudioSocket: a message of \(length) bytes; at most \(mostBytes) are taken") }
            guard pending.count - start >= 3 + length else { break }
            let payload = pending[start + 3..<start + 3 + length]
            start += 3 + length
            try take(kind, payload, &actions)
            if case .end = actions.last { break }
        }
    }

    private mutating func take(_ kind: UInt8, _ payload: ArraySlice<UInt8>, _ actions: inout [MediaAction]) throws(PeerFault) {
        if !Self.soundKinds.contains(kind) { passSound(&actions) }
        switch kind {
        case 0x00: actions.append(.end(.hungUp))
        case 0x01:
            guard outsideID == nil else { throw PeerFault("AudioSocket: a second id") }
            outsideID = payload.hexadecimal
        case Self.soundKinds:
            guard payload.count.isMultiple(of: 2) else { throw PeerFault("AudioSocket: half a sample in a message") }
            guard !payload.isEmpty else { return }
            let rate = Self.rates[Int(kind - Self.soundKinds.lowerBound)]
            if rate != soundRate { passSound(&actions) }
            soundRate = rate
            if !hasBegun {
                hasBegun = true
                actions.append(.begin(outsideID: outsideID, legs: [OfferedLeg(name: "far", sampleRate: rate, isOnlyChannel: true)]))
            }
            sound += payload
        case 0xff: actions.append(.end(.connectionLost))
        // 0x03 is a digit that was dialled: what a caller types is nobody's business here.
        default: break
        }
    }
}
