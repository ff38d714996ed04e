/// The sound of a decoding child that writes Matroska (RFC 9559): float32 samples in blocks, each with its time.
///
/// Of all streams that ffmpeg writes without seeking, this is the plainest that says when each block is to be heard; without
/// that, a gap in a recording would be closed up. Only what ffmpeg writes is understood: one track of PCM, times in
/// milliseconds, blocks without lacing.
struct MatroskaSound: ~Copyable {
    private(set) var sampleRate = 0
    private(set) var channelCount = 0

    private let child: DecodingChild
    private var bytes: [UInt8] = []
    private var offset = 0
    private var clusterMilliseconds = 0
    private var isDamaged = false

    private enum ID {
        static let header: UInt32 = 0x1A45_DFA3, segment: UInt32 = 0x1853_8067, tracks: UInt32 = 0x1654_AE6B, track: UInt32 = 0xAE
        static let audio: UInt32 = 0xE1, rate: UInt32 = 0xB5, channels: UInt32 = 0x9F
        static let cluster: UInt32 = 0x1F43_B675, time: UInt32 = 0xE7, simpleBlock: UInt32 = 0xA3, group: UInt32 = 0xA0, block: UInt32 = 0xA1
    }

    /// No packet of sound comes near it; a size beyond is no size.
    private static let mostElementBytes = 64 << 20
    private static let bytesPerRead = 1 << 16

    init(_ child: DecodingChild) { self.child = child }

    /// What `block` is about to hand out.
    struct Block {
        var milliseconds: Int
        var frames: Int
    }

    /// Goes on to the next block of sound; its samples are there for `copy` until the next call. Nil at the end, or where what
    /// comes is no such stream.
    mutating func next() throws(AudioError) -> Block? {
        while !isDamaged {
            guard let id = try identifier(), let size = try size() else { return nil }
            switch id {
            case ID.segment, ID.tracks, ID.track, ID.audio, ID.cluster, ID.group: continue
            default: break
            }
            guard let size, size <= Self.mostElementBytes, try fill(size) else {
                isDamaged = true
                return nil
            }
            let start = offset
            offset += size
            switch id {
            case ID.rate: sampleRate = Int(clamping: number(start, size))
            case ID.channels: channelCount = Int(clamping: unsigned(start, size))
            case ID.time: clusterMilliseconds = Int(clamping: unsigned(start, size))
            case ID.simpleBlock, ID.block:
                // One byte of track number, two of time, one of flags.
                guard size >= 4, channelCount > 0, bytes[start] & 0x80 != 0 else { continue }
                let relative = Int(Int16(truncatingIfNeeded: Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])))
                samplesAt = start + 4
                let frames = (size - 4) / (4 * channelCount)
                if frames > 0 { return Block(milliseconds: clusterMilliseconds + relative, frames: frames) }
            default: break
            }
        }
        return nil
    }

    private var samplesAt = 0

    /// Samples of the block that `next` stopped at, from the given one on.
    func copy(from sample: Int, into buffer: UnsafeMutableBufferPointer<Float>, count: Int) {
        let start = samplesAt + 4 * sample
        precondition(start + 4 * count <= bytes.count, "the block holds no such samples")
        unsafe bytes.withUnsafeBytes { bytes in
            for index in 0..<count {
                let bits = unsafe bytes.loadUnaligned(fromByteOffset: start + 4 * index, as: UInt32.self)
                unsafe buffer[index] = Float(bitPattern: UInt32(littleEndian: bits))
            }
        }
    }

    /// Mean power of the block that `next` stopped at, full scale at 1.
    func power(samples count: Int) -> Double {
        precondition(samplesAt + 4 * count <= bytes.count, "the block holds no such samples")
        return unsafe bytes.withUnsafeBytes { bytes in
            var sum = 0.0
            for index in 0..<count {
                let sample = Double(Float(bitPattern: unsafe bytes.loadUnaligned(fromByteOffset: samplesAt + 4 * index, as: UInt32.self)))
                if sample.isFinite { sum += sample * sample }
            }
            return sum / Double(max(1, count))
        }
    }

    /// Makes sure that so many bytes stand behind `offset`; false where the stream ends before.
    private mutating func fill(_ count: Int) throws(AudioError) -> Bool {
        while bytes.count - offset < count {
            // What was used up goes, so that memory holds one block and no more.
            if offset > Self.bytesPerRead {
                bytes.removeFirst(offset)
                offset = 0
            }
            guard try child.append(upTo: Self.bytesPerRead, to: &bytes) > 0 else { return false }
        }
        return true
    }

    private mutating func identifier() throws(AudioError) -> UInt32? {
        guard try fill(1) else { return nil }
        let length = bytes[offset].leadingZeroBitCount + 1
        guard length <= 4, try fill(length) else {
            isDamaged = true
            return nil
        }
        defer { offset += length }
        return UInt32(truncatingIfNeeded: unsigned(offset, length))
    }

    /// Nil at the end of the stream; `.some(nil)` for a size that is not known yet.
    private mutating func size() throws(AudioError) -> Int?? {
        guard try fill(1) else { return nil }
        let length = bytes[offset].leadingZeroBitCount + 1
        guard length <= 8, try fill(length) else {
            isDamaged = true
            return nil
        }
        defer { offset += length }
        let mask = UInt64(1) << UInt64(7 * length) - 1
        let value = unsigned(offset, length) & mask
        return .some(value == mask ? nil : Int(clamping: value))
    }

    private func unsigned(_ start: Int, _ count: Int) -> UInt64 { bytes[start..<start + min(count, 8)].reduce(0) { $0 << 8 | UInt64($1) } }

    /// A float of 4 or 8 bytes, rounded; 0 where it is none.
    private func number(_ start: Int, _ count: Int) -> Int {
        let value = count == 8 ? Double(bitPattern: unsigned(start, 8)) : count == 4 ? Double(Float(bitPattern: UInt32(unsigned(start, 4)))) : 0
        return value.isFinite && abs(value) < 1e9 ? Int(value.rounded()) : 0
    }
}
